"""What a transform of one length needs to know beforehand: window, rotations, and where its results go."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["LANES", "Plan", "Space", "Tables", "make_plan", "make_space", "window"]

LANES = 8
"""Frames transformed at once."""


Floats: TypeAlias = NDArray[np.float32]


class Tables(NamedTuple):
    """What a transform of ``n_fft`` samples looks up.

    Attributes
    ----------
    window : float32 [n_fft], Hann, divided by half its sum
    cosines, sines : float32 [2 * n_fft], ``exp(-2πi j / size)`` at ``size + j``, for each power of two ``size``
    bins : int64 [n_fft // 2], which bin each of the transform's results is
    """

    window: Floats
    cosines: Floats
    sines: Floats
    bins: NDArray[np.int64]


class Space(NamedTuple):
    """Where transforms work: float32, at least as long as they need.

    Attributes
    ----------
    padded, blocks : the sound with silence around it, and that by places in the hop
    real, z : what is still to be transformed, real and complex
    power : [bins, lanes], what comes out
    """

    padded: Floats
    blocks: Floats
    real: Floats
    z: Floats
    power: Floats


@dataclass(frozen=True)
class Plan:
    """How sounds of so many samples are transformed, in frames of ``n_fft`` every ``hop`` samples.

    Attributes
    ----------
    frames, bins : of the spectrum
    width : hops there is room for, a multiple of the lanes
    places : int64 [n_fft], where the first frame's samples are when the sound is laid out
    """

    n_fft: int
    hop: int
    frames: int
    width: int
    tables: Tables
    places: NDArray[np.int64]

    @property
    def bins(self) -> int:
        """From 0 Hz to half the sample rate."""
        return self.n_fft // 2 + 1

    @property
    def room(self) -> tuple[int, ...]:
        """How long the parts of a ``Space`` must be."""
        sound, half = self.width * self.hop, LANES * self.n_fft // 2
        return sound, sound, half, 2 * half, half + LANES


def make_space(room: tuple[int, ...]) -> Space:
    """Make a place to work in, of parts that begin with a line of the cache: what lies in two takes twice as long."""
    line = 64 // 4
    memory = [np.empty(size + line, np.float32) for size in room]
    starts = [-(part.ctypes.data // 4) % line for part in memory]
    return Space(*(part[start : start + size] for part, start, size in zip(memory, starts, room, strict=True)))


@lru_cache(maxsize=256)
def make_plan(samples: int, n_fft: int, hop: int) -> Plan:
    """Compute what sounds of one length share."""
    frames = samples // hop + 1
    needed = -(-frames // LANES) * LANES + -(-n_fft // hop)
    # Behind the last frame there may be more of the sound than frames reach.
    needed = max(needed, -(-(n_fft // 2 + samples) // hop))
    width = -(-needed // LANES) * LANES
    n = np.arange(n_fft)
    return Plan(n_fft, hop, frames, width, tables(n_fft), n % hop * width + n // hop)


@lru_cache(maxsize=64)
def tables(n_fft: int) -> Tables:
    """Compute the tables for a power of two."""
    rotations = np.zeros(2 * n_fft, np.complex128)
    bins = np.zeros(n_fft // 2, np.int64)
    size = 1
    while size <= n_fft:
        rotations[size : 2 * size] = np.exp(-2j * np.pi * np.arange(size) / size)
        if size >= 4:
            odd = 4 * _order(size // 4) + 1
            bins[size // 4 : size // 2] = np.minimum(odd, size - odd) * (n_fft // size)
        size *= 2
    return Tables(window(n_fft), rotations.real.astype(np.float32), rotations.imag.astype(np.float32), bins)


@lru_cache(maxsize=64)
def window(n_fft: int) -> NDArray[np.float32]:
    """The periodic Hann window, divided by half its sum (scipy.signal has it too, but takes a second to import)."""
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)
    return (hann / (hann.sum() / 2)).astype(np.float32)


def _order(count: int) -> NDArray[np.int64]:
    """Which frequency comes out where, of a transform in place by fours and at last by two."""
    if count <= 2:
        return np.arange(count)
    return np.concatenate([4 * _order(count // 4) + remainder for remainder in range(4)])
