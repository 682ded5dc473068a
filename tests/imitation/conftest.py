from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

RATE = 44100

Audio = NDArray[np.float32]


@pytest.fixture
def falling_kick() -> Callable[..., Audio]:
    """Kicks whose pitch falls from high to low (Hz), with a time constant each for pitch and level (seconds)."""

    def make(high: float, low: float, fall: float, decay: float, seconds: float) -> Audio:
        time = np.arange(round(seconds * RATE)) / RATE
        pitch = low + (high - low) * np.exp(-time / fall)
        phase = 2 * np.pi * np.cumsum(pitch) / RATE
        return (0.9 * np.sin(phase) * np.exp(-time / decay)).astype(np.float32)

    return make


@pytest.fixture
def drum(falling_kick: Callable[..., Audio]) -> Audio:
    """A quarter of a second of a kick."""
    return falling_kick(200, 55, 0.02, 0.06, 0.25)
