"""From Glicol code to its sound in one call, for those who just want to hear it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from raveforce.glicol.engine import open_engine
from raveforce.glicol.program import Program
from raveforce.glicol.samples import Samples

__all__ = ["render"]

LONGEST = 3600.0
DEADLINE = 10.0


def render(
    code: str,
    seconds: float,
    sample_rate: int = 44100,
    engine: str = "auto",
    *,
    samples: Samples | None = None,
    **options: Any,
) -> NDArray[np.float32]:
    r"""Render Glicol code.

    Parameters
    ----------
    code : Glicol, with no blanks; braces are just braces
    seconds : how much of it, at most an hour
    sample_rate : Hz
    engine : kind of engine, see ``open_engine``
    samples : recordings for ``sp`` by name: arrays, pairs of array and rate in Hz, or paths
    **options : passed on to the engine; the deadline grows with ``seconds`` unless given here

    Returns
    -------
    float32 array [samples], the left channel, full scale ±1 (a program may go beyond)

    Raises
    ------
    GlicolError
        The code is wrong, or broke the engine.
    EngineUnavailable
        The engine cannot be had.
    ValueError
        ``seconds`` is out of range, or another setting is.

    Examples
    --------
    >>> render("o: sin 440 >> mul 0.5", seconds=0.1).shape
    (4410,)
    >>> render(r"o: imp 1 >> sp \click", seconds=0.1, samples={"click": [1.0, 0.5, 0.25]})[0]
    np.float32(1.0)
    """
    if not _is_length(seconds):
        raise ValueError(f"seconds is a number from 0 to {LONGEST:g}, not {seconds!r}")
    options.setdefault("deadline", DEADLINE + seconds)
    opened = open_engine(Program.literal(code), sample_rate=sample_rate, kind=engine, samples=samples, **options)
    try:
        return opened.play([[]], round(seconds * sample_rate))[0]
    finally:
        opened.close()


def _is_length(seconds: Any) -> bool:
    return not isinstance(seconds, str) and 0 <= seconds <= LONGEST
