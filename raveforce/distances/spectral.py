"""Distances that compare the spectra of sounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from raveforce import fourier, spectra
from raveforce.distances.base import DISTANCES, Array, Features, NamedDistance

__all__ = ["MFCC", "Chroma", "LogMel", "MultiScaleSpectral", "SpectralTransport", "SynthRL"]

Apart: TypeAlias = tuple[NDArray[np.float64], NDArray[np.float64]]


@DISTANCES.register("mss")
@dataclass(frozen=True)
class MultiScaleSpectral(NamedDistance):
    """Multi-resolution STFT distance: spectral convergence plus log-magnitude error, averaged over resolutions.

    With S the target's and Ŝ the sound's magnitudes, one resolution gives ``‖S-Ŝ‖ / ‖S‖ + mean |ln S - ln Ŝ|``
    (Arık, Jun & Diamos 2019; several resolutions: Yamamoto, Song & Kim 2020). Magnitudes below ``floor`` are
    taken as the floor in the logarithm, so differences nobody hears do not count.

    Nearly blind to the phase where a cycle fits into a window, and to shifts much shorter than one: the short windows
    hear the phase of low sounds. Blind to polarity; sensitive to gain.

    Parameters
    ----------
    n_ffts : window lengths, samples; the hop is a quarter of each
    floor : magnitude, 1 is a full-scale sine (the default is -80 dB); at least 2e-5

    Raises
    ------
    ValueError
        The floor is too low.

    References
    ----------
    Arık, Jun & Diamos (2019). Fast spectrogram inversion using multi-head convolutional neural networks. IEEE Signal
    Processing Letters.

    Yamamoto, Song & Kim (2020). Parallel WaveGAN: a fast waveform generation model based on generative adversarial
    networks with multi-resolution spectrogram. ICASSP.
    """

    n_ffts: tuple[int, ...] = (2048, 1024, 512, 256, 128, 64)
    floor: float = 1e-4

    def __post_init__(self) -> None:
        object.__setattr__(self, "n_ffts", tuple(self.n_ffts))
        if not self.floor >= fourier.LEAST_FLOOR:
            raise ValueError(f"the floor of magnitudes must be at least {fourier.LEAST_FLOOR:g}, got {self.floor!r}")

    def features(self, audio: Array) -> Features:
        """Magnitudes of each resolution, whose order is its own, and last their norms [rows, resolutions]."""
        magnitudes = [_magnitudes(audio, n_fft) for n_fft in self.n_ffts]
        norms = [_norm_of(array, n_fft) for array, n_fft in zip(magnitudes, self.n_ffts, strict=True)]
        return *magnitudes, np.stack(norms, axis=1).astype(np.float32)

    def between(self, features: Features, target: Features) -> NDArray[np.float64]:
        """Average over the resolutions."""
        compared = [_compare(ours, other, self.floor) for ours, other in zip(features[:-1], target[:-1], strict=True)]
        return self._average(compared, target)

    def measure(self, audio: Array, target: Features) -> NDArray[np.float64]:
        """Average over the resolutions, each compared frame by frame as it is computed."""
        pairs = zip(self.n_ffts, target[:-1], strict=True)
        return self._average([self._apart(audio, n_fft, other) for n_fft, other in pairs], target)

    def _apart(self, audio: Array, n_fft: int, other: Array) -> Apart:
        if fourier.supports(n_fft):
            return fourier.magnitude_differences(audio, n_fft, n_fft // 4, self.floor, other)
        squares, logarithms = np.empty((2, len(audio)))
        for rows in spectra.row_chunks(audio):
            reference = other[rows] if len(other) > 1 else other
            squares[rows], logarithms[rows] = _compare(_magnitudes(audio[rows], n_fft), reference, self.floor)
        return squares, logarithms

    def _average(self, compared: Sequence[Apart], target: Features) -> NDArray[np.float64]:
        total = np.zeros(len(compared[0][0]))
        for (squares, logarithms), other, norm in zip(compared, target[:-1], target[-1].T, strict=True):
            # A silent target would divide by zero; it is as loud as the floor then.
            total += np.sqrt(squares) / np.maximum(norm, self.floor) + logarithms / other.shape[1]
        return total / len(compared)


def _magnitudes(audio: Array, n_fft: int) -> Array:
    if fourier.supports(n_fft):
        return fourier.magnitudes(audio, n_fft, n_fft // 4)
    return spectra.magnitudes(audio, n_fft=n_fft, hop_length=n_fft // 4).reshape(len(audio), -1)


def _norm_of(magnitudes: Array, n_fft: int) -> NDArray[np.floating[Any]]:
    return fourier.norms(magnitudes, n_fft) if fourier.supports(n_fft) else _norm(magnitudes)


def _compare(ours: Array, other: Array, floor: float) -> Apart:
    """As ``fourier.magnitude_differences``, of magnitudes that are already there."""
    logarithms = np.log(np.maximum(ours, np.float32(floor)))
    logarithms -= np.log(np.maximum(other, np.float32(floor)))
    squares = np.square(ours - other).sum(axis=-1, dtype=np.float64)
    return squares, np.abs(logarithms, out=logarithms).sum(axis=-1, dtype=np.float64)


@DISTANCES.register("log_mel")
@dataclass(frozen=True)
class LogMel(NamedDistance):
    """Mean absolute difference of log-mel spectrograms (natural log of power).

    Blind to the phase and to fine pitch within a mel band; sensitive to gain above the floor.
    """

    sample_rate: int = 44100
    n_fft: int = 1024
    hop_length: int = 256
    n_mels: int = 64

    def features(self, audio: Array) -> Features:
        """Log-mel spectrograms, flattened."""
        mel = spectra.log_mel(
            audio,
            sample_rate=self.sample_rate,
            n_fft=self.n_fft,
            hop_length=self.hop_length,
            n_mels=self.n_mels,
        )
        return (mel.reshape(len(audio), -1),)

    def between(self, features: Features, target: Features) -> NDArray[np.float64]:
        """Mean over bands and frames."""
        difference = features[0] - target[0]
        return np.abs(difference, out=difference).mean(axis=-1, dtype=np.float64)

    def measure(self, audio: Array, target: Features) -> NDArray[np.float64]:
        """All rows at once: these features are no larger than the sound."""
        return self.between(self.features(audio), target)


@DISTANCES.register("mfcc")
@dataclass(frozen=True)
class MFCC(NamedDistance):
    """Mean absolute difference of mel-frequency cepstral coefficients, 20 of them in the first RaveForce's paper.

    Blind to the phase and to fine pitch; gain (above the floor) moves the first coefficient only. On the settings:
    ``spectra.mfcc`` (Davis & Mermelstein 1980).

    References
    ----------
    Davis & Mermelstein (1980). Comparison of parametric representations for monosyllabic word recognition in
    continuously spoken sentences. IEEE Transactions on Acoustics, Speech, and Signal Processing.
    """

    sample_rate: int = 44100
    n_mfcc: int = 20
    n_fft: int = 1024
    hop_length: int = 256
    n_mels: int = 64

    def features(self, audio: Array) -> Features:
        """Coefficients of all frames, flattened."""
        coefficients = spectra.mfcc(
            audio,
            sample_rate=self.sample_rate,
            n_mfcc=self.n_mfcc,
            n_fft=self.n_fft,
            hop_length=self.hop_length,
            n_mels=self.n_mels,
        )
        return (coefficients.reshape(len(audio), -1),)

    def between(self, features: Features, target: Features) -> NDArray[np.float64]:
        """Mean over coefficients and frames."""
        return np.abs(features[0] - target[0]).mean(axis=-1, dtype=np.float64)


@DISTANCES.register("sot")
@dataclass(frozen=True)
class SpectralTransport(NamedDistance):
    """How far energy must move along the frequency axis to turn one spectrum into the other, by frame.

    The 1-Wasserstein distance of normalised magnitude spectra on a scale of half the sample rate, so a pitch twice
    as far off is twice as far (Torres, Peeters & Richard 2024, who square it; here it stays in units of frequency).
    Frames are weighted by how loud they are in either sound; what one has and the other has not must move all the
    way, so silence is far away.

    Blind to the phase and nearly to gain (of the whole: frames are weighted by loudness after both sounds are scaled
    alike); sensitive to pitch and brightness.

    References
    ----------
    Torres, Peeters & Richard (2024). Unsupervised harmonic parameter estimation using differentiable DSP and spectral
    optimal transport. ICASSP.
    """

    n_fft: int = 2048
    hop_length: int = 512
    floor: float = 1e-4

    def features(self, audio: Array) -> Features:
        """Cumulative spectra [rows, frames, bins] that end at 1, and loudness [rows, frames] whose mean is 1."""
        magnitude = spectra.magnitudes(audio, n_fft=self.n_fft, hop_length=self.hop_length)
        total = magnitude.sum(axis=-1, dtype=np.float64)[..., None]
        # A frame too quiet to hear has its energy nowhere: its cumulative spectrum is 0 throughout.
        cumulative = np.cumsum(magnitude, axis=-1, dtype=np.float64) / np.maximum(total, self.floor)
        cumulative[total[..., 0] < self.floor] = 0
        loudness = np.where(total[..., 0] < self.floor, 0, total[..., 0])
        loudness /= np.maximum(loudness.mean(axis=-1, keepdims=True), self.floor)
        return cumulative.astype(np.float32), loudness.astype(np.float32)

    def between(self, features: Features, target: Features) -> NDArray[np.float64]:
        """Mean over frames, weighted by loudness."""
        moved = np.abs(features[0] - target[0]).mean(axis=-1, dtype=np.float64)
        weight = np.maximum(features[1], target[1]).astype(np.float64)
        return (moved * weight).mean(axis=-1)


@DISTANCES.register("chroma")
@dataclass(frozen=True)
class Chroma(NamedDistance):
    """How differently energy is spread over the twelve pitch classes, for pitched sounds.

    Frames hold the square root of their share of the sound's energy by class, so gain and octave do not count and
    loud frames count more; the distance is the square root of half the squared difference (that of Hellinger):
    0 to 1. Blind to gain, phase and octave, nearly to timbre. On the features: ``spectra.chroma`` (Fujishima 1999).

    References
    ----------
    Fujishima (1999). Realtime chord recognition of musical sound: a system using Common Lisp Music. ICMC.
    """

    sample_rate: int = 44100
    n_fft: int = 8192
    hop_length: int = 2048
    floor: float = 1e-8

    def features(self, audio: Array) -> Features:
        """Square roots of the energy's shares, flattened."""
        energy = spectra.chroma(audio, sample_rate=self.sample_rate, n_fft=self.n_fft, hop_length=self.hop_length)
        energy = energy.reshape(len(audio), -1)
        total = energy.sum(axis=-1, dtype=np.float64, keepdims=True)
        return (np.sqrt(energy / np.maximum(total, self.floor)).astype(np.float32),)

    def between(self, features: Features, target: Features) -> NDArray[np.float64]:
        """Hellinger distance."""
        return _norm(features[0] - target[0]) / np.sqrt(2)


@DISTANCES.register("synthrl")
@dataclass(frozen=True)
class SynthRL(NamedDistance):
    """0.7 · spectral convergence + 0.27 · log-magnitude error + 0.03 · MFCC error, whose inverse rewards SynthRL.

    Spectral convergence is ``‖S-Ŝ‖ / ‖S‖``, the errors are mean absolute ones; the weights are those of SynthRL
    (Shin & Lee 2025). Blind to the phase; sensitive to gain. ``kind="inverse"`` makes it the paper's reward.

    References
    ----------
    Shin & Lee (2025). SynthRL: cross-domain synthesizer sound matching via reinforcement learning. IJCAI.
    """

    sample_rate: int = 44100
    n_fft: int = 2048
    hop_length: int = 512
    floor: float = 1e-4
    weights: tuple[float, float, float] = (0.7, 0.27, 0.03)

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", tuple(self.weights))

    def features(self, audio: Array) -> Features:
        """Magnitudes, their logarithm, cepstral coefficients."""
        magnitude = spectra.magnitudes(audio, n_fft=self.n_fft, hop_length=self.hop_length).reshape(len(audio), -1)
        coefficients = MFCC(self.sample_rate, n_fft=self.n_fft, hop_length=self.hop_length).features(audio)
        return (magnitude, np.log(np.maximum(magnitude, np.float32(self.floor))), *coefficients)

    def between(self, features: Features, target: Features) -> NDArray[np.float64]:
        """Weighted sum of the three."""
        convergence = _norm(features[0] - target[0]) / np.maximum(_norm(target[0]), self.floor)
        logarithm, cepstrum = (np.abs(features[part] - target[part]).mean(axis=-1, dtype=np.float64) for part in (1, 2))
        return self.weights[0] * convergence + self.weights[1] * logarithm + self.weights[2] * cepstrum


def _norm(array: Array) -> NDArray[np.float64]:
    return np.sqrt(np.square(array).sum(axis=-1)).astype(np.float64)
