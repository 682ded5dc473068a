"""PPO on continuous actions in a single file, in CleanRL's manner: ``python examples/clients/ppo.py 2048``."""

import sys

import gymnasium
import numpy as np
import torch
from torch import nn
from torch.distributions import Normal

import raveforce  # noqa: F401  # its ids

STEPS, ENVS, ROLLOUT, EPOCHS, BATCH = int(sys.argv[1]) if len(sys.argv) > 1 else 2048, 16, 4, 4, 32
GAMMA, LAMBDA, CLIP, ENTROPY = 0.99, 0.95, 0.2, 0.003

torch.manual_seed(0)
envs = gymnasium.make_vec("raveforce/Kick-v1", num_envs=ENVS, observation="descriptors")
envs = gymnasium.wrappers.vector.RecordEpisodeStatistics(gymnasium.wrappers.vector.ClipAction(envs))
seen, acts = envs.single_observation_space.shape[0], envs.single_action_space.shape[0]


def network(outputs: int) -> nn.Sequential:
    """Two hidden layers."""
    return nn.Sequential(nn.Linear(seen, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, outputs))


policy, critic, log_std = network(acts), network(1), nn.Parameter(torch.zeros(acts))
optimiser = torch.optim.Adam([*policy.parameters(), *critic.parameters(), log_std], lr=3e-4)

observation = torch.as_tensor(envs.reset(seed=0)[0])
for update in range(max(1, STEPS // (ENVS * ROLLOUT))):
    kept, returns = [], []
    for _ in range(ROLLOUT):
        with torch.no_grad():
            chosen = Normal(policy(observation), log_std.exp())
            action = chosen.sample()
            value = critic(observation)[:, 0]
        following, reward, ended, _, infos = envs.step(action.numpy())
        told = torch.as_tensor(np.float32([reward, ended]))
        kept.append((observation, action, chosen.log_prob(action).sum(1), value, *told))
        observation = torch.as_tensor(following)
        # Tasks of one step begin anew in the same step: what belongs to the end is in final_info.
        final = infos.get("final_info", infos)
        if ended.any():
            returns += list(np.asarray(infos.get("episode", final.get("episode"))["r"])[ended])
    observations, actions, old, values, rewards, ends = (torch.stack(part) for part in zip(*kept, strict=True))
    advantages, running = torch.zeros_like(rewards), torch.zeros(ENVS)
    with torch.no_grad():
        after = critic(observation)[:, 0]
    for t in reversed(range(ROLLOUT)):
        error = rewards[t] + GAMMA * after * (1 - ends[t]) - values[t]
        running = error + GAMMA * LAMBDA * (1 - ends[t]) * running
        advantages[t], after = running, values[t]
    targets = (advantages + values).flatten()
    observations, actions = observations.flatten(0, 1), actions.flatten(0, 1)
    old, advantages = old.flatten(), advantages.flatten()
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(old)).split(BATCH):
            chosen = Normal(policy(observations[rows]), log_std.exp())
            ratio = (chosen.log_prob(actions[rows]).sum(1) - old[rows]).exp()
            gain = (advantages[rows] - advantages[rows].mean()) / (advantages[rows].std() + 1e-8)
            loss = -torch.min(ratio * gain, ratio.clamp(1 - CLIP, 1 + CLIP) * gain).mean()
            loss = loss + 0.5 * (critic(observations[rows])[:, 0] - targets[rows]).square().mean()
            optimiser.zero_grad()
            (loss - ENTROPY * chosen.entropy().sum(1).mean()).backward()
            nn.utils.clip_grad_norm_(policy.parameters(), 0.5)
            optimiser.step()
    if returns:
        print(f"steps {(update + 1) * ENVS * ROLLOUT} return {np.mean(returns):.4f}")
envs.close()
