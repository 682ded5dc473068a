r"""Recordings that programs play with ``sp \name``: checked once, whichever way they are given."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["LONGEST", "Recording", "Samples", "Source", "bare", "make_recording", "spellings"]

Source: TypeAlias = "ArrayLike | tuple[ArrayLike, int] | str | os.PathLike[str] | Recording"
"""A sound at the engine's rate, a sound and its rate in Hz, a file, or a recording that was checked before."""
Samples: TypeAlias = "Mapping[str, Source]"
"""Sources by the names that programs call them."""

LONGEST = 60.0
"""Seconds that a file may last."""
MOST_SAMPLES = 2**24
"""Samples of a recording whose places float32 can tell apart, as the engine's sampler must."""


@dataclass(frozen=True, eq=False)
class Recording:
    """A sound that ``sp`` plays.

    Attributes
    ----------
    name : letters, digits, ``_`` and ``-``
    audio : float32 [channels, samples], one channel or two; the left is heard
    sample_rate : Hz

    Raises
    ------
    ValueError
        A name or a sound that the engine cannot take.
    """

    name: str
    audio: NDArray[np.float32]
    sample_rate: int

    def __post_init__(self) -> None:
        if not (isinstance(self.name, str) and re.fullmatch(r"[A-Za-z0-9_-]+", self.name)):
            raise ValueError(f"a sample's name has letters, digits, _ and - only, unlike {self.name!r}")
        sound, rate = self.audio, self.sample_rate
        if sound.ndim != 2 or len(sound) not in (1, 2) or sound.shape[1] < 2 or not np.isfinite(sound).all():
            raise ValueError(
                f"sample {self.name!r} must be [samples] or [channels, samples], with one channel or two, at "
                f"least two samples and finite values; it is of shape {sound.shape}"
            )
        if sound.shape[1] > MOST_SAMPLES:
            raise ValueError(
                f"sample {self.name!r} has {sound.shape[1]} samples, and at most {MOST_SAMPLES} can be played"
            )
        if not (1 <= rate <= 10_000_000 and rate == int(rate)):
            raise ValueError(f"the sample_rate of sample {self.name!r} is a whole number of Hz, not {rate!r}")
        object.__setattr__(self, "sample_rate", int(rate))


def make_recording(name: str, source: Source, sample_rate: int) -> Recording:
    """Check a source and read it if it is a file.

    Parameters
    ----------
    name : what programs call it
    source : float array [samples] or [channels, samples] of full scale ±1; or such an array and its rate in Hz;
        or the path of a file that libsndfile reads; or a recording, which stays as it is but for its name
    sample_rate : Hz of an array that comes without one

    Raises
    ------
    ValueError
        A name or a sound that the engine cannot take, or a file that cannot be read.

    Examples
    --------
    >>> make_recording("click", [1.0, 0.5], 44100).audio.shape
    (1, 2)
    >>> make_recording("click", ([1.0, 0.5], 22050), 44100).sample_rate
    22050
    """
    if isinstance(source, Recording):
        return source if source.name == name else replace(source, name=name)
    if isinstance(source, str | os.PathLike):
        source = _read(name, Path(os.path.expanduser(source)))
    if isinstance(source, tuple) and len(source) == 2 and np.ndim(source[1]) == 0:
        source, sample_rate = source
    audio = np.asarray(source)
    if not np.issubdtype(audio.dtype, np.floating) and not isinstance(source, list | tuple):
        raise ValueError(f"sample {name!r} holds {audio.dtype}; scale it to floats of full scale ±1")
    return Recording(name, np.atleast_2d(np.array(audio, np.float32, order="C")), sample_rate)


def spellings(name: str) -> tuple[str, str]:
    r"""How programs may write a sample's name: ``\bd`` or ``'bd'``, which the engine takes for two names."""
    return f"\\{name}", f"'{name}'"


def bare(spelling: str) -> str:
    r"""A sample's name without what programs put before or around it."""
    return spelling.strip("\\'")


def _read(name: str, path: Path) -> tuple[NDArray[np.float32], int]:
    """Sound [channels, samples] of a file, and its rate."""
    import soundfile

    if not path.is_file():
        raise ValueError(f"sample {name!r}: there is no file {path} (looked from {Path.cwd()})")
    try:
        with soundfile.SoundFile(path) as file:
            if file.frames > LONGEST * file.samplerate:
                raise ValueError(f"sample {name!r}: {path} is longer than {LONGEST:g} s; cut it first")
            return file.read(dtype="float32", always_2d=True).T, int(file.samplerate)
    except (OSError, RuntimeError) as error:
        raise ValueError(f"sample {name!r}: {path} cannot be read as audio: {error}") from error
