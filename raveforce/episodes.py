"""The step, written once: rows of a task played side by side, from actions to rewards.

action → parameters → program → audio → distance → reward, all in batches; a single environment is one row.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from raveforce.actions import Mask
from raveforce.faults import render_or_fault
from raveforce.glicol import Engine
from raveforce.observations import Observation, ObservationBatch, Progress
from raveforce.parameters import Choose, ParameterError
from raveforce.rewards import Reward, RewardTarget
from raveforce.task import Task

__all__ = ["Episodes", "StepResult"]

Array = NDArray[np.float32]


@dataclass(frozen=True)
class StepResult:
    """What one step gave, for all rows.

    Attributes
    ----------
    observations : float32 [rows, ...], or a dictionary of such
    rewards : float64 [rows]
    distances : float64 [rows], of the reward's distance; NaN where the sound broke
    values : float64 [rows, parameters]
    faults : by row, why its sound was thrown away
    terminated : bool [rows], which episodes ended with it
    """

    observations: ObservationBatch
    rewards: NDArray[np.float64]
    distances: NDArray[np.float64]
    values: NDArray[np.float64]
    faults: Mapping[int, str]
    terminated: NDArray[np.bool_]


class Episodes:
    """Rows of one task in play, all at the same step.

    Parameters
    ----------
    task : what is played
    reward, observation : what the agent gets and sees
    engine : plays the task's program, a row an episode
    mask : which choices may be made, where actions are choices: the same at every step
    """

    resting: ClassVar[Any] = None
    """The action of a row that is to wait for others: there is none, as all rows have their steps in common."""

    def __init__(
        self, task: Task, reward: Reward, observation: Observation, engine: Engine, mask: Mask | None = None
    ) -> None:
        self.task = task
        self.reward = reward
        self.observation = observation
        self.engine = engine
        self.rows = rows = engine.rows
        self._mask = mask
        self._distance = reward.distance.name
        self.sound = self._silence = np.broadcast_to(np.float32(0), (rows, task.samples))
        self._several = np.zeros((rows, task.samples), np.float32)  # takes no memory before it is written to
        self.targets = np.zeros((0, task.samples), dtype=np.float32)
        self.step_index = task.total_step
        self._first: ObservationBatch | None = None

    @property
    def audio_so_far(self) -> Array:
        """The sound so far, float32 [rows, samples so far]."""
        end = 0 if self.step_index == 0 else self.task.span(self.step_index - 1)[1]
        return self.sound[:, :end]

    def target_of(self, row: int) -> Array:
        """The sound that a row is to imitate, float32 [samples]."""
        return np.asarray(self.targets[row if len(self.targets) > 1 else 0])

    @property
    def over(self) -> NDArray[np.bool_]:
        """Which rows are at their end, or have not begun yet: bool [rows]."""
        return np.full(self.rows, self.step_index == self.task.total_step)

    def reset(self, rngs: Sequence[np.random.Generator], rows: Sequence[int] | None = None) -> ObservationBatch:
        """Begin all rows anew, each with a target drawn from its own generator; return the first observations.

        Parameters
        ----------
        rngs : one for every row that begins anew
        rows : which do; None for all. The others keep their targets

        Raises
        ------
        ValueError
            Only some begin anew, and they are not all at their beginning.
        """
        if rows is None or len(rows) == self.rows:
            drawn = [self.task.targets.draw(rng) for rng in rngs]
        elif self.step_index != 0 or not len(self.targets):
            raise ValueError(
                "rows begin and end together: some of them can be reset alone only between a reset of all and the "
                "first step; reset all of them, or make one environment for each group"
            )
        else:
            drawn = [self.target_of(row) for row in range(self.rows)]
            for row, rng in zip(rows, rngs, strict=True):
                drawn[row] = self.task.targets.draw(rng)
        targets = np.stack(drawn[:1] if all(target is drawn[0] for target in drawn) else drawn)
        if not np.array_equal(targets, self.targets):
            self.targets = targets
            self._prepare(drawn[: len(targets)])
            self._references: dict[int, RewardTarget] = {}
            self._first = None
        self.engine.reset()
        self.sound = self._silence
        self.step_index = 0
        self._before = np.broadcast_to(self.reward.start(self.reference), self.rows)
        self._last = np.zeros((self.rows, len(self.task.parameters.free)), np.float32)
        if self._first is None:
            # Every episode with these targets begins with the same sight: silence.
            self._first = self._observe()
        return copy.deepcopy(self._first)

    def _prepare(self, targets: Sequence[Array]) -> None:
        """Compute what is seen and measured of targets, one a row or one for all: once where several share a sound."""
        places: dict[int, int] = {}
        shared = [places.setdefault(id(target), len(places)) for target in targets]
        sounds = np.stack([targets[shared.index(place)] for place in places.values()])
        self._seen, self.reference = self.observation.features(sounds), self.reward.prepare(sounds)
        if len(sounds) < len(targets):
            self._seen, self.reference = self._seen[shared], self.reference.take(shared)

    def step(self, actions: ArrayLike) -> StepResult:
        """Play one step in every row.

        Parameters
        ----------
        actions : array [rows, free parameters] in [-1, 1]

        Raises
        ------
        GlicolError
            The program is wrong, whatever the values. What breaks with these values only is a fault of its row.
        """
        values = self.task.parameters.decode(actions)
        if len(values) != self.rows:
            raise ValueError(f"{self.rows} rows need as many actions, got {len(values)}")
        start, end = self.task.span(self.step_index)
        if self.task.restart_each_step:
            self.engine.reset()
        chunk, faults = render_or_fault(self.engine, values, end - start)
        self._last = np.asarray(actions, dtype=np.float32)
        self._put(chunk, start, end)
        self.step_index += 1

        distances = self.reward.measure(self.sound, self._until(end))
        broken = list(faults)
        if broken:
            distances[broken] = np.broadcast_to(self.reference.worst, self.rows)[broken]
        rewards = self.reward.compute(distances, self._before, self.reference)
        self._before = distances
        return StepResult(
            observations=self._observe(),
            rewards=rewards,
            distances=np.where(np.isin(np.arange(self.rows), broken), np.nan, distances),
            values=values,
            faults=faults,
            terminated=self.over,
        )

    def info(self, result: StepResult, row: int) -> dict[str, Any]:
        """What an environment tells of a row's step: parameters, code, distances, fault, and at the end the sound."""
        values = result.values[row]
        info: dict[str, Any] = {
            "parameters": self.task.parameters.named(values),
            "code": self.task.program.fill(values),
            "distances": {self._distance: float(result.distances[row])},
            "fault": result.faults.get(row, ""),
        }
        if result.terminated[row]:
            # Vector environments reset at once: here the sound outlives its episode.
            info["audio"] = self.sound[row].copy()
        return info | self._choices()

    def first_info(self) -> dict[str, Any]:
        """What is told at the beginning, in the same form: nothing is chosen and nothing heard."""
        kinds = self.task.parameters.parameters.items()
        return {
            "parameters": {name: "" if isinstance(kind, Choose) and kind.words else np.nan for name, kind in kinds},
            "code": self.task.program.template,
            "distances": {self._distance: np.nan},
            "fault": "",
        } | self._choices()

    def action_masks(self) -> NDArray[np.bool_]:
        """Which choices may be made, bool [rows, options of all choices].

        Raises
        ------
        AttributeError
            Actions are numbers, not choices.
        """
        if self._mask is None:
            raise AttributeError('actions that are numbers have no masks: take actions="multi_discrete" or "discrete"')
        masks = [self._mask] if isinstance(self._mask, np.ndarray) else self._mask
        allowed = np.concatenate(masks).astype(bool)
        return np.broadcast_to(allowed, (self.rows, len(allowed)))

    def _choices(self) -> dict[str, Any]:
        """What is told of the choices, where actions are choices."""
        return {} if self._mask is None else {"action_mask": copy.deepcopy(self._mask)}

    def _put(self, chunk: Array, start: int, end: int) -> None:
        """Add what was played to the sound so far."""
        if end - start == self.task.samples:
            # Not copied: with one more array as large as this free at every step, their memory would go back to the
            # system each time, and getting it anew takes longer than rendering.
            self.sound = chunk
            return
        if start == 0:
            self.sound = self._several
            self.sound[:, end:] = 0
        self.sound[:, start:end] = chunk

    def _observe(self) -> ObservationBatch:
        """What the agent sees now."""
        progress = Progress(self.step_index, self.task.total_step, self._last)
        return self.observation.observe(self.sound, self._seen, progress)

    def _until(self, end: int) -> RewardTarget:
        """What a step that ends there is compared with."""
        if end not in self._references:
            self._references[end] = self.reward.prefix(self.targets, self.reference, end)
        return self._references[end]

    def score(self, actions: ArrayLike, seed: int = 0) -> NDArray[np.float64]:
        """Distances of any number of episodes to one target.

        Parameters
        ----------
        actions : array [N, free parameters] for episodes of one step, else [N, steps, free parameters], in [-1, 1]
        seed : of the target, where there are several

        Returns
        -------
        float64 array [N], at the episodes' ends; broken sound counts as the worst, see ``Reward``
        """
        steps, free, rows = self.task.total_step, len(self.task.parameters.free), self.rows
        chosen = np.asarray(actions, np.float64)
        if chosen.ndim == 2 and steps == 1:
            chosen = chosen[:, None]
        if chosen.ndim != 3 or chosen.shape[1:] != (steps, free):
            form = f"[N, {free}]" if steps == 1 else f"[N, {steps}, {free}]"
            raise ParameterError(f"actions to score have the shape {form}, got {list(np.shape(actions))}")
        distances = np.empty(len(chosen))
        for start in range(0, len(chosen), rows):
            part = chosen[start : start + rows]
            # The last ones are too few: what is played beside them does not count.
            padded = np.concatenate([part, np.zeros((rows - len(part), steps, free))])
            self.reset([np.random.default_rng(seed) for _ in range(rows)])
            for step in range(steps):
                result = self.step(padded[:, step])
            worst = np.broadcast_to(self.reference.worst, rows)
            found = np.where(np.isnan(result.distances), worst, result.distances)
            distances[start : start + len(part)] = found[: len(part)]
        return distances

    def close(self) -> None:
        """Free the engine."""
        self.engine.close()
