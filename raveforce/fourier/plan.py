"""What a transform of one length needs to know beforehand: window, rotations, and where its results go."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Plan", "Space", "Tables", "count_lanes", "line_pitch", "make_plan", "make_space", "round_up", "window"]


Floats: TypeAlias = NDArray[np.float32]


@cache
def count_lanes() -> int:
    """Frames transformed at once: as many numbers as the processor's registers hold, 16 (AVX-512) or 8.

    It changes no spectrum: no frame knows of its neighbours.
    """
    import llvmlite.binding

    return 16 if llvmlite.binding.get_host_cpu_features().get("avx512f") else 8


class Tables(NamedTuple):
    """What a transform of ``n_fft`` samples looks up.

    Attributes
    ----------
    window : float32 [n_fft], Hann, divided by its sum
    cosines, sines : float32 [2 * n_fft], ``exp(-2πi j / size)`` at ``size + j``, for each power of two ``size``
    order : int64 [n_fft // 2 + 1], where the transform of n_fft // 2 points leaves each result; the last is the first
    radices : int64, how many points each of its stages takes at a time
    """

    window: Floats
    cosines: Floats
    sines: Floats
    order: NDArray[np.int64]
    radices: NDArray[np.int64]


class Space(NamedTuple):
    """Where transforms work: float32, at least as long as they need.

    Attributes
    ----------
    lines, blocks : the sound with silence around it, a line a hop, and that by places in the hop
    z : [point, real or imaginary part, lane], what is being transformed
    power : [bins, lanes], what comes out
    """

    lines: Floats
    blocks: Floats
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
        lanes = count_lanes()
        size, lines = lanes * self.n_fft, self.width * line_pitch(self.hop, lanes) + lanes
        return lines, self.width * round_up(self.hop, lanes), size, size // 2 + lanes


def round_up(count: int, lanes: int) -> int:
    """To whole groups of lanes."""
    return (count + lanes - 1) // lanes * lanes


def line_pitch(hop: int, lanes: int) -> int:
    """Samples from one hop's first to the next one's: long hops must not lie a power of two apart.

    As many such lines as there are lanes, read at once, push each other out of the cache.
    """
    return hop if hop < 256 else (hop + 3 * lanes) // lanes * lanes


def make_space(room: tuple[int, ...]) -> Space:
    """Make a place to work in, of parts that begin with a line of the cache: what lies in two takes twice as long."""
    line = 64 // 4
    memory = [np.empty(size + line, np.float32) for size in room]
    starts = [-(part.ctypes.data // 4) % line for part in memory]
    return Space(*(part[start : start + size] for part, start, size in zip(memory, starts, room, strict=True)))


@lru_cache(maxsize=256)
def make_plan(samples: int, n_fft: int, hop: int) -> Plan:
    """Compute what sounds of one length share."""
    frames, lanes = samples // hop + 1, count_lanes()
    width = round_up(round_up(frames, lanes) + (n_fft - 1) // hop, lanes)
    n = np.arange(n_fft)
    return Plan(n_fft, hop, frames, width, tables(n_fft), n % hop * width + n // hop)


@lru_cache(maxsize=64)
def tables(n_fft: int) -> Tables:
    """Compute the tables for a power of two."""
    rotations = np.zeros(2 * n_fft, np.complex128)
    size = 1
    while size <= n_fft:
        rotations[size : 2 * size] = np.exp(-2j * np.pi * np.arange(size) / size)
        size *= 2
    radices = _radices(n_fft // 2)
    order = np.argsort(_left(n_fft // 2, radices))
    return Tables(
        # Half of what spectra are scaled by, since sums of two points are not halved.
        window(n_fft) / np.float32(2),
        rotations.real.astype(np.float32),
        rotations.imag.astype(np.float32),
        np.append(order, order[0]),
        np.array(radices, np.int64),
    )


@lru_cache(maxsize=64)
def window(n_fft: int) -> NDArray[np.float32]:
    """The periodic Hann window, divided by half its sum (scipy.signal has it too, but takes a second to import)."""
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)
    return (hann / (hann.sum() / 2)).astype(np.float32)


def _radices(points: int) -> list[int]:
    """Eights and then fours, as few as can be: more points at a time would not fit into the registers."""
    bits = points.bit_length() - 1
    stages = -(-bits // 3)
    return [2 ** (bits // stages + (stage < bits % stages)) for stage in range(stages)]


def _left(points: int, radices: list[int]) -> NDArray[np.int64]:
    """Which frequency a transform in place leaves where."""
    if not radices:
        return np.zeros(1, np.int64)
    radix, *rest = radices
    first = radix * _left(points // radix, rest)
    return np.concatenate([first + r for r in range(radix)])
