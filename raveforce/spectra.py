"""Batched spectra in float32: the short-time Fourier transform and the mel scale."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import fft, signal

__all__ = ["LOG_FLOOR", "chroma", "chroma_filters", "envelope", "log_mel", "magnitudes", "mel_filters", "mfcc"]

Array = NDArray[np.float32]

LOG_FLOOR = 1e-5
"""Floor of the power in ``log_mel``."""


def magnitudes(audio: Array, *, n_fft: int, hop_length: int) -> Array:
    """Magnitude of the short-time Fourier transform, Hann window, frames centred on multiples of the hop.

    A full-scale sine has the magnitude 1 at its frequency: magnitudes are divided by half the window's sum.

    Parameters
    ----------
    audio : float32 array [rows, samples]
    n_fft, hop_length : samples

    Returns
    -------
    float32 array [rows, frames, n_fft // 2 + 1], frames = samples // hop_length + 1
    """
    padded = np.pad(audio, ((0, 0), (n_fft // 2, n_fft // 2)))
    frames = sliding_window_view(padded, n_fft, axis=-1)[:, ::hop_length]
    return np.abs(fft.rfft(frames * _window(n_fft), axis=-1, overwrite_x=True))


def log_mel(audio: Array, *, sample_rate: int, n_fft: int = 1024, hop_length: int = 256, n_mels: int = 64) -> Array:
    """Log-mel spectrogram of a batch of sounds.

    Parameters
    ----------
    audio : float32 array [rows, samples], full scale ±1
    sample_rate : Hz
    n_fft, hop_length : samples
    n_mels : mel bands from 0 Hz to half the sample rate

    Returns
    -------
    float32 array [rows, frames, n_mels], natural log of power, floored at 1e-5 (that is -50 dB)

    Examples
    --------
    >>> log_mel(np.zeros((2, 4410), dtype=np.float32), sample_rate=44100).shape
    (2, 18, 64)
    """
    power = np.square(magnitudes(audio, n_fft=n_fft, hop_length=hop_length))
    # One product a row, all of one shape, so that a row's result does not depend on how many rows there are.
    mel = np.matmul(power, mel_filters(sample_rate, n_fft, n_mels))
    return np.log(np.maximum(mel, np.float32(LOG_FLOOR)))


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
    return np.ascontiguousarray(fft.dct(mel, axis=-1, norm="ortho")[..., :n_mfcc])


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
    power = np.square(magnitudes(audio, n_fft=n_fft, hop_length=hop_length))
    return np.matmul(power, chroma_filters(sample_rate, n_fft))


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
    """Triangular mel filters of peak 1, float32 [n_fft // 2 + 1, n_mels] (Slaney's mel scale, as in librosa)."""
    import librosa

    filters = librosa.filters.mel(sr=sample_rate, n_fft=n_fft, n_mels=n_mels, norm=None)
    return np.ascontiguousarray(filters.T, dtype=np.float32)


@lru_cache(maxsize=64)
def _window(n_fft: int) -> Array:
    window = signal.get_window("hann", n_fft)
    return (window / (window.sum() / 2)).astype(np.float32)
