"""Batched spectra in float32: the short-time Fourier transform and the mel scale."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view
from numpy.typing import NDArray

from raveforce import fourier
from raveforce.fourier.plan import window

__all__ = [
    "LEAST_FLOOR",
    "LOG_FLOOR",
    "cepstrum",
    "chroma",
    "chroma_filters",
    "envelope",
    "log_mel",
    "magnitudes",
    "mel_filters",
    "mfcc",
    "power",
    "row_chunks",
]

Array = NDArray[np.float32]

LOG_FLOOR = 1e-5
"""Usual floor of the power in ``log_mel``."""

LEAST_FLOOR = fourier.LEAST_FLOOR**2
"""Lowest floor of a power."""

_SAMPLES_AT_ONCE = 1 << 14


def power(audio: Array, *, n_fft: int, hop_length: int) -> Array:
    """Squared magnitude of the short-time Fourier transform, Hann window, frames centred on multiples of the hop.

    A full-scale sine has the power 1 at its frequency: the transform is divided by half the window's sum.

    Parameters
    ----------
    audio : float32 array [rows, samples]
    n_fft, hop_length : samples

    Returns
    -------
    float32 array [rows, frames, n_fft // 2 + 1], frames = samples // hop_length + 1
    """
    if fourier.supports(n_fft):
        return fourier.powers(audio, n_fft, hop_length)
    from scipy import fft  # takes long to import

    rows, samples = audio.shape
    padded = np.zeros((rows, samples + n_fft), np.float32)
    padded[:, n_fft // 2 : n_fft // 2 + samples] = audio
    row, sample = padded.strides
    frames = as_strided(
        padded,
        (rows, samples // hop_length + 1, n_fft),
        (row, hop_length * sample, sample),
        writeable=False,
    )
    spectrum = fft.rfft(frames * window(n_fft), axis=-1, overwrite_x=True)
    # The sum of squares, since the absolute value of complex numbers takes several times as long.
    result = np.square(spectrum.real)
    result += np.square(spectrum.imag)
    return result


def magnitudes(audio: Array, *, n_fft: int, hop_length: int) -> Array:
    """Magnitude of the short-time Fourier transform: the square root of ``power``, 1 for a full-scale sine."""
    result = power(audio, n_fft=n_fft, hop_length=hop_length)
    return np.sqrt(result, out=result)


def log_mel(
    audio: Array,
    *,
    sample_rate: int,
    n_fft: int = 1024,
    hop_length: int = 256,
    n_mels: int = 64,
    floor: float = LOG_FLOOR,
) -> Array:
    """Log-mel spectrogram of a batch of sounds.

    Parameters
    ----------
    audio : float32 array [rows, samples], full scale ±1
    sample_rate : Hz
    n_fft, hop_length : samples
    n_mels : mel bands from 0 Hz to half the sample rate
    floor : power that quieter bands are taken as, at least ``LEAST_FLOOR`` (1e-5 is -50 dB)

    Returns
    -------
    float32 array [rows, frames, n_mels], natural log of power

    Examples
    --------
    >>> log_mel(np.zeros((2, 4410), dtype=np.float32), sample_rate=44100).shape
    (2, 18, 64)
    """
    if fourier.supports(n_fft):
        return fourier.log_mels(audio, n_fft, hop_length, _bands(sample_rate, n_fft, n_mels), floor)
    filters = mel_filters(sample_rate, n_fft, n_mels)
    mel = np.empty((len(audio), audio.shape[1] // hop_length + 1, n_mels), np.float32)
    for rows in row_chunks(audio):
        # One product a row, all of one shape, so that a row's result does not depend on how many rows there are.
        np.matmul(power(audio[rows], n_fft=n_fft, hop_length=hop_length), filters, out=mel[rows])
    np.maximum(mel, np.float32(floor), out=mel)
    return np.log(mel, out=mel)


def row_chunks(audio: Array) -> list[slice]:
    """Rows to transform at once: so few that what is made of them stays in the processor's cache.

    Larger arrays also make the allocator fetch their memory anew from the system every time, which costs as much as
    the arithmetic.
    """
    count = max(1, _SAMPLES_AT_ONCE // max(1, audio.shape[1]))
    return [slice(start, min(start + count, len(audio))) for start in range(0, len(audio), count)]


def mfcc(
    audio: Array,
    *,
    sample_rate: int,
    n_mfcc: int = 20,
    n_fft: int = 1024,
    hop_length: int = 256,
    n_mels: int = 64,
) -> Array:
    """Mel-frequency cepstral coefficients: the orthonormal DCT-II of ``log_mel`` over the bands.

    Returns
    -------
    float32 array [rows, frames, n_mfcc]; the first coefficient is the loudness, a change of gain (above the floor)
    changes no other

    Examples
    --------
    >>> mfcc(np.zeros((2, 4410), dtype=np.float32), sample_rate=44100).shape
    (2, 18, 20)
    """
    mel = log_mel(audio, sample_rate=sample_rate, n_fft=n_fft, hop_length=hop_length, n_mels=n_mels)
    return cepstrum(mel, n_mfcc)


def cepstrum(mel: Array, count: int) -> Array:
    """The first numbers of the orthonormal DCT-II (Ahmed, Natarajan & Rao 1974) of the last axis.

    Parameters
    ----------
    mel : float32 array [..., bands]
    count : how many numbers, if there are as many bands

    Returns
    -------
    float32 array [..., count]

    References
    ----------
    Ahmed, Natarajan & Rao (1974). Discrete cosine transform. IEEE Transactions on Computers.

    Examples
    --------
    >>> cepstrum(np.ones((1, 4), np.float32), 2).round(6).tolist()
    [[2.0, 0.0]]
    """
    return mel @ _cosines(mel.shape[-1], count)


@lru_cache(maxsize=16)
def _cosines(bands: int, count: int) -> Array:
    """The orthonormal DCT-II as a matrix [bands, count]: SciPy takes longer to import than a run to start."""
    k, band = np.arange(min(count, bands)), np.arange(bands)[:, None]
    matrix = np.cos(np.pi / bands * (band + 0.5) * k) * np.sqrt(np.where(k == 0, 1, 2) / bands)
    return matrix.astype(np.float32)


def envelope(audio: Array, *, frame_length: int = 512, hop_length: int = 128) -> Array:
    """Loudness over time: the root mean square of frames centred on multiples of the hop.

    Returns
    -------
    float32 array [rows, frames], full scale ±1
    """
    padded = np.pad(audio, ((0, 0), (frame_length // 2, frame_length // 2)))
    frames = sliding_window_view(np.square(padded), frame_length, axis=-1)[:, ::hop_length]
    return np.sqrt(frames.mean(axis=-1, dtype=np.float32))


def chroma(audio: Array, *, sample_rate: int, n_fft: int = 8192, hop_length: int = 2048) -> Array:
    """Energy by pitch class, from C in semitones, between 55 Hz and 4.2 kHz (after Fujishima 1999).

    Returns
    -------
    float32 array [rows, frames, 12], power
    """
    return np.matmul(power(audio, n_fft=n_fft, hop_length=hop_length), chroma_filters(sample_rate, n_fft))


@lru_cache(maxsize=64)
def chroma_filters(sample_rate: int, n_fft: int) -> Array:
    """Which pitch class each bin counts for, float32 [n_fft // 2 + 1, 12]: bins between two classes count for both."""
    frequencies = np.fft.rfftfreq(n_fft, 1 / sample_rate)
    heard = (frequencies >= 55) & (frequencies <= 4200)
    # Semitones above C4 at 261.63 Hz (A4 at 440 Hz).
    semitones = 12 * np.log2(np.where(heard, frequencies, 440) / 440) + 9
    away = np.abs((semitones[:, None] - np.arange(12) + 6) % 12 - 6)
    return (np.maximum(1 - away, 0) * heard[:, None]).astype(np.float32)


@lru_cache(maxsize=64)
def mel_filters(sample_rate: int, n_fft: int, n_mels: int) -> Array:
    """Triangular mel filters of peak 1, float32 [n_fft // 2 + 1, n_mels] (Slaney's mel scale, as in librosa).

    To the bit those of ``librosa.filters.mel(norm=None)``, which takes a second to import.
    """
    edges = _mel_frequencies(sample_rate / 2, n_mels + 2)
    widths = np.diff(edges)
    above = edges[:, None] - np.fft.rfftfreq(n_fft, 1 / sample_rate)
    rising, falling = -above[:-2] / widths[:-1, None], above[2:] / widths[1:, None]
    return np.ascontiguousarray(np.maximum(0, np.minimum(rising, falling)).T, dtype=np.float32)


def _mel_frequencies(highest: float, count: int) -> NDArray[np.float64]:
    """Hz [count] from 0, equally far apart in mels: a mel is 200/3 Hz below 1 kHz, 27 are a factor of 6.4 above.

    Slaney (1998), Auditory Toolbox, version 2.
    """
    width, corner, growth = 200 / 3, 1000.0, np.log(6.4) / 27
    linear = corner / width
    mels = np.linspace(0, highest / width if highest < corner else linear + np.log(highest / corner) / growth, count)
    frequencies = width * mels
    logarithmic = mels >= linear
    frequencies[logarithmic] = corner * np.exp(growth * (mels[logarithmic] - linear))
    return frequencies


@lru_cache(maxsize=64)
def _bands(sample_rate: int, n_fft: int, n_mels: int) -> fourier.Bands:
    """The mel filters without their zeros."""
    filters = mel_filters(sample_rate, n_fft, n_mels)
    # Filters narrower than a bin may reach none.
    reached = [np.flatnonzero(column) if column.any() else np.zeros(0, np.int64) for column in filters.T]
    first = np.array([bins[0] if len(bins) else 0 for bins in reached], np.int64)
    end = np.array([bins[-1] + 1 if len(bins) else 0 for bins in reached], np.int64)
    shift = np.cumsum(end - first) - end
    weights = [column[a:b] for column, a, b in zip(filters.T, first, end, strict=True)]
    return fourier.Bands(np.stack([first, shift]), end, np.concatenate(weights))
