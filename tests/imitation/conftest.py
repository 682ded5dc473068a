import sys
import time
from collections.abc import Callable
from types import SimpleNamespace

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


@pytest.fixture
def working_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[], float]:
    """The clock by which searches keep their deadlines, made one that passes only while this process computes.

    So whoever else is on the machine takes no time from them, and what they overrun is their own work.
    """
    clock = SimpleNamespace(monotonic=time.process_time)
    for name, module in list(sys.modules.items()):
        if name.startswith("raveforce.imitation") and getattr(module, "time", None) is time:
            monkeypatch.setattr(module, "time", clock)
    return time.process_time
