"""What the policy sees of a sound: levels over time and frequency, finest at the attack and at low pitches."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import fft

__all__ = ["BANDS", "FRAMES", "PICTURE_SIZE", "SAMPLE_RATE", "picture"]

Array = NDArray[np.float32]

SAMPLE_RATE = 44100
"""Hz; other sounds are resampled first."""

_TIMES = np.concatenate([[0.0, 0.002, 0.004, 0.007, 0.011], np.geomspace(0.016, 2.5, 23)])
"""Middles of the frames, seconds: dense at the attack, sparse in the tail."""

_LOW = np.geomspace(25, 1600, 52)
"""Middles of the low bands, Hz: so close that a mode between two is told from its share of both."""

_HIGH = np.geomspace(250, 20_000, 28)
"""Middles of the high bands, Hz."""

FRAMES = len(_TIMES)
BANDS = len(_LOW) + len(_HIGH)
PICTURE_SIZE = FRAMES * BANDS + 1
"""Numbers in a picture; the last is the length of the sound."""

_FACTOR = 4
"""The low bands are taken from sound of a quarter of the sample rate."""
_LOW_WINDOW, _HIGH_WINDOW = 1024, 512
_CYCLES = 8
"""Cycles in a low band's window, where that fits."""
_FLOOR = -80.0
"""dB of a full-scale sine, below which a picture is black."""


def picture(sounds: Array) -> Array:
    """Pictures of sounds, float32 [rows, ``PICTURE_SIZE``] in [0, 1].

    Parameters
    ----------
    sounds : float32 [rows, samples] at ``SAMPLE_RATE``, full scale ±1

    Examples
    --------
    >>> picture(np.zeros((2, 4410), np.float32)).shape == (2, PICTURE_SIZE)
    True
    """
    rows, samples = sounds.shape
    frames = int(np.searchsorted(_TIMES * SAMPLE_RATE, samples))
    seen = np.zeros((rows, FRAMES, BANDS), np.float32)
    seen[:, :frames, : len(_LOW)] = _decibels(_low(sounds, frames))
    seen[:, :frames, len(_LOW) :] = _decibels(_high(sounds, frames))
    length = np.full((rows, 1), np.clip(np.log2(samples / SAMPLE_RATE / 0.05) / 6, 0, 1), np.float32)
    return np.concatenate([seen.reshape(rows, -1), length], axis=1)


def _low(sounds: Array, frames: int) -> Array:
    """Powers of the low bands [rows, frames, bands]: a Gabor transform, each band with a window of its own."""
    windows = _frames(_decimated(sounds), frames, _LOW_WINDOW, SAMPLE_RATE // _FACTOR)
    parts = windows @ _gabor()
    squares: Array = np.square(parts[..., : len(_LOW)]) + np.square(parts[..., len(_LOW) :])
    return squares


def _high(sounds: Array, frames: int) -> Array:
    """Powers of the high bands [rows, frames, bands]."""
    windows = _frames(sounds, frames, _HIGH_WINDOW, SAMPLE_RATE)
    spectrum = fft.rfft(windows * np.hanning(_HIGH_WINDOW).astype(np.float32), axis=-1)
    power = (np.square(spectrum.real) + np.square(spectrum.imag)) * np.float32((4 / _HIGH_WINDOW) ** 2)
    bands: Array = power @ _filters()
    return bands


def _frames(sounds: Array, frames: int, window: int, sample_rate: int) -> Array:
    """Windows around the middles of the first frames, float32 [rows, frames, window]."""
    starts = np.round(_TIMES[:frames] * sample_rate).astype(np.int64)
    end = int(starts[-1]) + window if frames else window
    padded = np.zeros((len(sounds), end), np.float32)
    inside = sounds[:, : end - window // 2]
    padded[:, window // 2 : window // 2 + inside.shape[1]] = inside
    return np.ascontiguousarray(sliding_window_view(padded, window, axis=-1)[:, starts])


def _decimated(sounds: Array) -> Array:
    """Sounds at a quarter of the rate: means of neighbours, taken twice, whose zeros lie where aliases come from."""
    rows, samples = sounds.shape
    padded = np.zeros((rows, -(-samples // _FACTOR) * _FACTOR + 2 * _FACTOR), np.float32)
    padded[:, _FACTOR : _FACTOR + samples] = sounds
    blocks = padded.reshape(rows, -1, _FACTOR)
    weights = (np.arange(1, _FACTOR + 1) / _FACTOR**2).astype(np.float32)
    # Each value is a triangle of weights over two neighbouring blocks.
    mirrored = np.float32(1 / _FACTOR) - weights
    result: Array = np.matmul(blocks[:, :-1], weights) + np.matmul(blocks[:, 1:], mirrored)
    return result[:, 1:]


def _decibels(power: Array) -> Array:
    """Levels between the floor (0) and full scale (1)."""
    level = 1 - 10 * np.log10(np.maximum(power, np.float32(1e-12))) / np.float32(_FLOOR)
    return np.asarray(np.clip(level, 0, 1), np.float32)


@lru_cache(maxsize=1)
def _gabor() -> Array:
    """Cosines and sines of the low bands under Hann windows, float32 [window, 2 bands]; a full sine has power 1."""
    rate = SAMPLE_RATE / _FACTOR
    time = (np.arange(_LOW_WINDOW) - _LOW_WINDOW // 2)[:, None] / rate
    width = np.minimum(_CYCLES / _LOW, _LOW_WINDOW / rate)
    window = np.where(np.abs(time) < width / 2, 0.5 + 0.5 * np.cos(2 * np.pi * time / width), 0)
    window *= 2 / window.sum(axis=0)
    phase = 2 * np.pi * time * _LOW
    return np.concatenate([window * np.cos(phase), window * np.sin(phase)], axis=1).astype(np.float32)


@lru_cache(maxsize=1)
def _filters() -> Array:
    """Triangles over the bins of the high bands, float32 [bins, bands]."""
    bins = np.fft.rfftfreq(_HIGH_WINDOW, 1 / SAMPLE_RATE)[:, None]
    step = _HIGH[1] / _HIGH[0]
    # At least as wide as a bin, so that each band has some.
    below = np.minimum(_HIGH / step, _HIGH - SAMPLE_RATE / _HIGH_WINDOW)
    above = np.maximum(_HIGH * step, _HIGH + SAMPLE_RATE / _HIGH_WINDOW)
    triangles = np.minimum((bins - below) / (_HIGH - below), (above - bins) / (above - _HIGH))
    return np.clip(triangles, 0, 1).astype(np.float32)
