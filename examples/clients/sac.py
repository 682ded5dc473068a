"""SAC in a single file, in CleanRL's manner: ``python examples/clients/sac.py 2048``."""

import copy
import sys

import gymnasium
import numpy as np
import torch
from torch import Tensor, nn
from torch.distributions import Normal

import raveforce  # noqa: F401  # its ids

STEPS, ENVS, BATCH, START = int(sys.argv[1]) if len(sys.argv) > 1 else 2048, 4, 64, 64
GAMMA, TAU = 0.99, 0.005

torch.manual_seed(0)
rng = np.random.default_rng(0)
envs = gymnasium.make_vec("raveforce/Kick-v1", num_envs=ENVS, observation="descriptors")
envs = gymnasium.wrappers.vector.RecordEpisodeStatistics(envs)
seen, acts = envs.single_observation_space.shape[0], envs.single_action_space.shape[0]


def network(inputs: int, outputs: int) -> nn.Sequential:
    """Two hidden layers."""
    return nn.Sequential(nn.Linear(inputs, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, outputs))


def act(observation: Tensor) -> tuple[Tensor, Tensor]:
    """Actions in [-1, 1] and the logarithm of their density."""
    mean, spread = policy(observation).chunk(2, dim=1)
    chosen = Normal(mean, spread.clamp(-5, 2).exp())
    raw = chosen.rsample()
    action = raw.tanh()
    return action, (chosen.log_prob(raw) - torch.log(1 - action.square() + 1e-6)).sum(1)


policy = network(seen, 2 * acts)
critics = nn.ModuleList([network(seen + acts, 1) for _ in range(2)])
slow = copy.deepcopy(critics)
log_alpha = torch.zeros(1, requires_grad=True)
optimisers = [torch.optim.Adam(part, lr=1e-3) for part in (policy.parameters(), critics.parameters(), [log_alpha])]


def update(batch: list[Tensor]) -> None:
    """One step of critics, policy and temperature."""
    observation, action, reward, following, ended = batch
    alpha = log_alpha.exp().detach()
    with torch.no_grad():
        after, density = act(following)
        worth = torch.min(*(critic(torch.cat([following, after], 1))[:, 0] for critic in slow)) - alpha * density
        target = reward + GAMMA * (1 - ended) * worth
    pairs = torch.cat([observation, action], 1)
    step(1, sum((critic(pairs)[:, 0] - target).square().mean() for critic in critics))
    chosen, density = act(observation)
    worth = torch.min(*(critic(torch.cat([observation, chosen], 1))[:, 0] for critic in critics))
    step(0, (alpha * density - worth).mean())
    step(2, -(log_alpha.exp() * (density.detach() - acts)).mean())
    for old, new in zip(slow.parameters(), critics.parameters(), strict=True):
        old.data.lerp_(new.data, TAU)


def step(which: int, loss: Tensor) -> None:
    """One step of an optimiser."""
    optimisers[which].zero_grad()
    loss.backward()
    optimisers[which].step()


memory: list[tuple[np.ndarray, ...]] = []
returns: list[float] = []
observation, _ = envs.reset(seed=0)
for played in range(0, STEPS, ENVS):
    with torch.no_grad():
        action = envs.action_space.sample() if played < START else act(torch.as_tensor(observation))[0].numpy()
    following, reward, ended, _, infos = envs.step(action)
    # Tasks of one step begin anew in the same step: the last observations of an episode are in final_obs.
    last = following.copy()
    if "final_obs" in infos:
        last[ended] = np.stack(list(infos["final_obs"][ended]))
    memory += zip(observation, action, np.float32(reward), last, np.float32(ended), strict=True)
    observation = following
    if ended.any():
        final = infos.get("final_info", infos)
        returns += list(np.asarray(infos.get("episode", final.get("episode"))["r"])[ended])
    if len(memory) >= BATCH:
        rows = rng.integers(len(memory), size=BATCH)
        update([torch.as_tensor(np.stack(part)) for part in zip(*(memory[row] for row in rows), strict=True)])
    if played % 128 == 0 and returns:
        print(f"steps {played + ENVS} return {np.mean(returns[-64:]):.4f}")
envs.close()
