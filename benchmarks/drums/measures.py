"""How near an imitation comes: all distances, an error of pitch, and medians with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from raveforce import measure
from raveforce._cache import cache_folder
from raveforce._compile import locked

__all__ = ["PitchTrack", "compiled_librosa", "distances", "median_interval"]

SAMPLE_RATE = 44100
FRAME, HOP = 4096, 512
YIN: dict[str, Any] = {"fmin": 30, "fmax": 1200, "sr": SAMPLE_RATE, "frame_length": FRAME, "hop_length": HOP}
"""Settings of both ways to a pitch: Hz, and samples."""
VOICED = 0.05
"""Probability from which a frame counts as pitched: that of kicks, whose pitch falls, is low."""
FEWEST = 4
"""Pitched frames from which a sound counts as pitched."""


@cache
def compiled_librosa() -> ModuleType:
    """librosa, with all that is used here compiled.

    It has numba keep compiled code beside its sources, whichever process writes first; code of several processes does
    not mix, and one that loaded such a mixture called a null pointer. So one compiles, and the others wait for it.
    """
    with locked(cache_folder() / "librosa"):
        import librosa

        noise = np.random.default_rng(0).normal(size=FRAME).astype(np.float32)
        librosa.pyin(noise, **YIN)
        librosa.yin(noise, **YIN)
    return librosa


class PitchTrack:
    """The pitch of a sound over time, where it has one.

    Parameters
    ----------
    sound : float32 [samples] at 44.1 kHz

    Notes
    -----
    Probabilistic YIN (Mauch & Dixon 2014) finds the target's pitch and where it is pitched; the other sound's pitch is
    YIN's (de Cheveigné & Kawahara 2002) in those frames.
    """

    def __init__(self, sound: NDArray[np.float32]) -> None:
        padded = np.pad(sound, (0, max(FRAME - len(sound), 0)))
        pitch, voiced, probability = compiled_librosa().pyin(padded, **YIN)
        self._pitch = pitch
        self._frames = np.flatnonzero(voiced & (probability > VOICED))

    @property
    def pitched(self) -> bool:
        """Whether a pitch was found."""
        return len(self._frames) >= FEWEST

    def error(self, sound: NDArray[np.float32]) -> float:
        """Median distance of another sound's pitch in the pitched frames, semitones; NaN where there are none."""
        if not self.pitched:
            return float("nan")
        padded = np.pad(sound, (0, max(FRAME - len(sound), 0)))
        ours = compiled_librosa().yin(padded, **YIN)
        away = 12 * np.abs(np.log2(ours[self._frames] / self._pitch[self._frames]))
        return float(np.median(away))


def distances(audio: NDArray[np.float32], target: NDArray[np.float32], track: PitchTrack) -> dict[str, float]:
    """All distances by name, and ``f0`` in semitones."""
    return {**measure(audio, target, SAMPLE_RATE), "f0": track.error(audio)}


def median_interval(
    values: Sequence[float], kits: Sequence[str], *, level: float = 0.95, resamples: int = 2000, seed: int = 0
) -> tuple[float, float, float]:
    """The median of sounds and its bootstrap interval, with kits as clusters.

    Whole kits are drawn, since the sounds of one kit are alike; of a single kit, sounds are drawn. NaN are left out.

    Returns
    -------
    median, low, high

    Examples
    --------
    >>> median, low, high = median_interval([1, 2, 3, 4, 10], ["a", "a", "b", "c", "c"])
    >>> median, low <= median <= high
    (3.0, True)
    """
    array, names = np.asarray(values, dtype=float), np.asarray(kits)
    names = names[np.isfinite(array)]
    array = array[np.isfinite(array)]
    if len(array) == 0:
        return (float("nan"),) * 3
    clusters = [array[names == kit] for kit in np.unique(names)]
    if len(clusters) == 1:
        clusters = [array[place : place + 1] for place in range(len(array))]
    middle = float(np.median(array))
    if len(clusters) == 1:
        return middle, float("nan"), float("nan")

    def statistic(drawn: NDArray[np.int64]) -> float:
        return float(np.median(np.concatenate([clusters[int(index)] for index in drawn])))

    interval = stats.bootstrap(
        (np.arange(len(clusters)),),
        statistic,
        vectorized=False,
        n_resamples=resamples,
        confidence_level=level,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return middle, float(interval.low), float(interval.high)
