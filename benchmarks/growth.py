"""How the time to render grows with the sound's length, the rows and the nodes: straight lines, or not."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.workloads import KICK, SAMPLE_RATE
from raveforce.glicol import open_engine

__all__ = ["Line", "growth"]

SECONDS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0)
ROWS = (1, 4, 8, 16, 32, 64)
NODES = (1, 2, 4, 8, 16, 32)


@dataclass(frozen=True)
class Line:
    """Times against a size.

    Attributes
    ----------
    size : what grows
    sizes, microseconds : the points, medians
    """

    size: str
    sizes: tuple[float, ...]
    microseconds: tuple[float, ...]

    @property
    def fit(self) -> tuple[float, float, float]:
        """Slope and intercept of the straight line through the points, and its r²."""
        slope, intercept = np.polyfit(self.sizes, self.microseconds, 1)
        r = np.corrcoef(self.sizes, self.microseconds)[0, 1]
        return float(slope), float(intercept), float(r**2)


def growth(rounds: int = 30) -> list[Line]:
    """Measure the native engine, on one thread."""
    chain = "o: saw 110" + " >> lpf 900 0.8"
    nodes = ["o: saw 110" + " >> lpf 900 0.8" * (count - 1) for count in NODES]
    return [
        Line("seconds", SECONDS, _medians([(chain, 1, seconds) for seconds in SECONDS], rounds)),
        Line("rows", ROWS, _medians([(KICK.code, rows, KICK.seconds) for rows in ROWS], rounds)),
        Line("nodes", NODES, _medians([(code, 1, 0.5) for code in nodes], rounds)),
    ]


def _medians(cases: Sequence[tuple[str, int, float]], rounds: int) -> tuple[float, ...]:
    """Median µs a play of each case (program, rows, seconds); the cases take turns."""
    opened = [(open_engine(code, rows, kind="native", num_threads=1), seconds) for code, rows, seconds in cases]
    times: list[list[float]] = [[] for _ in opened]
    for index in range(rounds + 2):
        for (engine, seconds), taken in zip(opened, times, strict=True):
            blanks = len(engine.program.blanks)
            values = KICK.values(engine.rows, index) if blanks else np.zeros((engine.rows, 0))
            engine.reset()
            began = time.perf_counter()
            engine.play(values, round(seconds * SAMPLE_RATE))
            if index >= 2:  # warm by then
                taken.append((time.perf_counter() - began) * 1e6)
    return tuple(statistics.median(taken) for taken in times)
