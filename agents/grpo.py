"""Learning to answer sounds that no program made: several answers to one target, compared with each other.

Stage 1 is that of ``gcsl``: whatever is played is the right answer to the target that sounds like it. Stage 2 needs no
right answers: each target is answered several times, and what came nearer than the group's mean is made likelier, what
stayed farther is made less so: group-relative policy optimisation (GRPO; Shao et al. 2024) with PPO's clipped objective
(Schulman et al. 2017). There is no critic, as the group is its own baseline.
"""

from __future__ import annotations

from typing import Any, ClassVar

import gymnasium
import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3.common.buffers import ReplayBuffer
from stable_baselines3.common.noise import ActionNoise
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.torch_layers import create_mlp
from stable_baselines3.common.type_aliases import GymEnv, PyTorchObs, Schedule
from torch import Tensor, nn

from agents.gcsl import GCSL, AnswerPolicy
from agents.group_relative import clipped_loss, group_advantages
from agents.mixture import Mixture, MixtureHead

__all__ = ["GRPO", "MixturePolicy"]

RANDOM = 0.3
"""Share of the steps of stage 1 whose actions are random; the others are answers to the targets."""


class MixturePolicy(AnswerPolicy):
    """Answers a target with a mixture of Gaussians over actions; looks at nothing else.

    Parameters
    ----------
    observation_space : Dict with features of the target under "target"
    action_space : Box in [-1, 1]
    lr_schedule : learning rate
    net_arch : units of the hidden layers
    components : Gaussians of the mixture
    """

    def __init__(
        self,
        observation_space: gymnasium.spaces.Dict,
        action_space: gymnasium.spaces.Box,
        lr_schedule: Schedule,
        net_arch: list[int] | None = None,
        components: int = 4,
        use_sde: bool = False,
    ) -> None:
        # Recordings differ from programs most in directions that hardly vary among programs: these stay small.
        super().__init__(observation_space, action_space, lr_schedule, net_arch, directions=None)
        self.components = components
        size = int(np.prod(observation_space["target"].shape or ()))
        self.network = nn.Sequential(*create_mlp(size, 0, self.net_arch, nn.SiLU))
        self.head = MixtureHead(self.net_arch[-1], action_space.shape[0], components)
        self.optimizer = torch.optim.Adam(self.parameters(), lr=lr_schedule(1))

    def mixture(self, targets: Tensor) -> Mixture:
        """The mixtures for the features of targets [rows, ...]."""
        mixture: Mixture = self.head(self.network(self.scale(targets.flatten(1))))
        return mixture

    def answer(self, targets: Tensor) -> Tensor:
        """The likeliest actions [rows, parameters]."""
        return self.mixture(targets).mode

    def _predict(self, observation: PyTorchObs, deterministic: bool = False) -> Tensor:
        assert isinstance(observation, dict)
        mixture = self.mixture(observation["target"].float())
        return (mixture.mode if deterministic else mixture.sample(1)[:, 0]).clamp(-1, 1)

    def _get_constructor_parameters(self) -> dict[str, Any]:
        given = super()._get_constructor_parameters()
        del given["directions"]
        return {**given, "components": self.components}


class GRPO(GCSL):
    """Two stages with Stable-Baselines3's interface: supervised on its own sounds, then group-relative.

    For ``match`` with several attempts, which are the answers of a group, and an observation that shows "attempt" and
    "target" apart. An update is made after each episode.

    Parameters
    ----------
    policy : ``MixturePolicy``
    env : vector of environments
    learning_rate : of stage 1
    supervised : renders in stage 1
    reinforce_learning_rate : of stage 2, at its beginning; it falls to 0 at the end of the training
    epochs : gradient steps for the answers of an episode
    clip : how far an answer's likelihood may move for the better, relative to what it was
    buffer_size, learning_starts, batch_size, gradient_steps, masking, policy_kwargs : of stage 1, as in ``GCSL``
    """

    policy_aliases: ClassVar[dict[str, type[BasePolicy]]] = {
        "MultiInputPolicy": MixturePolicy,
        "MlpPolicy": MixturePolicy,
    }
    policy: MixturePolicy

    def __init__(
        self,
        policy: str | type[MixturePolicy],
        env: GymEnv | str,
        learning_rate: float | Schedule = 1e-3,
        supervised: int = 40_000,
        reinforce_learning_rate: float = 3e-4,
        epochs: int = 2,
        clip: float = 0.2,
        buffer_size: int = 40_000,
        learning_starts: int = 5_000,
        batch_size: int = 256,
        gradient_steps: int = 8,
        masking: float = 0.0,
        policy_kwargs: dict[str, Any] | None = None,
        tensorboard_log: str | None = None,
        verbose: int = 0,
        device: torch.device | str = "cpu",
        seed: int | None = None,
        _init_setup_model: bool = True,
    ) -> None:
        self.supervised = supervised
        self.reinforce_learning_rate = reinforce_learning_rate
        self.epochs = epochs
        self.clip = clip
        # Of the running episode in stage 2, by step: targets, actions as drawn, rewards.
        self._answers: list[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]] = []
        self._begins, self._compares = True, False
        super().__init__(
            policy,
            env,
            learning_rate,
            buffer_size=buffer_size,
            learning_starts=learning_starts,
            batch_size=batch_size,
            gradient_steps=gradient_steps,
            masking=masking,
            policy_kwargs=policy_kwargs,
            tensorboard_log=tensorboard_log,
            verbose=verbose,
            device=device,
            seed=seed,
            _init_setup_model=False,
        )
        if self.env is not None:
            (task,) = self.env.get_attr("task", [0])
            if task.total_step < 2:
                raise ValueError("grpo compares several answers to one target: take a task with task.attempts=16")
            # A rollout is an episode, so that its answers are a group.
            self.train_freq = (task.total_step, "step")
        if _init_setup_model:
            self._setup_model()

    def train(self, gradient_steps: int, batch_size: int = 100) -> None:
        """Learn from what was heard, or from the answers of the last episode."""
        answers, self._answers = self._answers, []
        if answers:
            self._reinforce(*(np.stack(part, axis=1) for part in zip(*answers, strict=True)))
        elif not self._compares:
            super().train(gradient_steps, batch_size)

    def _loss(self, sounds: Tensor, actions: Tensor) -> Tensor:
        """Minus the log likelihood, a parameter."""
        return -self.policy.mixture(sounds).log_prob(actions[:, None]).mean() / actions.shape[-1]

    def _reinforce(self, targets: NDArray[Any], actions: NDArray[Any], rewards: NDArray[Any]) -> None:
        """Make the better answers of each group likelier.

        Parameters
        ----------
        targets : features [rows, answers, ...], those of a row all alike
        actions : [rows, answers, parameters]
        rewards : [rows, answers]
        """
        self.policy.set_training_mode(False)  # the scale of the features stays what it was in stage 1
        rate = self.reinforce_learning_rate * self._current_progress_remaining
        for group in self.policy.optimizer.param_groups:
            group["lr"] = rate
        heard, drawn = (torch.as_tensor(array, dtype=torch.float32) for array in (targets[:, 0], actions))
        advantages = group_advantages(rewards)
        with torch.no_grad():
            before = self.policy.mixture(heard).log_prob(drawn)
        losses = []
        for _ in range(self.epochs):
            loss = clipped_loss(self.policy.mixture(heard).log_prob(drawn), before, advantages, self.clip)
            self.policy.optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self.policy.parameters(), 1.0)
            self.policy.optimizer.step()
            losses.append(loss.item())
        self._n_updates += self.epochs
        self.logger.record("train/n_updates", self._n_updates, exclude="tensorboard")
        self.logger.record("train/learning_rate", rate)
        self.logger.record("train/group_std", float(rewards.std(axis=1).mean()))
        self.logger.record("train/reinforce_loss", np.mean(losses))

    def _sample_action(
        self, learning_starts: int, action_noise: ActionNoise | None = None, n_envs: int = 1
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Draw actions: what the policy answers, in stage 1 sometimes random ones; they are kept as drawn."""
        if self._begins:
            self._compares = self.num_timesteps >= max(self.supervised, learning_starts)
        if not self._compares and (self.num_timesteps < learning_starts or float(torch.rand(())) < RANDOM):
            self._drawn = np.array([self.action_space.sample() for _ in range(n_envs)])
        else:
            assert isinstance(self._last_obs, dict)
            self.policy.set_training_mode(False)
            with torch.no_grad():
                targets = torch.as_tensor(self._last_obs["target"], dtype=torch.float32)
                self._drawn = self.policy.mixture(targets).sample(1)[:, 0].numpy()
        actions = self._drawn.clip(-1, 1)
        return actions, actions

    def _store_transition(
        self,
        replay_buffer: ReplayBuffer,
        buffer_action: NDArray[Any],
        new_obs: NDArray[Any] | dict[str, NDArray[Any]],
        reward: NDArray[Any],
        dones: NDArray[Any],
        infos: list[dict[str, Any]],
    ) -> None:
        """Keep answers in stage 2, and what was heard in stage 1."""
        if self._compares:
            assert isinstance(self._last_obs, dict)
            self._answers.append((self._last_obs["target"].copy(), self._drawn.copy(), reward.copy()))
        self._begins = bool(dones.all())
        super()._store_transition(replay_buffer, buffer_action, new_obs, reward, dones, infos)
