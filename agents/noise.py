"""Noise that off-policy agents add to their actions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.noise import NormalActionNoise

__all__ = ["FadingActionNoise"]


class FadingActionNoise(NormalActionNoise):
    """Normal noise whose standard deviation falls from one value to another, by equal ratios.

    Wide at first, so that the whole space is met; narrow at last, so that the critic learns the shape of the reward
    close to the policy.

    Parameters
    ----------
    size : dimensions of an action
    start, end : standard deviation at first, and from ``steps`` on
    steps : actions until then
    """

    def __init__(self, size: int, start: float, end: float, steps: int) -> None:
        if not (start > 0 and end > 0 and steps > 0):
            raise ValueError(f"noise fades between standard deviations above 0, not from {start} to {end} in {steps}")
        super().__init__(np.zeros(size), np.full(size, start))
        self.start, self.end, self.steps = start, end, steps
        self.count = 0

    def __call__(self) -> NDArray[np.float32]:
        """The next noise [size]."""
        self._sigma = np.full_like(self._mu, self.start * (self.end / self.start) ** min(self.count / self.steps, 1))
        self.count += 1
        return super().__call__()
