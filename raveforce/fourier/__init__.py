"""Spectra of batches of sounds in compiled code, for frames of a power of two samples.

Several times as fast as scipy's transform, and what follows it happens while a few frames are still in the processor's
cache; silence at the end of a sound costs next to nothing, and threads share many rows. ``raveforce.spectra`` and
``raveforce.distances.spectral`` take it where they can: ``supports`` says so.
"""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from raveforce._compile import is_compiling
from raveforce.fourier.plan import Plan, count_lanes, make_plan, make_space
from raveforce.fourier.threads import in_shares

__all__ = ["LEAST_FLOOR", "Bands", "log_mels", "magnitude_differences", "magnitudes", "norms", "powers", "supports"]

Array = NDArray[np.float32]

LEAST_FLOOR = 2e-5
"""Magnitude (-94 dB); products of several numbers below it could not be told from zero."""

_SHORTEST = 8
GROUP = 8
"""Frames side by side in the order in which magnitudes are added up."""


class Bands(NamedTuple):
    """Filters that are zero but for some neighbouring bins each.

    Attributes
    ----------
    starts : int64 [2, bands], each filter's first bin, and what to add to a bin for its place among the weights
    ends : int64 [bands], the bin after each filter's last
    weights : float32, those of all filters, one after the other
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    weights: Array


def supports(n_fft: int) -> bool:
    """Whether frames of ``n_fft`` samples can be transformed here."""
    return n_fft >= _SHORTEST and n_fft & (n_fft - 1) == 0 and is_compiling()


def powers(audio: Array, n_fft: int, hop: int) -> Array:
    """Power spectra, float32 [rows, frames, bins], of sounds [rows, samples]: see ``spectra.power``."""
    plan = make_plan(audio.shape[1], n_fft, hop)
    kernels, result = _load(), np.empty((len(audio), plan.frames, plan.bins), np.float32)

    def transform(rows: slice) -> None:
        kernels.powers(*_arguments(audio[rows], plan), result[rows])

    in_shares(transform, *audio.shape)
    return result


def log_mels(audio: Array, n_fft: int, hop: int, bands: Bands, floor: float) -> Array:
    """Logarithm of the power in bands, at least ``floor``, float32 [rows, frames, bands]."""
    plan = make_plan(audio.shape[1], n_fft, hop)
    count = len(bands.ends)
    kernels, result = _load(), np.empty((len(audio), plan.frames, count), np.float32)

    def transform(rows: slice) -> None:
        mel = np.empty(count_lanes() * count, np.float32)
        kernels.log_mels(*_arguments(audio[rows], plan), *bands, _numbers(floor, 0), mel, result[rows])

    in_shares(transform, *audio.shape)
    return result


def magnitudes(audio: Array, n_fft: int, hop: int) -> Array:
    """Magnitudes, float32 [rows, frames * bins], in some order.

    Equal places are of the same frame and bin in all rows; which, only ``magnitude_differences`` and ``norms`` know.
    """
    plan = make_plan(audio.shape[1], n_fft, hop)
    kernels, result = _load(), np.empty((len(audio), plan.frames * plan.bins), np.float32)

    def transform(rows: slice) -> None:
        kernels.magnitudes(*_arguments(audio[rows], plan), plan.frames, result[rows])

    in_shares(transform, *audio.shape)
    return result


def norms(magnitudes: Array, n_fft: int) -> Array:
    """Roots of the sums of squares of ``magnitudes``, float32 [rows].

    They are added up frame group by frame group, of eight, whatever the processor has in one register: so the same
    sounds have the same norms everywhere.
    """
    (rows, size), lanes, bins = magnitudes.shape, count_lanes(), n_fft // 2 + 1
    whole = size - size % (lanes * bins)
    groups = magnitudes[:, :whole].reshape(rows, -1, bins, lanes // GROUP, GROUP).swapaxes(2, 3)
    rest = magnitudes[:, whole:].reshape(rows, bins, -1)
    parts = [each.reshape(rows, -1) for each in (groups, rest[..., :GROUP], rest[..., GROUP:])]
    return np.asarray(np.sqrt(np.square(np.concatenate(parts, axis=1)).sum(axis=-1)))


def magnitude_differences(
    audio: Array, n_fft: int, hop: int, floor: float, others: Array
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Difference between sounds and the ``magnitudes`` of others, one for all or one each.

    Parameters
    ----------
    audio : float32 array [rows, samples]
    n_fft, hop : samples
    floor : at least ``LEAST_FLOOR``; magnitudes below it are taken as the floor in the logarithm
    others : float32 array, as ``magnitudes`` made it

    Returns
    -------
    The squared difference of the magnitudes and the absolute one of their logarithms, summed, float64 [rows] each

    Raises
    ------
    ValueError
        The others were made from sounds of another length or number, or with another transform.
    """
    plan = make_plan(audio.shape[1], n_fft, hop)
    others = _plain(others)
    if others.shape not in {(rows, plan.frames * plan.bins) for rows in (1, len(audio))}:
        raise ValueError(
            f"{len(audio)} sounds of {audio.shape[1]} samples cannot be compared with magnitudes {others.shape}: "
            "these are of sounds of another length or number"
        )
    kernels, result = _load(), np.empty((2, len(audio)))

    def transform(rows: slice) -> None:
        other, sums = others[rows] if len(others) > 1 else others, np.empty(2 * count_lanes(), np.float32)
        arguments = (*_arguments(audio[rows], plan), plan.frames, _numbers(floor, 1, 0), other, sums)
        part = np.empty((2, rows.stop - rows.start))
        kernels.magnitude_differences(*arguments, part)
        result[:, rows] = part

    in_shares(transform, *audio.shape)
    return result[0], result[1]


def _numbers(*numbers: float) -> Array:
    return np.array(numbers, np.float32)


class _Local(threading.local):
    """Every thread's place to work in: one for all, so that it stays in the cache."""

    def __init__(self) -> None:
        self.room: tuple[int, ...] = (0, 0, 0, 0)
        self.space = make_space(self.room)


_local = _Local()


def _arguments(audio: Array, plan: Plan) -> tuple[Any, ...]:
    """What every function of the kernel takes first."""
    room = tuple(map(max, plan.room, _local.room))
    if room != _local.room:
        _local.room, _local.space = room, make_space(room)
    return _plain(audio), plan.hop, plan.width, plan.tables, plan.places, _local.space


def _plain(array: Array) -> Array:
    """As the functions are compiled for: contiguous, and not write-protected."""
    return np.require(array, np.float32, ["C", "W"])


def _load() -> Any:
    from raveforce.fourier.load import load_kernels

    return load_kernels()
