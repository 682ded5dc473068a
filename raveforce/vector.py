"""The Gymnasium vector environment: many rows of a task, one batched render and one batched reward a step."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space
from numpy.typing import ArrayLike, NDArray

from raveforce.env import RaveForceEnv
from raveforce.episodes import Episodes, StepResult
from raveforce.observations import row
from raveforce.rows import Row
from raveforce.spec import EnvSpec, complete
from raveforce.task import Task
from raveforce.tasks import make_spec

__all__ = ["RaveForceVectorEnv", "make_vec"]

MOST_ROWS = 65_536
"""A kick of half a second takes 6 GB then, which is more than what is gained by more rows at once."""


class RaveForceVectorEnv(gymnasium.vector.VectorEnv[Any, Any, Any]):
    """Rows of one task, which begin and end their episodes together.

    Row ``i`` is the environment ``RaveForceEnv`` seeded with ``seed + i``, to the bit.

    Parameters
    ----------
    task : Task or EnvSpec
    num_envs : rows, at most 65,536
    autoreset_mode : what follows the end of an episode, as Gymnasium defines it: ``"same_step"`` (observations are
        already those of the next episode; the last ones are in ``infos["final_obs"]`` and ``infos["final_info"]``),
        ``"next_step"`` (the next ``step`` ignores its actions and begins anew) or ``"disabled"``. None takes same_step
        where episodes have one step, else next_step: with one step, every second transition of next_step would be a
        reset, whose reward of 0 is better than any sound's.
    **options : reward, observation, actions, engine, engine_options, render_mode: see ``RaveForceEnv``

    Attributes
    ----------
    codes : by row, the program as last played; before the first step, with its blanks

    Notes
    -----
    ``infos`` hold what those of a single environment hold, a row each; ``"audio"`` only at the end of episodes.

    Examples
    --------
    >>> from raveforce.tasks import kick
    >>> envs = RaveForceVectorEnv(kick(), num_envs=4, observation="log_mel", reward="log_mel")
    >>> observations, infos = envs.reset(seed=0)
    >>> observations, rewards, terminations, truncations, infos = envs.step(envs.action_space.sample())
    >>> rewards.shape, bool(terminations.all())
    ((4,), True)
    """

    def __init__(
        self,
        task: Task | EnvSpec,
        num_envs: int,
        *,
        autoreset_mode: AutoresetMode | str | None = None,
        **options: Any,
    ) -> None:
        if not _is_count(num_envs):
            raise ValueError(f"num_envs must be a whole number from 1 to {MOST_ROWS}, got {num_envs!r}")
        self.env_spec = complete(task, **options)
        self.task = self.env_spec.task
        self.autoreset_mode = _autoreset_mode(autoreset_mode, self.task)
        self.metadata = {**RaveForceEnv.metadata, "autoreset_mode": self.autoreset_mode}
        self.render_mode = self.env_spec.render_mode
        self.num_envs = num_envs
        self.single_action_space = self.env_spec.action_space
        self.single_observation_space = self.env_spec.observation_space
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self._episodes: Episodes | None = None
        self._scorer: Episodes | None = None
        self._rngs: list[np.random.Generator] = []
        self._seeds: list[int] = []
        self.codes = [self.task.template] * num_envs
        self._attributes: dict[str, list[Any]] = {}
        self._begun: dict[str, Any] | None = None

    @property
    def audio(self) -> NDArray[np.float32]:
        """What was heard so far, float32 [rows, samples so far]."""
        return self._playing("audio").audio_so_far.copy()

    @property
    def targets(self) -> NDArray[np.float32]:
        """The sounds to imitate, float32 [rows, samples]."""
        targets = self._playing("targets").targets
        return np.broadcast_to(targets, (self.num_envs, targets.shape[1]))

    @property
    def engine_kind(self) -> str:
        """The engine that plays: "wasm", or whatever "auto" took."""
        return self._playing("engine_kind").engine.kind

    @property  # type: ignore[misc]
    def np_random(self) -> tuple[np.random.Generator, ...]:  # type: ignore[override]
        """What each row draws its targets from."""
        self._seed(None, np.ones(self.num_envs, bool))
        return tuple(self._rngs)

    @property
    def np_random_seed(self) -> tuple[int, ...]:  # type: ignore[override]
        """What each row's ``np_random`` was begun with."""
        self._seed(None, np.ones(self.num_envs, bool))
        return tuple(self._seeds)

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin rows in silence.

        Parameters
        ----------
        seed : row i gets ``seed + i``, or its own of a sequence
        options : a ``reset_mask``, bool array [rows], begins only some rows anew, with another target. Where rows have
            their steps in common, that can be done only before the first.

        Raises
        ------
        ValueError
            A mask of another shape, or of some rows of those that begin and end together.
        """
        mask = self._mask((options or {}).get("reset_mask"))
        self._seed(seed, mask)
        rows = np.flatnonzero(mask)
        return self._begin(rows), self._first_infos(rows)

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """Play one step in every row; see the autoreset modes for what follows an episode's end."""
        episodes = self._playing("step")
        none = np.zeros(self.num_envs, dtype=bool)
        over = episodes.over
        if over.any() and self.autoreset_mode is not AutoresetMode.NEXT_STEP:
            raise gymnasium.error.ResetNeeded("the episodes are over: call reset() before the next step()")
        if over.all():
            observations, infos = self.reset()
            return observations, np.zeros(self.num_envs), none, none, infos
        result = episodes.step(self.env_spec.actions.to_box(np.asarray(actions)))
        told = [episodes.info(result, index) for index in range(self.num_envs)]
        self.codes = [info["code"] for info in told]
        observations, ended = result.observations, result.terminated
        if self.autoreset_mode is AutoresetMode.SAME_STEP and ended.any():
            return self._begun_anew(result, told)
        if over.any():
            observations = self._begin(np.flatnonzero(over))
            told = [self._playing("infos").first_info() if over[index] else told[index] for index in range(len(told))]
        return observations, np.where(over, 0.0, result.rewards), ended, none, self._infos(told)

    def _begun_anew(self, result: StepResult, told: list[dict[str, Any]]) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """What a step returns whose ended rows begin anew with it."""
        ended = result.terminated
        final = np.full(self.num_envs, None, dtype=object)
        last: dict[str, Any] = {}
        for index in np.flatnonzero(ended).tolist():
            final[index] = row(result.observations, index)
            last = self._add_info(last, told[index], index)
        rows = np.flatnonzero(ended)
        observations = self._begin(rows)
        # As SyncVectorEnv: beside the last episode's infos those of the new one.
        infos = self._first_infos(rows)
        for index in np.flatnonzero(~ended).tolist():
            infos = self._add_info(infos, told[index], index)
        ends = {"final_obs": final, "_final_obs": ended, "final_info": last, "_final_info": ended}
        return observations, result.rewards, ended, np.zeros_like(ended), {**infos, **ends}

    def render(self) -> tuple[Any, ...] | None:
        """What ``RaveForceEnv.render`` gives, for every row."""
        return None if self.render_mode is None else self.call("render")

    def call(self, name: str, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
        """Call a method of every row, or get an attribute: what a ``RaveForceEnv`` has of its own or in its spec."""
        found = self.get_attr(name)
        return tuple(each(*args, **kwargs) if callable(each) else each for each in found)

    def get_attr(self, name: str) -> tuple[Any, ...]:
        """An attribute of every row."""
        if name in self._attributes:
            return tuple(self._attributes[name])
        return tuple(getattr(Row(self, index), name) for index in range(self.num_envs))

    def set_attr(self, name: str, values: Any) -> None:
        """Give every row an attribute, or each its own of a list.

        Raises
        ------
        AttributeError
            What the rows have in common, such as their task, cannot be changed.
        """
        if hasattr(Row, name) or hasattr(self.env_spec, name):
            raise AttributeError(f"rows of a batch have one {name}: make another environment with another")
        self._attributes[name] = list(values) if isinstance(values, list | tuple) else [values] * self.num_envs
        if len(self._attributes[name]) != self.num_envs:
            raise ValueError(f"{self.num_envs} rows need as many values, got {len(self._attributes.pop(name))}")

    def score(self, actions: ArrayLike, *, seed: int = 0) -> NDArray[np.float64]:
        """Distances of any number of episodes to one target, for black-box optimisers: the smaller, the better.

        The rows' own episodes are not disturbed; ``num_envs`` are played at a time.

        Parameters
        ----------
        actions : array [N, free parameters] for episodes of one step, else [N, steps, free parameters], in [-1, 1]
        seed : of the target, where there are several

        Returns
        -------
        float64 array [N], of the reward's distance; broken sound counts as the worst, see ``Reward``
        """
        if self._scorer is None:
            self._scorer = self.env_spec.open(self.num_envs)
        return self._scorer.score(actions, seed)

    def action_masks(self) -> NDArray[np.bool_]:
        """Which choices may be made, bool [rows, options of all choices].

        Raises
        ------
        AttributeError
            Actions are numbers, not choices.
        """
        return self._playing("action_masks").action_masks().copy()

    def close_extras(self, **kwargs: Any) -> None:
        """Free the engine."""
        for episodes in (self._episodes, self._scorer):
            if episodes is not None:
                episodes.close()
        self._episodes = self._scorer = None

    def __getstate__(self) -> dict[str, Any]:
        # An engine lives in its process; the copy opens its own.
        return {**self.__dict__, "_episodes": None, "_scorer": None}

    def _mask(self, mask: Any) -> NDArray[np.bool_]:
        """Rows to reset."""
        rows = np.ones(self.num_envs, bool) if mask is None else np.asarray(mask)
        if rows.dtype != np.bool_ or rows.shape != (self.num_envs,) or not rows.any():
            raise ValueError(f"reset_mask is an array of {self.num_envs} booleans, some of them true, not {mask!r}")
        return rows

    def _seed(self, seed: int | Sequence[int | None] | None, mask: NDArray[np.bool_]) -> None:
        if seed is None and self._rngs:
            return
        seeds = [seed] * self.num_envs if seed is None else seed
        if isinstance(seeds, int):
            seeds = [seeds + row for row in range(self.num_envs)]
        if len(seeds) != self.num_envs:
            raise ValueError(f"{self.num_envs} rows need as many seeds, got {len(seeds)}")
        fresh = not self._rngs
        begun = [
            seeding.np_random(value) if fresh or (value is not None and mask[index]) else None
            for index, value in enumerate(seeds)
        ]
        self._rngs = [one[0] if one else self._rngs[index] for index, one in enumerate(begun)]
        self._seeds = [one[1] if one else self._seeds[index] for index, one in enumerate(begun)]

    def _begin(self, rows: NDArray[np.int64]) -> Any:
        """Begin rows anew; return the observations of all."""
        if self._episodes is None:
            self._episodes = self.env_spec.open(self.num_envs)
        for index in rows.tolist():
            self.codes[index] = self.task.template
        return self._episodes.reset([self._rngs[index] for index in rows], rows.tolist())

    def _first_infos(self, rows: NDArray[np.int64]) -> dict[str, Any]:
        """What rows tell at the beginning; where that is all of them it is made once."""
        if self._begun is None:
            self._begun = self._infos([self._playing("infos").first_info()] * self.num_envs)
        if len(rows) == self.num_envs:
            return copy.deepcopy(self._begun)
        infos: dict[str, Any] = {}
        for index in rows.tolist():
            infos = self._add_info(infos, self._playing("infos").first_info(), index)
        return infos

    def _infos(self, told: Sequence[dict[str, Any]]) -> dict[str, Any]:
        infos: dict[str, Any] = {}
        for index, info in enumerate(told):
            infos = self._add_info(infos, info, index)
        return infos

    def _playing(self, what: str) -> Episodes:
        if self._episodes is None:
            raise gymnasium.error.ResetNeeded(f"call reset() before {what}")
        return self._episodes


def _autoreset_mode(mode: AutoresetMode | str | None, task: Task) -> AutoresetMode:
    if mode is None:
        return AutoresetMode.SAME_STEP if task.total_step == 1 else AutoresetMode.NEXT_STEP
    if isinstance(mode, str) and mode.upper() in AutoresetMode.__members__:
        return AutoresetMode[mode.upper()]
    try:
        return AutoresetMode(mode)
    except ValueError:
        names = ", ".join(AutoresetMode.__members__).lower()
        raise ValueError(f"unknown autoreset_mode {mode!r}; the modes are {names}") from None


def _is_count(rows: Any) -> bool:
    return isinstance(rows, int | np.integer) and not isinstance(rows, bool) and 1 <= int(rows) <= MOST_ROWS


def make_vec(
    task: Task | EnvSpec | str,
    num_envs: int = 1,
    *,
    autoreset_mode: AutoresetMode | str | None = None,
    **options: Any,
) -> RaveForceVectorEnv:
    """Make a vector environment.

    Parameters
    ----------
    task : Task, EnvSpec, or a task's name or id, whose own options may be given too
    num_envs : rows
    autoreset_mode : see ``RaveForceVectorEnv``
    **options : ``reward``, ``observation``, ``actions``, ``engine``, ``engine_options``, and the task's

    Examples
    --------
    >>> make_vec("kick", 64, sample_rate=22050, observation="descriptors").observation_space.shape
    (64, 48)
    """
    return RaveForceVectorEnv(make_spec(task, **options), num_envs, autoreset_mode=autoreset_mode)
