"""What the contenders render: the same sounds, with other parameters every time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["BASS", "KICK", "SAMPLE_RATE", "Measured", "Missing", "Render", "Workload"]

SAMPLE_RATE = 44100

Values = NDArray[np.float64]
Render = Callable[[Values], NDArray[np.float32]]
"""Parameters [rows, P] to sound [rows, samples]."""


class Missing(RuntimeError):
    """A contender is not on this machine; the message says what to install."""


@dataclass(frozen=True)
class Workload:
    """A sound with parameters.

    Attributes
    ----------
    name, seconds : what it is called and how long it lasts
    code : Glicol program with a blank a parameter
    parameters : their names
    low, high : their ranges
    """

    name: str
    seconds: float
    code: str
    parameters: tuple[str, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    @property
    def samples(self) -> int:
        """Length in samples."""
        return round(self.seconds * SAMPLE_RATE)

    def values(self, rows: int, seed: int) -> Values:
        """Parameters [rows, P], drawn evenly from their ranges."""
        return np.random.default_rng(seed).uniform(self.low, self.high, (rows, len(self.low)))


@dataclass(frozen=True)
class Measured:
    """Median µs a sound that a contender takes."""

    name: str
    workload: str
    rows: int
    microseconds: float


KICK = Workload(
    "kick",
    0.3,
    "~env: imp 0.1 >> envperc {attack} {decay}\nkick: sin {freq} >> mul ~env",
    ("attack", "decay", "freq"),
    (0.001, 0.1, 30),
    (0.1, 0.2, 300),
)

BASS = Workload(
    "bass",
    2.0,
    "~step: speed 8.0 >> seq 60\n~env: ~step >> envperc {attack} {decay}\n"
    "bass: saw {freq} >> lpf {cutoff} {resonance} >> mul ~env",
    ("attack", "decay", "freq", "cutoff", "resonance"),
    (0.001, 0.03, 40, 200, 0.7),
    (0.02, 0.1, 110, 3000, 4),
)
"""Two seconds, 16 steps: a saw through a resonant low-pass under an envelope that starts anew at every step."""
