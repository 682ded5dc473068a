"""The kinds of observation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from raveforce import spectra
from raveforce.audio import PEAK_LIMIT
from raveforce.observations.base import OBSERVATIONS, Array, SoundObservation

__all__ = [
    "DescriptorsObservation",
    "LogMelObservation",
    "MFCCObservation",
    "ParametersObservation",
    "StepsObservation",
    "WaveformObservation",
]


@OBSERVATIONS.register("waveform")
@dataclass(frozen=True)
class WaveformObservation(SoundObservation):
    """The samples; by default of the sound so far, which is what the first RaveForce showed."""

    show: tuple[str, ...] = ("attempt",)

    @property
    def bounds(self) -> tuple[float, float]:
        """No sound that passes is louder."""
        return -PEAK_LIMIT, PEAK_LIMIT

    def shape(self, samples: int) -> tuple[int, ...]:
        """[samples]."""
        return (samples,)

    def features(self, audio: Array) -> Array:
        """The samples."""
        return audio


@OBSERVATIONS.register("log_mel")
@dataclass(frozen=True)
class LogMelObservation(SoundObservation):
    """Log-mel spectrograms [frames, bands].

    Values run from 0 (the floor, -50 dB) to 1 (the loudest sound that passes); full scale is near 0.7.
    """

    sample_rate: int = 44100
    n_fft: int = 2048
    hop_length: int = 1024
    n_mels: int = 32

    def shape(self, samples: int) -> tuple[int, ...]:
        """[frames, bands]."""
        return samples // self.hop_length + 1, self.n_mels

    def features(self, audio: Array) -> Array:
        """Log-mel spectrograms scaled to [0, 1]."""
        mel = spectra.log_mel(
            audio,
            sample_rate=self.sample_rate,
            n_fft=self.n_fft,
            hop_length=self.hop_length,
            n_mels=self.n_mels,
        )
        floor = float(np.log(spectra.LOG_FLOOR))
        mel -= floor
        mel /= self._ceiling() - floor
        return np.clip(mel, 0, 1, out=mel)

    def _ceiling(self) -> float:
        """Log power that no band exceeds: every bin of the widest band at the magnitude of the largest peak."""
        # A window's sum is twice what magnitudes are divided by.
        return float(np.log((2 * PEAK_LIMIT) ** 2 * _widest(self.sample_rate, self.n_fft, self.n_mels)))


@lru_cache(maxsize=64)
def _widest(sample_rate: int, n_fft: int, n_mels: int) -> float:
    """Bins that the widest mel filter counts."""
    return float(spectra.mel_filters(sample_rate, n_fft, n_mels).sum(axis=0).max())


@OBSERVATIONS.register("mfcc")
@dataclass(frozen=True)
class MFCCObservation(LogMelObservation):
    """Mel-frequency cepstral coefficients [frames, n_mfcc] of the log-mel spectrogram in [0, 1].

    The first is a frame's mean level, 0 to 1; the others, its shape, lie within ±1.
    """

    n_mfcc: int = 20

    @property
    def bounds(self) -> tuple[float, float]:
        """Those of an orthonormal transform of values in [0, 1], divided by its size."""
        return -1.0, 1.0

    def shape(self, samples: int) -> tuple[int, ...]:
        """[frames, n_mfcc]."""
        return samples // self.hop_length + 1, self.n_mfcc

    def features(self, audio: Array) -> Array:
        """Coefficients in [-1, 1]."""
        coefficients = spectra.cepstrum(super().features(audio), self.n_mfcc) / np.sqrt(np.float32(self.n_mels))
        return np.clip(coefficients, -1, 1)


@OBSERVATIONS.register("descriptors")
@dataclass(frozen=True)
class DescriptorsObservation(SoundObservation):
    """A few numbers a sound [segments, 3]: loudness, brightness and noisiness of equal parts of it.

    Loudness is the level in dB from -60 to +20, brightness the spectral centroid on a logarithmic scale from 20 Hz
    to half the sample rate, noisiness the spectral flatness (geometric by arithmetic mean of power); each in [0, 1],
    0 where nothing is heard.
    """

    sample_rate: int = 44100
    n_fft: int = 1024
    hop_length: int = 512
    segments: int = 8

    def shape(self, samples: int) -> tuple[int, ...]:
        """[segments, 3]."""
        return self.segments, 3

    def features(self, audio: Array) -> Array:
        """Descriptors in [0, 1]."""
        power = np.square(spectra.magnitudes(audio, n_fft=self.n_fft, hop_length=self.hop_length))
        # Which segment a frame belongs to; short sounds repeat frames, so that no segment is empty.
        edges = np.linspace(0, power.shape[1], self.segments + 1)
        parts = [power[:, int(a) : max(int(np.ceil(b)), int(a) + 1)].mean(axis=1) for a, b in pairwise(edges)]
        spectrum = np.stack(parts, axis=1).astype(np.float64)
        total = spectrum.sum(axis=-1)
        heard = total > 1e-6
        frequencies = np.fft.rfftfreq(self.n_fft, 1 / self.sample_rate)
        centroid = (spectrum * frequencies).sum(axis=-1) / np.maximum(total, 1e-6)
        brightness = np.log(np.maximum(centroid, 20) / 20) / np.log(self.sample_rate / 40)
        flatness = np.exp(np.log(spectrum + 1e-12).mean(axis=-1)) / (spectrum.mean(axis=-1) + 1e-12)
        loudness = (10 * np.log10(np.maximum(total, 1e-6)) + 60) / 80
        numbers = np.stack([loudness, brightness * heard, flatness * heard], axis=-1)
        return np.clip(numbers, 0, 1).astype(np.float32)


@OBSERVATIONS.register("parameters")
@dataclass(frozen=True)
class ParametersObservation(SoundObservation):
    """No sound: how far the episode has come, and the last action.

    With one target and one step there is nothing to see that changes, and a network learns best from little.
    """

    show: tuple[str, ...] = ()
    step: bool = True
    last: bool = True

    def shape(self, samples: int) -> tuple[int, ...]:
        """Nothing."""
        return (0,)

    def features(self, audio: Array) -> Array:
        """Nothing."""
        return np.zeros((len(audio), 0), np.float32)


@OBSERVATIONS.register("steps")
@dataclass(frozen=True)
class StepsObservation(ParametersObservation):
    """No sound: which step is to come, as one place for each, and the last action.

    For one target and many steps: what each of them wants is learnt much faster from a place of its own than from one
    number that grows.
    """

    one_hot: bool = True
