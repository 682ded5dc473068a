"""Pictures of a sound in the making, drawn fast enough to be shown at every step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from raveforce import spectra

__all__ = ["HEIGHT", "WIDTH", "frame"]

HEIGHT, WIDTH = 500, 900
"""Size of every frame, pixels."""

_MARGIN = 10
_DECIBEL_RANGE = (-80.0, 0.0)
_LOWEST = 40.0
"""Frequency at the bottom of spectrograms, Hz."""

_BACKGROUND = (250, 250, 250)
_COLOURS = ((31, 97, 158), (214, 96, 27))
"""Of the target's and the attempt's waveforms."""
_HEAT = np.array([(8, 8, 20), (52, 30, 110), (170, 45, 115), (245, 130, 70), (255, 250, 220)], float)
"""Of spectrograms, from silent to loud."""


def frame(audio: NDArray[np.float32], target: NDArray[np.float32], sample_rate: int) -> NDArray[np.uint8]:
    """Draw the target on the left and the attempt on the right: waveforms above, spectrograms below.

    Time runs over the length of the target; waveforms share one scale, and so do spectrograms: frequencies are on a
    logarithmic scale from 40 Hz to half the sample rate, levels run from -80 dB to a full-scale sine.

    Parameters
    ----------
    audio, target : float32 [samples], the attempt may be shorter
    sample_rate : Hz

    Returns
    -------
    uint8 array [HEIGHT, WIDTH, 3]

    Examples
    --------
    >>> frame(np.zeros(0, np.float32), np.ones(4410, np.float32), 44100).shape
    (500, 900, 3)
    """
    attempt = np.zeros_like(target)
    attempt[: len(audio)] = audio
    sounds = np.stack([target, attempt])
    height, width = (HEIGHT - 3 * _MARGIN) // 2, (WIDTH - 3 * _MARGIN) // 2
    picture = np.full((HEIGHT, WIDTH, 3), _BACKGROUND, np.uint8)
    waves, heat = _waveforms(sounds, height, width), _spectrograms(sounds, sample_rate, height, width)
    for column in range(2):
        left = _MARGIN + column * (width + _MARGIN)
        upper = picture[_MARGIN : _MARGIN + height, left : left + width]
        upper[waves[column]] = _COLOURS[column]
        below = 2 * _MARGIN + height
        picture[below : below + height, left : left + width] = heat[column]
    return picture


def _waveforms(sounds: NDArray[np.float32], height: int, width: int) -> NDArray[np.bool_]:
    """Which pixels are between the least and the greatest sample of their column: [sounds, height, width]."""
    samples = sounds.shape[1]
    starts = np.arange(width) * samples // width
    peak = max(float(np.abs(sounds).max()), 1e-3)
    lowest, highest = (extreme.reduceat(sounds, starts, axis=1) for extreme in (np.minimum, np.maximum))
    # From the top: +peak is row 0. A pixel's height is added, so that silence is a line.
    top, bottom = ((1 - level / peak) * (height - 1) / 2 for level in (highest, lowest))
    rows = np.arange(height)[None, :, None]
    return (rows >= np.floor(top)[:, None]) & (rows <= np.ceil(bottom)[:, None])


def _spectrograms(sounds: NDArray[np.float32], sample_rate: int, height: int, width: int) -> NDArray[np.uint8]:
    """Spectrograms in colours, [sounds, height, width, 3]."""
    n_fft = 2048
    # As many frames as pixels, so that long sounds take no longer.
    magnitudes = spectra.magnitudes(sounds, n_fft=n_fft, hop_length=max(sounds.shape[1] // width, 64))
    frequencies = np.geomspace(sample_rate / 2, _LOWEST, height)
    bins = np.clip(np.round(frequencies * n_fft / sample_rate).astype(int), 0, magnitudes.shape[2] - 1)
    frames = np.arange(width) * magnitudes.shape[1] // width
    shown = magnitudes[:, frames][:, :, bins].transpose(0, 2, 1)
    low, high = _DECIBEL_RANGE
    level = (20 * np.log10(np.maximum(shown, 10 ** (low / 20))) - low) / (high - low)
    return _colours()[np.minimum(level * 255, 255).astype(np.uint8)]


def _colours() -> NDArray[np.uint8]:
    """256 colours from silent to loud."""
    places = np.linspace(0, len(_HEAT) - 1, 256)
    return np.stack([np.interp(places, np.arange(len(_HEAT)), channel) for channel in _HEAT.T], axis=1).astype(np.uint8)
