"""Where targets come from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from raveforce import audio as recordings

__all__ = ["FixedTarget", "TargetSource", "from_file"]

Array = NDArray[np.float32]


class TargetSource(Protocol):
    """Gives every episode the sound to imitate.

    Attributes
    ----------
    samples : length of every target, samples
    """

    @property
    def samples(self) -> int:
        """Length of every target, samples."""

    def draw(self, rng: np.random.Generator) -> Array:
        """A target, float32 [samples]."""


@dataclass(frozen=True, eq=False)
class FixedTarget:
    """The same target for every episode.

    Raises
    ------
    AudioError
        A sound that is empty, silent, not finite or not mono.
    """

    audio: Array

    def __init__(self, audio: ArrayLike) -> None:
        checked = recordings.as_audio(audio, name="the target")
        checked.setflags(write=False)
        object.__setattr__(self, "audio", checked)

    @property
    def samples(self) -> int:
        """Length, samples."""
        return len(self.audio)

    def draw(self, rng: np.random.Generator) -> Array:
        """The one target."""
        return self.audio


def from_file(
    path: str | Path,
    *,
    sample_rate: int,
    trim: bool = False,
    normalise: bool = False,
    max_seconds: float = 60.0,
) -> FixedTarget:
    """Take a recording as the target.

    Parameters
    ----------
    path : any file that libsndfile reads
    sample_rate : rate to resample to, Hz
    trim : cut off silence (below -60 dB of the loudest place) at both ends
    normalise : scale to a peak of 0.9
    max_seconds : longest file accepted

    Raises
    ------
    AudioError
    """
    sound, _ = recordings.load(path, sample_rate=sample_rate, max_seconds=max_seconds)
    if trim:
        sound = recordings.trim(sound)
    if normalise:
        sound = recordings.normalise(sound)
    return FixedTarget(sound)
