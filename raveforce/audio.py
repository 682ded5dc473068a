"""Recordings in and out: load, resample, trim, normalise, write. Sounds are float32 arrays, full scale ±1."""

from __future__ import annotations

import math
import os
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "PEAK_LIMIT",
    "AudioError",
    "as_audio",
    "as_path",
    "checked_rate",
    "count_samples",
    "load",
    "normalise",
    "resample",
    "trim",
    "write",
]

Audio = NDArray[np.float32]

PEAK_LIMIT = 10.0
"""Sound beyond this (+20 dBFS) counts as exploded and never reaches the agent."""

RATES = (1000, 768_000)
"""Hz that a recording may have: what lies beyond is a damaged header."""

PLAYED_RATES = (1000, 384_000)
"""Hz at which sounds are played and compared."""

LONGEST = 60.0
"""Seconds of a recording, and of a task's sounds, at most."""

CHANNELS = 64
"""Of a recording, at most."""

_IEEE_FLOAT = 3
"""What a wav calls samples that are floats (Microsoft & IBM 1991, with the revision of 1994)."""

PIECE = 1 << 16
"""Samples of a recording that are read at once."""

SILENCE = 1e-5
"""A recording whose peak stays below this (-100 dBFS) counts as silent."""


class AudioError(ValueError):
    """A recording cannot be used; the message names it and says why."""


def as_audio(sound: ArrayLike, *, name: str = "the sound") -> Audio:
    """Check that an array is a usable mono sound and return it as float32 [samples].

    Raises
    ------
    AudioError
        More than one dimension, empty, not finite, silent, or far too loud.
    """
    try:
        audio = np.asarray(sound)
    except ValueError as error:  # lists of several lengths
        raise AudioError(f"{name} is no array of numbers: {error}") from error
    if audio.ndim != 1:
        raise AudioError(
            f"{name} has the shape {list(audio.shape)}, but mono audio is [samples]; mix its channels first"
        )
    if audio.size == 0:
        raise AudioError(f"{name} is empty")
    if not (np.issubdtype(audio.dtype, np.number) and np.isrealobj(audio)):
        raise AudioError(f"{name} holds {audio.dtype}, not real numbers")
    if np.issubdtype(audio.dtype, np.integer):
        raise AudioError(f"{name} holds integers ({audio.dtype}); scale it to floats of full scale ±1 first")
    peak = float(np.abs(audio).max())
    if not np.isfinite(peak):
        raise AudioError(f"{name} holds NaN or infinite samples")
    if peak > PEAK_LIMIT:
        raise AudioError(
            f"{name} has a peak of {peak:.3g}; full scale is 1, the most is {PEAK_LIMIT:g}: scale it first"
        )
    if peak < SILENCE:
        raise AudioError(f"{name} is silent (its peak is below -100 dBFS): there is nothing to imitate")
    return audio.astype(np.float32)


def checked_rate(sample_rate: Any) -> int:
    """A sample rate, Hz.

    Raises
    ------
    ValueError
        It is no whole number, or out of range.
    """
    low, high = PLAYED_RATES
    number = isinstance(sample_rate, (int, float, np.number)) and not isinstance(sample_rate, bool)
    if not (number and low <= sample_rate <= high and sample_rate == int(sample_rate)):
        raise ValueError(f"sample_rate must be a whole number of Hz from {low} to {high}, got {sample_rate!r}")
    return int(sample_rate)


def count_samples(seconds: Any, sample_rate: int) -> int:
    """How many samples a length has.

    Parameters
    ----------
    seconds : from one sample to ``LONGEST``
    sample_rate : Hz

    Raises
    ------
    ValueError
        It is no number, or out of range.

    Examples
    --------
    >>> count_samples(0.4, 44100)
    17640
    """
    number = isinstance(seconds, (int, float, np.number)) and not isinstance(seconds, bool)
    if not (number and 0 < seconds <= LONGEST) or round(seconds * sample_rate) < 1:
        raise ValueError(f"seconds is a length from one sample to {LONGEST:g} seconds, not {seconds!r}")
    return round(seconds * sample_rate)


def as_path(path: str | Path) -> Path:
    """A path, with the user's folder for ``~``; one that begins so and names no user is left as it is.

    Raises
    ------
    AudioError
        It is empty, which would stand for the current folder.
    """
    if not str(path).strip():
        raise AudioError("the path is empty: name a recording or a folder as the target")
    return Path(os.path.expanduser(path))


def load(path: str | Path, *, sample_rate: int | None = 44100, max_seconds: float = LONGEST) -> tuple[Audio, int]:
    """Load a recording as mono.

    Reads what libsndfile reads: wav, flac, aiff, ogg, mp3 and more, at any rate and bit depth.
    Several channels are averaged.

    Parameters
    ----------
    path : file
    sample_rate : rate to resample to, Hz; None keeps the file's
    max_seconds : longest file accepted

    Returns
    -------
    audio : float32 array [samples], full scale ±1
    sample_rate : Hz

    Raises
    ------
    AudioError
        Missing, a folder, empty, corrupt, silent or too long, or channels that cancel each other out.
    """
    import io

    import soundfile

    path = as_path(path)
    if sample_rate is not None:
        sample_rate = checked_rate(sample_rate)
    if path.is_dir():
        raise AudioError(f"{path} is a folder, not a recording; name one of its files")
    if not path.exists():
        raise AudioError(f"{path} does not exist (looked from {Path.cwd()})")
    if not path.is_file():
        raise AudioError(f"{path} is a pipe or a device, not a file: write what comes from it to one first")
    if path.stat().st_size == 0:
        raise AudioError(f"{path} is an empty file")
    try:
        # A name that ends so would have libsndfile ask what the file holds, instead of looking.
        content = io.BytesIO(path.read_bytes()) if path.suffix.lower() == ".raw" else path
        with soundfile.SoundFile(content) as file:
            seconds = file.frames / file.samplerate
            if seconds > max_seconds:
                raise AudioError(
                    f"{path} lasts {seconds:.1f} s; the longest accepted is {max_seconds:g} s: cut it first"
                )
            rate = int(file.samplerate)
            if not RATES[0] <= rate <= RATES[1] or file.channels > CHANNELS:
                raise AudioError(
                    f"{path} says that it has {file.channels} channels at {rate} Hz; at most {CHANNELS} are read, "
                    f"at {RATES[0]} to {RATES[1]} Hz: is it damaged?"
                )
            mono, loudest = _mixed(file)
    except (soundfile.LibsndfileError, OSError, RuntimeError, TypeError, ValueError, MemoryError) as error:
        if isinstance(error, AudioError):
            raise
        raise AudioError(
            f"{path} cannot be read as audio: {error}; convert it to a wav of 16, 24 or 32 bits"
        ) from error
    if not np.isfinite(loudest):
        raise AudioError(f"{path} holds NaN or infinite samples")
    if len(mono) == 0:
        raise AudioError(f"{path} holds no samples")
    if np.abs(mono).max() < 0.001 * loudest:
        raise AudioError(f"{path}: its channels cancel each other out (one is the other upside down): keep one of them")
    audio = as_audio(mono, name=str(path))
    if sample_rate is not None and sample_rate != rate:
        audio, rate = resample(audio, rate, sample_rate), sample_rate
        audio = as_audio(audio, name=f"{path}, resampled to {rate} Hz,")  # all of it may have been too high
    return audio, rate


def _mixed(file: Any) -> tuple[Audio, float]:
    """The mean of a file's channels, and their peak; piece by piece, for a small file may hold hours of 64 channels."""
    pieces, loudest = [np.zeros(0, np.float32)], 0.0
    while len(piece := file.read(PIECE, dtype="float32", always_2d=True)):
        loudest = float(np.maximum(loudest, np.abs(piece).max()))  # NaN stays
        if not np.isfinite(loudest):
            break
        pieces.append(piece.mean(axis=1))
    return np.concatenate(pieces), loudest


def resample(audio: Audio, sample_rate: float, new_rate: float) -> Audio:
    """Resample mono audio from one rate (Hz) to another, with soxr's high quality."""
    import soxr

    samples = math.ceil(len(audio) * new_rate / sample_rate)
    resampled = soxr.resample(audio, sample_rate, new_rate, quality="HQ")[:samples]
    return np.pad(resampled, (0, samples - len(resampled))).astype(np.float32)


def trim(audio: Audio, *, top_db: float = 60.0) -> Audio:
    """Cut off the beginning and end that lie more than ``top_db`` below the loudest place.

    Examples
    --------
    >>> sound = np.concatenate([np.zeros(8192), np.ones(4096), np.zeros(8192)]).astype(np.float32)
    >>> len(trim(sound)) < len(sound)
    True
    """
    # Short frames, so that what is left of the silence before an attack stays below 3 ms at 44.1 kHz.
    frame, hop = 512, 128
    energy = np.concatenate([[0], np.cumsum(np.square(audio, dtype=np.float64))])
    middles = np.arange(0, len(audio) + 1, hop)
    ends = np.clip([middles - frame // 2, middles + frame // 2], 0, len(audio))
    power = np.maximum(energy[ends[1]] - energy[ends[0]], 0)
    loud = np.flatnonzero(power > power.max() * 10 ** (-top_db / 10))
    if len(loud) == 0:
        return audio[:0]
    return np.asarray(audio[loud[0] * hop : (loud[-1] + 1) * hop], dtype=np.float32)


def normalise(audio: Audio, *, peak: float = 0.9) -> Audio:
    """Scale audio so that its largest sample is ``peak``.

    Examples
    --------
    >>> normalise(np.array([0.1, -0.2], dtype=np.float32), peak=1.0).tolist()
    [0.5, -1.0]
    """
    return (audio * np.float32(peak / np.abs(audio).max())).astype(np.float32)


def write(path: str | Path, audio: ArrayLike, sample_rate: int) -> None:
    """Write mono audio as a 32-bit float wav: nothing is clipped or rounded, and the same sound is the same file.

    Parameters
    ----------
    path : file to write
    audio : float array [samples]
    sample_rate : Hz

    Raises
    ------
    ValueError
        More than one dimension.
    """
    # By hand: libsndfile would write the time of day into it, and SciPy takes longer to import than a run to start.
    samples = np.asarray(audio, dtype="<f4")
    if samples.ndim != 1:
        raise ValueError(f"mono audio is [samples], and not {list(samples.shape)}")
    form = struct.pack("<HHIIHHH", _IEEE_FLOAT, 1, sample_rate, 4 * sample_rate, 4, 32, 0)
    chunks = {b"fmt ": form, b"fact": struct.pack("<I", len(samples)), b"data": samples.tobytes()}
    body = b"".join(name + struct.pack("<I", len(chunk)) + chunk for name, chunk in chunks.items())
    Path(path).write_bytes(b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body)
