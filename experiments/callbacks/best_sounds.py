"""Logging the best sound so far while a training goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from stable_baselines3.common.callbacks import BaseCallback

from experiments.callbacks.every import Every
from experiments.callbacks.recorder import Best

__all__ = ["BestSounds"]


class BestSounds(BaseCallback):
    """Logs the best sound from time to time, if there is a new one.

    Parameters
    ----------
    every : renders between two looks at it; 0 for none
    best : the best sound so far
    log : is called with the renders so far and the sound
    """

    def __init__(self, *, every: int, best: Callable[[], Best | None], log: Callable[[int, Best], None]) -> None:
        super().__init__()
        self.best = best
        self.log = log
        self.logged_render = 0
        self._every = Every(every)

    def state(self) -> dict[str, Any]:
        """Which sound was logged last."""
        return {"logged_render": self.logged_render, "last": self._every.last}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state."""
        self.logged_render, self._every.last = state["logged_render"], state["last"]

    def is_new(self, best: Best | None) -> bool:
        """Whether it was not logged yet."""
        return best is not None and best.render > self.logged_render

    def _on_step(self) -> bool:
        if self._every.due(self.num_timesteps):
            best = self.best()
            if best is not None and self.is_new(best):
                self.logged_render = best.render
                self.log(self.num_timesteps, best)
        return True
