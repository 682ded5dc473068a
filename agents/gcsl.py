"""Learning from what was heard: every sound that an agent makes is a sound it knows how to make.

A sound that misses its target is the right answer to another question. So each step's sound is kept as if it had been
the target, with the action that made it, and the policy learns to answer it with that action: goal-conditioned
supervised learning (Ghosh et al. 2021), after hindsight experience replay (Andrychowicz et al. 2017). It needs no
reward and no values; it does need targets that differ, for with one target there is nothing to generalise to.
"""

from __future__ import annotations

from typing import Any, ClassVar

import gymnasium
import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3.common.buffers import ReplayBuffer
from stable_baselines3.common.noise import ActionNoise
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.torch_layers import create_mlp
from stable_baselines3.common.type_aliases import GymEnv, PyTorchObs, Schedule
from stable_baselines3.common.vec_env import VecEnv
from torch import Tensor, nn

from agents.precision import PRECISIONS, products
from agents.whitening import Whitening

__all__ = ["GCSL", "AnswerPolicy", "draw", "masked"]

NEAR = 0.05
"""Error of an action up to which it counts by its square, beyond by its size: what cannot be heard cannot be
answered, and should not outweigh what can."""

MEASURED = 20_000
"""Sounds, drawn from those that were heard before the first update, whose principal directions are taken."""


def masked(sounds: Tensor, part: float) -> Tensor:
    """Log spectrograms [rows, frames, bands] in [0, 1], some with a burst of noise over them.

    A burst begins with the sound, fades from frame to frame and from its middle band to both sides, all at random; in
    every place the louder of both is heard. Bursts of equal frames everywhere are hiss, short ones are clicks.
    """
    # Bursts are made for those that get one: numbers by chance take as long as the network's own products.
    chosen = torch.nonzero(torch.rand(len(sounds)) < part)[:, 0]
    clean = sounds[chosen]
    rows, frames, bands = clean.shape
    time, band = torch.arange(frames)[:, None], torch.arange(bands) / bands
    level, fading, middle, slope = (torch.rand(rows, 1, 1) for _ in range(4))
    burst = level - fading**2 * time - 2 * slope * (band - middle).abs() + 0.05 * torch.randn_like(clean)
    return sounds.index_copy(0, chosen, torch.maximum(clean, burst.clamp(0, 1)))


def draw(buffer: ReplayBuffer, count: int) -> tuple[Tensor, Tensor]:
    """Draw sounds [count, ...] and the actions that made them [count, parameters].

    They are those of ``buffer.sample(count)``, which also copies what comes after a sound; here nothing does.
    """
    randint = np.random.randint  # as SB3 does
    if buffer.full:
        # All but the place that is written to next, where what came after the last sound lies.
        steps = (randint(1, buffer.buffer_size, count) + buffer.pos) % buffer.buffer_size
    else:
        steps = randint(0, buffer.pos, count)
    rows = randint(0, buffer.n_envs, count)
    return torch.from_numpy(buffer.observations[steps, rows]), torch.from_numpy(buffer.actions[steps, rows])


class AnswerPolicy(BasePolicy):
    """Answers a target with the action that would make it; looks at nothing else.

    Parameters
    ----------
    observation_space : Dict with features of the target under "target"
    action_space : Box in [-1, 1]
    lr_schedule : learning rate
    net_arch : units of the hidden layers
    directions : of the features that the network sees after ``Whitening``; None: it sees all features, each brought to
        one scale
    """

    def __init__(
        self,
        observation_space: gymnasium.spaces.Dict,
        action_space: gymnasium.spaces.Box,
        lr_schedule: Schedule,
        net_arch: list[int] | None = None,
        directions: int | None = 256,
        use_sde: bool = False,
    ) -> None:
        super().__init__(observation_space, action_space, squash_output=True)
        self.net_arch = [512, 512, 256] if net_arch is None else list(net_arch)
        self.directions = directions
        size = int(np.prod(observation_space["target"].shape or ()))
        # The features lie in [0, 1] and hardly vary in many places: brought to one scale the network learns faster.
        self.scale = nn.BatchNorm1d(size, affine=False) if directions is None else Whitening(size, directions)
        inputs = size if directions is None else min(size, directions)
        answers = create_mlp(inputs, action_space.shape[0], self.net_arch, nn.SiLU, squash_output=True)
        self.network = nn.Sequential(*answers)
        self.optimizer = torch.optim.Adam(self.parameters(), lr=lr_schedule(1), fused=True)

    def answer(self, targets: Tensor) -> Tensor:
        """Actions [rows, parameters] for the features of targets [rows, ...]."""
        actions: Tensor = self.network(self.scale(targets.flatten(1)))
        return actions

    def forward(self, observation: PyTorchObs) -> Tensor:
        """Actions for observations."""
        assert isinstance(observation, dict)
        return self.answer(observation["target"].float())

    def _predict(self, observation: PyTorchObs, deterministic: bool = False) -> Tensor:
        return self(observation)

    def _get_constructor_parameters(self) -> dict[str, Any]:
        return {
            **super()._get_constructor_parameters(),
            "net_arch": self.net_arch,
            "directions": self.directions,
            "lr_schedule": self._dummy_schedule,
        }


class GCSL(OffPolicyAlgorithm):
    """Goal-conditioned supervised learning with Stable-Baselines3's interface.

    For tasks where each step plays the whole sound, such as ``match``, seen as a dictionary (``as_dict``) that shows
    "attempt" and "target". Explores with noise; its first ``learning_starts`` actions are random.

    Parameters
    ----------
    policy : ``AnswerPolicy``
    env : vector of environments
    learning_rate, buffer_size, learning_starts, batch_size, train_freq, gradient_steps, action_noise : as in SB3's
        off-policy algorithms; the buffer holds sounds' features and the actions that made them
    masking : part of the sounds that are learnt with another sound over them (``masked``), as recordings have clicks
        and noise that the program cannot make; for spectrograms
    precision : of the products while it learns: "highest", "high" or "medium". With "medium" processors that can do so
        multiply in bfloat16 and add in float32, which takes half the time; others compute as with "highest"
    policy_kwargs : the policy's own arguments
    """

    policy_aliases: ClassVar[dict[str, type[BasePolicy]]] = {
        "MultiInputPolicy": AnswerPolicy,
        "MlpPolicy": AnswerPolicy,
    }
    policy: AnswerPolicy

    def __init__(
        self,
        policy: str | type[AnswerPolicy],
        env: GymEnv | str,
        learning_rate: float | Schedule = 1e-3,
        buffer_size: int = 100_000,
        learning_starts: int = 5_000,
        batch_size: int = 512,
        train_freq: int | tuple[int, str] = 1,
        gradient_steps: int = 4,
        action_noise: ActionNoise | None = None,
        masking: float = 0.0,
        precision: str = "highest",
        policy_kwargs: dict[str, Any] | None = None,
        tensorboard_log: str | None = None,
        verbose: int = 0,
        device: torch.device | str = "cpu",
        seed: int | None = None,
        _init_setup_model: bool = True,
    ) -> None:
        super().__init__(
            policy,
            env,
            learning_rate,
            buffer_size=buffer_size,
            learning_starts=learning_starts,
            batch_size=batch_size,
            train_freq=train_freq,
            gradient_steps=gradient_steps,
            action_noise=action_noise,
            policy_kwargs=policy_kwargs,
            tensorboard_log=tensorboard_log,
            verbose=verbose,
            device=device,
            seed=seed,
            support_multi_env=True,
            sde_support=False,
            supported_action_spaces=(gymnasium.spaces.Box,),
        )
        if precision not in PRECISIONS:
            raise ValueError(f"precision must be one of {', '.join(PRECISIONS)}, not {precision!r}")
        self.masking = masking
        self.precision = precision
        if env is not None:
            self._check(self.env, masking)
        if _init_setup_model:
            self._setup_model()

    def train(self, gradient_steps: int, batch_size: int = 100) -> None:
        """Learn to answer sounds that were heard with the actions that made them."""
        self.policy.set_training_mode(True)
        self._update_learning_rate(self.policy.optimizer)
        if not self._n_updates and isinstance(self.policy.scale, Whitening):
            sounds, _ = self._draw(MEASURED)
            self.policy.scale.fit(sounds.flatten(1))
        losses = []
        for _ in range(gradient_steps):
            sounds, actions = self._draw(batch_size)
            with products(self.precision):
                loss = self._loss(sounds, actions)
                self.policy.optimizer.zero_grad()
                loss.backward()
            self.policy.optimizer.step()
            losses.append(loss.item())
        self._n_updates += gradient_steps
        self.logger.record("train/n_updates", self._n_updates, exclude="tensorboard")
        self.logger.record("train/loss", np.mean(losses))

    def _draw(self, count: int) -> tuple[Tensor, Tensor]:
        """Draw sounds as they are learnt [count, ...], and the actions that made them [count, parameters]."""
        assert self.replay_buffer is not None
        sounds, actions = draw(self.replay_buffer, count)
        return (masked(sounds, self.masking) if self.masking else sounds), actions

    def _loss(self, sounds: Tensor, actions: Tensor) -> Tensor:
        """How far the policy's answers are from the actions that made the sounds."""
        return nn.functional.smooth_l1_loss(self.policy.answer(sounds), actions, beta=NEAR)

    def _setup_model(self) -> None:
        spaces = self.observation_space
        assert isinstance(spaces, gymnasium.spaces.Dict)
        # One sound a transition: the sound is the target, and nothing comes after it.
        self.replay_buffer = ReplayBuffer(
            self.buffer_size,
            spaces["target"],
            self.action_space,
            device=self.device,
            n_envs=self.n_envs,
            optimize_memory_usage=True,
            handle_timeout_termination=False,
        )
        super()._setup_model()

    def _store_transition(
        self,
        replay_buffer: ReplayBuffer,
        buffer_action: NDArray[Any],
        new_obs: NDArray[Any] | dict[str, NDArray[Any]],
        reward: NDArray[Any],
        dones: NDArray[Any],
        infos: list[dict[str, Any]],
    ) -> None:
        """Keep the sound that an action made as the target that it answers."""
        assert isinstance(new_obs, dict)
        heard = new_obs["attempt"].copy()
        for index in np.flatnonzero(dones).tolist():
            heard[index] = infos[index]["terminal_observation"]["attempt"]
        replay_buffer.add(heard, heard, buffer_action, reward, dones, infos)
        self._last_obs = new_obs

    def _get_torch_save_params(self) -> tuple[list[str], list[str]]:
        return ["policy", "policy.optimizer"], []

    @staticmethod
    def _check(env: VecEnv | None, masking: float) -> None:
        """Refuse tasks whose sounds are not what one action made, and masks over what is no spectrogram."""
        assert env is not None
        space = env.observation_space
        if not (isinstance(space, gymnasium.spaces.Dict) and {"attempt", "target"} <= set(space)):
            raise ValueError(
                "gcsl learns from features of attempt and target, kept apart: take an observation with "
                "show=[attempt,target] and as_dict=true, such as observation=log_mel_goal"
            )
        if masking and len(space["target"].shape or ()) != 2:
            raise ValueError("masking is for spectrograms: take such an observation, or masking=0")
        (task,) = env.get_attr("task", [0])
        if task.total_step > 1 and not task.restart_each_step:
            raise ValueError(f"gcsl needs a task where every step plays the whole sound, as in match; not {task.name}")
