"""Many rows of a task as Stable-Baselines3 wants them: one batched step for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
from gymnasium.utils import seeding
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv

from raveforce.observations import row
from raveforce.spec import EnvSpec
from raveforce.task import Task

__all__ = ["BatchVecEnv", "LastStep"]


@dataclass(frozen=True)
class LastStep:
    """The step that all rows played last, for callbacks: some algorithms do not hand them their own variables.

    Attributes
    ----------
    rewards : float32 [rows]
    done : whether the episodes ended with it
    infos : one a row
    targets : the sounds that were to be imitated, float32 [rows, samples]; one row where all share it
    """

    rewards: NDArray[np.float32]
    done: bool
    infos: list[dict[str, Any]]
    targets: NDArray[np.float32]


class BatchVecEnv(VecEnv):
    """Rows of a task, played by one engine in one batch.

    Does what SB3's ``DummyVecEnv`` of as many environments does, in less time.

    Parameters
    ----------
    task : Task or EnvSpec
    num_envs : rows
    **options : reward, observation, actions, engine, engine_options: see ``RaveForceEnv``

    Attributes
    ----------
    last_step : what was played last; None before the first step

    Examples
    --------
    >>> from raveforce.tasks import kick
    >>> envs = BatchVecEnv(kick(), num_envs=4)
    >>> envs.reset().shape[0]
    4
    """

    def __init__(self, task: Task | EnvSpec, num_envs: int, **options: Any) -> None:
        if num_envs < 1:
            raise ValueError(f"num_envs must be at least 1, got {num_envs}")
        self.env_spec = EnvSpec.of(task, **options)
        self.task = self.env_spec.task
        self.render_mode = None
        self.last_step: LastStep | None = None
        self._form = self.env_spec.actions
        self._episodes = self.env_spec.open(num_envs)
        self._rngs = [seeding.np_random(None)[0] for _ in range(num_envs)]
        # How the episodes began and what was done in them, see ``snapshot``.
        self._began: list[dict[str, Any]] = []
        self._played: list[NDArray[Any]] = []
        super().__init__(num_envs, self.env_spec.observation_space, self.env_spec.action_space)

    def reset(self) -> Any:
        """Begin all rows in silence."""
        for index, seed in enumerate(self._seeds):
            if seed is not None:
                self._rngs[index] = seeding.np_random(seed)[0]
        self._reset_seeds()
        self._reset_options()
        return self._begin()

    def step_async(self, actions: NDArray[Any]) -> None:
        """Take the actions [rows, ...] of the next step."""
        self._actions = np.array(actions)

    def step_wait(self) -> tuple[Any, NDArray[np.float32], NDArray[np.bool_], list[dict[str, Any]]]:
        """Play the step; rows that are over begin anew, as SB3 expects."""
        result = self._episodes.step(self._form.to_box(self._actions))
        self._played.append(self._actions)
        infos = [{**self._episodes.info(result, index), "TimeLimit.truncated": False} for index in range(self.num_envs)]
        rewards = result.rewards.astype(np.float32)
        self.last_step = LastStep(rewards, result.done, infos, self._episodes.targets)
        observations = result.observations
        if result.done:
            for index, info in enumerate(infos):
                info["terminal_observation"] = row(observations, index)
            observations = self._begin()
        return observations, rewards, np.full(self.num_envs, result.done), infos

    def snapshot(self) -> dict[str, Any]:
        """Where the rows are, as plain data that pickles.

        An engine's state cannot be written down, but a program played with the same values sounds the same: the rows
        are put back by beginning their episodes with the same random states and taking the same actions.
        """
        return {"began": self._began, "actions": list(self._played), "random": self._random_states()}

    def restore(self, snapshot: dict[str, Any]) -> Any:
        """Go back to where a snapshot was taken; return what was last observed there."""
        if len(snapshot["began"]) != self.num_envs:
            raise ValueError(f"the snapshot is of {len(snapshot['began'])} rows, not of {self.num_envs}")
        self._set_random_states(snapshot["began"])
        observations = self._begin()
        for actions in snapshot["actions"]:
            self._played.append(actions)
            observations = self._episodes.step(self._form.to_box(actions)).observations
        self._set_random_states(snapshot["random"])
        return observations

    def close(self) -> None:
        """Free the engine."""
        self._episodes.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """The attribute, which all rows have in common."""
        return [getattr(self, attr_name)] * len(list(self._get_indices(indices)))

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Rows have no attributes of their own to set."""
        raise NotImplementedError("rows of a batch have no attributes of their own")

    def env_method(self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any) -> list[Any]:
        """Rows have no methods of their own to call."""
        raise NotImplementedError("rows of a batch have no methods of their own")

    def env_is_wrapped(
        self, wrapper_class: type[gymnasium.Wrapper[Any, Any, Any, Any]], indices: Any = None
    ) -> list[bool]:
        """Rows are never wrapped."""
        return [False] * len(list(self._get_indices(indices)))

    def get_images(self) -> Sequence[NDArray[np.uint8] | None]:
        """Rows are not drawn; draw a ``RaveForceEnv``."""
        return [None] * self.num_envs

    def _begin(self) -> Any:
        self._began, self._played = self._random_states(), []
        return self._episodes.reset(self._rngs)

    def _random_states(self) -> list[dict[str, Any]]:
        return [dict(rng.bit_generator.state) for rng in self._rngs]

    def _set_random_states(self, states: Sequence[dict[str, Any]]) -> None:
        for rng, state in zip(self._rngs, states, strict=True):
            rng.bit_generator.state = state
