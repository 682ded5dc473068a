"""Evaluation during training: the policy without exploration, and the best model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from stable_baselines3.common.callbacks import BaseCallback

from experiments.callbacks.every import Every
from experiments.records.run_folder import RunFolder
from experiments.rollouts import distance_between, evaluate
from raveforce.env import RaveForceEnv

__all__ = ["Evaluator"]

Report = Callable[[int, float], None]
"""Is given the renders so far and the policy's distance."""


class Evaluator(BaseCallback):
    """Plays without exploration in an environment of its own, and keeps the best model.

    Parameters
    ----------
    eval_env : where to play
    folder : keeps ``best_model.zip``
    every : renders of the training between two evaluations; 0 for none
    episodes : played at each
    seed : of the first of these episodes; the same ones are played each time
    report : is called after each evaluation
    """

    def __init__(
        self,
        eval_env: RaveForceEnv,
        folder: RunFolder,
        *,
        every: int,
        episodes: int = 1,
        seed: int = 0,
        report: Report | None = None,
    ) -> None:
        super().__init__()
        self.eval_env = eval_env
        self.folder = folder
        self.episodes = episodes
        self.seed = seed
        self.report = report
        self.best = float("inf")
        self._every = Every(every)

    def state(self) -> dict[str, Any]:
        """The best distance so far."""
        return {"best": self.best, "last": self._every.last}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state."""
        self.best, self._every.last = state["best"], state["last"]

    def _on_step(self) -> bool:
        renders = self.num_timesteps
        if not self._every.due(renders):
            return True
        performances = evaluate(self.model, self.eval_env, episodes=self.episodes, seed=self.seed)
        own = self.eval_env.reward.distance
        distance = float(np.mean([distance_between(own, one.audio, one.target) for one in performances]))
        if distance < self.best:
            self.best = distance
            self.folder.write(self.folder.best_model.name, lambda path: self.model.save(path))
        self.logger.record("evaluation/distance", distance)
        self.logger.record("evaluation/return", float(np.mean([one.episode_return for one in performances])))
        self.logger.record("evaluation/best_distance", self.best)
        if self.report is not None:
            self.report(renders, distance)
        return True
