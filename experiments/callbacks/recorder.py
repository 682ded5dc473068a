"""Records a training run: counts renders, keeps the best sound, writes metrics, shows progress."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.callbacks import BaseCallback
from tqdm import tqdm

from experiments.rollouts import played
from raveforce.sb3 import BatchVecEnv, LastStep

__all__ = ["Best", "Recorder", "TrainingStopped"]


class TrainingStopped(Exception):
    """Raised in a callback to end a training, also where the algorithm does not heed what callbacks return."""


@dataclass(frozen=True)
class Best:
    """The best sound met.

    Attributes
    ----------
    distance : to the target, by the reward's distance
    render : how many renders it took
    audio, target : the sound, and what it was to imitate, float32 [samples]
    programs : texts, one a step of its episode
    parameters : values by name, one dictionary a step
    """

    distance: float
    render: int
    audio: NDArray[np.float32]
    target: NDArray[np.float32]
    programs: tuple[str, ...]
    parameters: tuple[dict[str, float | str], ...]


_STATE = ("best", "renders", "_row", "_steps", "_returns")


@dataclass
class _Row:
    """Episodes since the last row of metrics."""

    rewards: list[float] = field(default_factory=list)
    distances: list[float] = field(default_factory=list)
    faults: int = 0


class Recorder(BaseCallback):
    """SB3 callback that records a run.

    Parameters
    ----------
    total_timesteps : length of the run, for the progress bar
    log_every : renders between two rows of metrics
    progress : show a bar
    """

    def __init__(self, total_timesteps: int, *, log_every: int = 50, progress: bool = True) -> None:
        super().__init__()
        self.total_timesteps = total_timesteps
        self.log_every = log_every
        self.progress = progress
        self.best: Best | None = None
        self.renders = 0
        self.stop = False
        self._stopped = False
        self._row = _Row()
        self._steps: list[list[dict[str, Any]]] = []
        self._returns: list[float] = []

    def request_stop(self) -> None:
        """End the run after the current step."""
        self.stop = True

    def state(self) -> dict[str, Any]:
        """What it takes to go on from here: the best sound, counters, the row that is not full yet."""
        return {name: getattr(self, name) for name in _STATE}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state; to be called before the training starts."""
        vars(self).update(state)

    def _on_training_start(self) -> None:
        if not self._steps:
            self._steps = [[] for _ in range(self.training_env.num_envs)]
            self._returns = [0.0] * self.training_env.num_envs
        self._bar = tqdm(
            total=self.total_timesteps,
            initial=self.renders,
            unit="render",
            disable=not self.progress,
            dynamic_ncols=True,
            smoothing=0.05,
            # In a log file every update is a line.
            mininterval=0.2 if sys.stderr.isatty() else 15,
        )

    def _on_step(self) -> bool:
        if self._stopped:
            raise TrainingStopped
        env = self.training_env.unwrapped
        assert isinstance(env, BatchVecEnv)
        step = env.last_step
        assert step is not None
        for row, (info, reward) in enumerate(zip(step.infos, step.rewards, strict=True)):
            self.renders += 1
            self._steps[row].append(info)
            self._returns[row] += float(reward)
            if step.dones[row]:
                self._end_episode(row, step)
            if self.renders % self.log_every == 0:
                self._write_row()
        self._bar.update(self.training_env.num_envs)
        self._stopped = self.stop
        return not self.stop

    def _on_training_end(self) -> None:
        self.write_last_row()

    def write_last_row(self) -> None:
        """Write the episodes since the last row, if there are any."""
        if self._row.rewards:
            self._write_row()

    def close(self) -> None:
        """Take the bar off the screen."""
        if hasattr(self, "_bar"):
            self._bar.close()

    def _end_episode(self, row: int, step: LastStep) -> None:
        steps = self._steps[row]
        last = steps[-1]
        distance = next(iter(last["distances"].values()))
        self._row.rewards.append(self._returns[row])
        if math.isfinite(distance):
            self._row.distances.append(distance)
        self._row.faults += any(info["fault"] != "" for info in steps)
        if math.isfinite(distance) and (self.best is None or distance < self.best.distance):
            self.best = Best(
                distance=distance,
                render=self.renders,
                audio=last["audio"],
                target=np.array(step.targets[row]),
                programs=played([info["code"] for info in steps], step.task),
                parameters=tuple(info["parameters"] for info in steps),
            )
            self._bar.set_postfix_str(f"best {distance:.4g}", refresh=False)
        self._steps[row] = []
        self._returns[row] = 0.0

    def _write_row(self) -> None:
        row, self._row = self._row, _Row()
        self.logger.record("faults", row.faults)
        if row.rewards:
            self.logger.record("episode/return", float(np.mean(row.rewards)))
        if row.distances:
            self.logger.record("episode/distance", float(np.mean(row.distances)))
        if self.best is not None:
            self.logger.record("best/distance", self.best.distance)
            self.logger.record("best/render", self.best.render)
        self.logger.dump(self.renders)
