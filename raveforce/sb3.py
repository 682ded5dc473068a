"""Many rows of a task as Stable-Baselines3 wants them: one batched step for all.

Not imported with ``raveforce``; it needs Stable-Baselines3, ``pip install "raveforce[sb3]"``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
from gymnasium.utils import seeding
from numpy.typing import NDArray

from raveforce.observations import row
from raveforce.spec import EnvSpec
from raveforce.task import Task
from raveforce.tasks import make_spec

try:
    from stable_baselines3.common.vec_env import VecEnv
except ImportError as error:
    raise ImportError('raveforce.sb3 needs Stable-Baselines3: pip install "raveforce[sb3]"') from error

__all__ = ["BatchVecEnv", "LastStep"]


@dataclass(frozen=True)
class LastStep:
    """The step that all rows played last, for callbacks: some algorithms do not hand them their own variables.

    Attributes
    ----------
    rewards : float32 [rows]
    dones : bool [rows], which episodes ended with it
    infos : one a row
    targets : by row whose episode ended, the sound that was to be imitated, float32 [samples]
    task : what is played
    """

    rewards: NDArray[np.float32]
    dones: NDArray[np.bool_]
    infos: list[dict[str, Any]]
    targets: Mapping[int, NDArray[np.float32]]
    task: Task


class BatchVecEnv(VecEnv):
    """Rows of a task, played by one engine in one batch.

    Does what SB3's ``DummyVecEnv`` of as many environments does, in less time.

    Parameters
    ----------
    task : Task, EnvSpec, or a task's name or id, whose own options may be given too
    num_envs : rows
    **options : reward, observation, actions, engine, engine_options: see ``RaveForceEnv``

    Attributes
    ----------
    last_step : what was played last; None before the first step

    Examples
    --------
    >>> envs = BatchVecEnv("kick", num_envs=4, observation="descriptors")
    >>> envs.reset().shape
    (4, 48)
    """

    def __init__(self, task: Task | EnvSpec | str, num_envs: int, **options: Any) -> None:
        if num_envs < 1:
            raise ValueError(f"num_envs must be at least 1, got {num_envs}")
        self.env_spec = make_spec(task, **options)
        self.task = self.env_spec.task
        self.render_mode = None
        self.last_step: LastStep | None = None
        self._form = self.env_spec.actions
        self._episodes = self.env_spec.open(num_envs)
        self._rngs = [seeding.np_random(None)[0] for _ in range(num_envs)]
        # By row: how its episode began and what was done in it, see ``snapshot``.
        self._began: list[dict[str, Any]] = [{}] * num_envs
        self._played: list[list[Any]] = [[]] * num_envs
        super().__init__(num_envs, self.env_spec.observation_space, self.env_spec.action_space)

    def reset(self) -> Any:
        """Begin all rows in silence."""
        for index, seed in enumerate(self._seeds):
            if seed is not None:
                self._rngs[index] = seeding.np_random(seed)[0]
        self._reset_seeds()
        self._reset_options()
        return self._begin(range(self.num_envs))

    def step_async(self, actions: NDArray[Any]) -> None:
        """Take the actions [rows, ...] of the next step."""
        self._actions = np.array(actions)

    def step_wait(self) -> tuple[Any, NDArray[np.float32], NDArray[np.bool_], list[dict[str, Any]]]:
        """Play the step; rows that are over begin anew, as SB3 expects."""
        result = self._episodes.step(self._form.to_box(self._actions))
        for played, action in zip(self._played, self._actions, strict=True):
            played.append(action)
        infos = [{**self._episodes.info(result, index), "TimeLimit.truncated": False} for index in range(self.num_envs)]
        rewards, dones = result.rewards.astype(np.float32), result.terminated
        ended = np.flatnonzero(dones).tolist()
        targets = {index: self._episodes.target_of(index) for index in ended}
        self.last_step = LastStep(rewards, dones, infos, targets, self.task)
        observations = result.observations
        for index in ended:
            infos[index]["terminal_observation"] = row(observations, index)
        if ended:
            observations = self._begin(ended)
        return observations, rewards, dones, infos

    def snapshot(self) -> dict[str, Any]:
        """Where the rows are, as plain data that pickles.

        An engine's state cannot be written down, but a program played with the same values sounds the same: the rows
        are put back by beginning their episodes with the same random states and taking the same actions.
        """
        return {
            "began": list(self._began),
            "actions": [list(played) for played in self._played],
            "random": self._random_states(),
        }

    def restore(self, snapshot: dict[str, Any]) -> Any:
        """Go back to where a snapshot was taken; return what was last observed there."""
        if len(snapshot["began"]) != self.num_envs:
            raise ValueError(f"the snapshot is of {len(snapshot['began'])} rows, not of {self.num_envs}")
        self._set_random_states(snapshot["began"])
        observations = self._begin(range(self.num_envs))
        self._played = [list(played) for played in snapshot["actions"]]
        for step in range(max(map(len, self._played))):
            # Rows that are not as far rest.
            actions = [played[step] if step < len(played) else self._episodes.resting for played in self._played]
            observations = self._episodes.step(self._form.to_box(np.array(actions))).observations
        self._set_random_states(snapshot["random"])
        return observations

    def close(self) -> None:
        """Free the engine."""
        self._episodes.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """The attribute, which all rows have in common."""
        if attr_name == "action_masks":
            self.action_masks()  # raises where there are none
            return [lambda index=index: self.action_masks()[index] for index in self._get_indices(indices)]
        return [getattr(self, attr_name)] * len(list(self._get_indices(indices)))

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Rows have no attributes of their own to set."""
        raise NotImplementedError("rows of a batch have no attributes of their own")

    def env_method(self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any) -> list[Any]:
        """Rows have no methods of their own to call, but for ``action_masks`` where actions are choices."""
        if method_name == "action_masks":
            masks = self.action_masks()
            return [masks[index] for index in self._get_indices(indices)]
        raise NotImplementedError("rows of a batch have no methods of their own")

    @property
    def is_masked(self) -> bool:
        """Whether not every action may follow everywhere."""
        return hasattr(self._episodes, "random_actions")

    def action_masks(self) -> NDArray[np.bool_]:
        """Which choices may be made, bool [rows, options of all choices].

        Raises
        ------
        AttributeError
            Actions are numbers, not choices.
        """
        return self._episodes.action_masks()

    def random_actions(self, uniforms: NDArray[np.float64]) -> NDArray[np.int64]:
        """Actions of the rows by chance, heeding the masks; ``uniforms`` in [0, 1), [rows], decide."""
        return self._episodes.random_actions(uniforms)  # type: ignore[attr-defined]

    def env_is_wrapped(
        self, wrapper_class: type[gymnasium.Wrapper[Any, Any, Any, Any]], indices: Any = None
    ) -> list[bool]:
        """Rows are never wrapped."""
        return [False] * len(list(self._get_indices(indices)))

    def get_images(self) -> Sequence[NDArray[np.uint8] | None]:
        """Rows are not drawn; draw a ``RaveForceEnv``."""
        return [None] * self.num_envs

    def _begin(self, rows: Sequence[int]) -> Any:
        states = self._random_states()
        for index in rows:
            self._began[index], self._played[index] = states[index], []
        return self._episodes.reset([self._rngs[index] for index in rows], rows)

    def _random_states(self) -> list[dict[str, Any]]:
        return [dict(rng.bit_generator.state) for rng in self._rngs]

    def _set_random_states(self, states: Sequence[dict[str, Any]]) -> None:
        for rng, state in zip(self._rngs, states, strict=True):
            rng.bit_generator.state = state
