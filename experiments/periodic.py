"""What a training run does every so many renders: evaluate its policy, and save a checkpoint."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stable_baselines3.common.callbacks import BaseCallback

from experiments import state as states
from experiments.checkpoints import Checkpoints
from experiments.evaluate import evaluate
from experiments.runs import RunFolder
from raveforce.env import RaveForceEnv

__all__ = ["Checkpointer", "Clock", "Evaluator"]

log = logging.getLogger(__name__)

Report = Callable[[int, float], None]
"""Told the renders so far and the policy's distance."""


@dataclass
class Clock:
    """Says when a number of renders has passed again.

    >>> clock = Clock(every=10)
    >>> [clock.strikes(renders) for renders in (4, 8, 12, 16, 20, 40)]
    [False, False, True, False, True, True]
    """

    every: int
    last: int = 0

    def strikes(self, renders: int) -> bool:
        """Whether a multiple of ``every`` was reached or passed since it last struck; never, if that is 0."""
        if self.every <= 0 or renders // self.every <= self.last // self.every:
            return False
        self.last = renders
        return True


class Evaluator(BaseCallback):
    """Plays without exploration in an environment of its own, and keeps the best model.

    Parameters
    ----------
    stage : where to play
    folder : keeps ``best_model.zip``
    every : renders of the training between two evaluations; 0 for none
    episodes : played at each
    seed : of the first of these episodes; the same ones are played each time
    report : is told of each evaluation
    """

    def __init__(
        self,
        stage: RaveForceEnv,
        folder: RunFolder,
        *,
        every: int,
        episodes: int = 1,
        seed: int = 0,
        report: Report | None = None,
    ) -> None:
        super().__init__()
        self.stage = stage
        self.folder = folder
        self.episodes = episodes
        self.seed = seed
        self.report = report
        self.best = float("inf")
        self._clock = Clock(every)

    def state(self) -> dict[str, Any]:
        """The best distance so far."""
        return {"best": self.best, "last": self._clock.last}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state."""
        self.best, self._clock.last = state["best"], state["last"]

    def _on_step(self) -> bool:
        renders = self.num_timesteps
        if not self._clock.strikes(renders):
            return True
        evaluation = evaluate(self.model, self.stage, episodes=self.episodes, seed=self.seed)
        if evaluation.distance < self.best:
            self.best = evaluation.distance
            self.folder.write(self.folder.best_model.name, lambda path: self.model.save(path))
        self.logger.record("evaluation/distance", evaluation.distance)
        self.logger.record("evaluation/return", evaluation.episode_return)
        self.logger.record("evaluation/best_distance", self.best)
        if self.report is not None:
            self.report(renders, evaluation.distance)
        return True


class Checkpointer(BaseCallback):
    """Saves the whole state where a rollout begins, the only place where it is complete.

    Parameters
    ----------
    checkpoints : where to save
    every : renders between two checkpoints, or a little more; 0 for none but the last
    watchers : gives the state of whatever else watches the training
    resumed : the state to go on from, if the run is resumed
    """

    def __init__(
        self,
        checkpoints: Checkpoints,
        *,
        every: int,
        watchers: Callable[[], Mapping[str, Any]],
        resumed: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.checkpoints = checkpoints
        self.watchers = watchers
        self.resumed = resumed
        self.finished = False
        self._clock = Clock(every)

    def _on_training_start(self) -> None:
        self._clock.last = self.model.num_timesteps

    def _on_rollout_start(self) -> None:
        if self.resumed is not None:
            states.restore(self.model, self.resumed)
            self.resumed = None
        elif self._clock.strikes(self.model.num_timesteps):
            self.save()

    def _on_step(self) -> bool:
        return True

    def save(self) -> None:
        """Save a checkpoint; a run whose disk is full goes on, with the one before."""
        renders = self.model.num_timesteps

        def write(folder: Path) -> None:
            states.save(folder, self.model, self.watchers())

        try:
            self.checkpoints.save(renders, write)
        except (OSError, RuntimeError) as error:  # PyTorch tells of a full disk with a RuntimeError
            log.warning(
                "no checkpoint at %d renders, the run goes on and the one before stands: %s: %s",
                renders,
                type(error).__name__,
                error,
            )
