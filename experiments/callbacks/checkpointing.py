"""Checkpoints during training."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from stable_baselines3.common.callbacks import BaseCallback

from experiments.callbacks.every import Every
from experiments.callbacks.recorder import TrainingStopped
from experiments.records import training_state
from experiments.records.checkpoints import Checkpoints

__all__ = ["Checkpointer"]

log = logging.getLogger(__name__)


class Checkpointer(BaseCallback):
    """Saves the whole state where a rollout begins, the only place where it is complete.

    Parameters
    ----------
    checkpoints : where to save
    every : renders between two checkpoints, or a little more; 0 for none but the last
    callbacks : gives the states of the other callbacks
    resumed : the state to go on from, if the run is resumed
    enabled : whether the agent can go on from a checkpoint at all
    """

    def __init__(
        self,
        checkpoints: Checkpoints,
        *,
        every: int,
        callbacks: Callable[[], Mapping[str, Any]],
        resumed: Mapping[str, Any] | None = None,
        enabled: bool = True,
    ) -> None:
        super().__init__()
        self.checkpoints = checkpoints
        self.callbacks = callbacks
        self.resumed = resumed
        self.enabled = enabled
        self.stop = False
        self._every = Every(every)

    def _on_training_start(self) -> None:
        self._every.last = self.model.num_timesteps

    def request_stop(self) -> None:
        """End the training where the next rollout begins, with a checkpoint."""
        self.stop = True

    def _on_rollout_start(self) -> None:
        if self.resumed is not None:
            training_state.restore(self.model, self.resumed)
            self.resumed = None
        elif self.stop:
            self.save()
            raise TrainingStopped
        elif self._every.due(self.model.num_timesteps):
            self.save()

    def _on_step(self) -> bool:
        return True

    def save(self) -> None:
        """Save a checkpoint; a run whose disk is full goes on, with the one before."""
        if not self.enabled:
            return
        renders = self.model.num_timesteps

        def write(folder: Path) -> None:
            training_state.save(folder, self.model, self.callbacks())

        try:
            self.checkpoints.save(renders, write)
        except (OSError, RuntimeError) as error:  # PyTorch tells of a full disk with a RuntimeError
            log.warning(
                "no checkpoint at %d renders, the run goes on and the one before stands: %s: %s",
                renders,
                type(error).__name__,
                error,
            )
