"""Sound that broke: what the values are to blame for is a fault of its row, what the text is to blame for an error."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from raveforce.audio import PEAK_LIMIT
from raveforce.glicol import Engine, GlicolError

__all__ = ["render_or_fault", "silence_broken"]

IN_CACHE = 1 << 18
"""Samples (1 MB) that are still in the processor's cache when they are gone through again."""


def render_or_fault(engine: Engine, values: ArrayLike, samples: int) -> tuple[NDArray[np.float32], dict[int, str]]:
    """Play on, and replace sound that broke by silence.

    Parameters
    ----------
    engine : plays its program in all rows
    values : float array [rows, blanks]
    samples : samples a row

    Returns
    -------
    audio : float32 array [rows, samples], finite and within ±``PEAK_LIMIT``
    faults : by row, why its sound was thrown away

    Raises
    ------
    GlicolError
        The program is wrong, whatever the values.
    """
    faults: dict[int, str] = {}
    try:
        audio = engine.play(values, samples)
    except GlicolError as error:
        if not error.caused_by_values or error.audio is None or error.row is None:
            raise
        audio = error.audio
        faults[error.row] = error.message
    return silence_broken(audio, faults)


def silence_broken(audio: NDArray[np.float32], faults: dict[int, str]) -> tuple[NDArray[np.float32], dict[int, str]]:
    """Replace sound that is not finite, or beyond ±``PEAK_LIMIT``, by silence.

    Parameters
    ----------
    audio : float32 array [rows, samples], changed in place
    faults : by row, what is known to be wrong already; added to

    Returns
    -------
    both
    """
    peaks = _peaks(audio)
    for row in np.flatnonzero(~(peaks <= PEAK_LIMIT)).tolist():
        audio[row] = 0
        if np.isfinite(peaks[row]):
            faults.setdefault(row, f"the sound exploded: its peak is {peaks[row]:.3g}, more than {PEAK_LIMIT:g}")
        else:
            faults.setdefault(row, "the sound is not finite")
    return audio, faults


def _peaks(audio: NDArray[np.float32]) -> NDArray[np.float32]:
    """Greatest absolute values, float32 [rows]."""
    peaks = np.empty(len(audio), np.float32)
    together = max(IN_CACHE // max(audio.shape[1], 1), 1)
    for start in range(0, len(audio), together):
        rows = slice(start, start + together)
        # Without the absolute values, which would be one more array as large as the sound.
        peaks[rows] = np.maximum(audio[rows].max(axis=1, initial=0), -audio[rows].min(axis=1, initial=0))
    return peaks
