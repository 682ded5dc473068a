"""What the tasks share: how their targets are synthesised, and bounds that follow the sample rate."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from raveforce.glicol import BLOCK

__all__ = ["audible", "band", "fading", "in_blocks", "peaked"]


def peaked(sound: NDArray[np.floating[Any]], peak: float = 0.9) -> NDArray[np.float32]:
    """Scale a synthesised sound to a peak."""
    return (peak * sound / np.abs(sound).max()).astype(np.float32)


def band(noise: NDArray[np.float64], sample_rate: int, low: float, high: float) -> NDArray[np.float64]:
    """Keep what lies between two frequencies (Hz), with slopes of a second-order Butterworth; unit power."""
    from scipy import signal

    high = min(high, 0.45 * sample_rate)
    kept = signal.sosfilt(signal.butter(2, (low, high), "bandpass", fs=sample_rate, output="sos"), noise)
    return np.asarray(kept / np.sqrt(np.square(kept).mean()))


def fading(seconds: float, sample_rate: int) -> tuple[float, float]:
    """Rate of a ``onepole`` whose answer to an impulse falls to 1/e in some seconds, and the gain that makes it 1.

    Examples
    --------
    >>> rate, gain = fading(0.1, 44100)
    >>> round(gain)
    4411
    """
    rate = 1 / (2 * np.pi * seconds * sample_rate)
    return rate, 1 / (1 - np.exp(-2 * np.pi * rate))


def audible(low: float, high: float, sample_rate: int) -> tuple[str, float, float]:
    """Range of a low-pass filter's cutoff, Hz: it has to stay below half the sample rate.

    Examples
    --------
    >>> audible(1500, 18000, 22050)
    ('exp', 1500, 9922.5)
    """
    return "exp", low, min(high, 0.45 * sample_rate)


def in_blocks(samples: float) -> int:
    """Round a step's samples to whole blocks of the engine, so that notes begin where steps do."""
    return max(round(samples / BLOCK), 1) * BLOCK
