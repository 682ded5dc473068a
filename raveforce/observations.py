"""What the agent sees."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Protocol

import gymnasium
import numpy as np
from numpy.typing import NDArray

from raveforce import spectra
from raveforce.audio import PEAK_LIMIT

__all__ = [
    "OBSERVATIONS",
    "PEAK_LIMIT",
    "LogMelObservation",
    "Observation",
    "WaveformObservation",
    "make_observation",
]

Array = NDArray[np.float32]


class Observation(Protocol):
    """What every observation offers."""

    def space(self, samples: int) -> gymnasium.spaces.Box:
        """The space of one observation for episodes of so many samples."""

    def features(self, audio: Array) -> Array:
        """What is seen of sounds [rows, samples]: float32 [rows, ...]."""

    def see(self, audio: Array, target: Array) -> Array:
        """Observations [rows, ...] of the sounds so far [rows, samples] and the targets' features."""


@dataclass(frozen=True)
class WaveformObservation:
    """The sound so far, padded with silence: what the first RaveForce showed."""

    def space(self, samples: int) -> gymnasium.spaces.Box:
        """Samples, ±10."""
        return gymnasium.spaces.Box(-PEAK_LIMIT, PEAK_LIMIT, (samples,), np.float32)

    def features(self, audio: Array) -> Array:
        """The samples."""
        return audio

    def see(self, audio: Array, target: Array) -> Array:
        """The samples; the target is not shown."""
        return audio.copy()


@dataclass(frozen=True)
class LogMelObservation:
    """Log-mel spectrograms of the attempt so far and of the target, one after the other, flattened.

    Values run from 0 (the floor, -50 dB) to 1 (the loudest sound that passes); full scale is near 0.7.
    """

    sample_rate: int = 44100
    n_fft: int = 2048
    hop_length: int = 1024
    n_mels: int = 32

    def space(self, samples: int) -> gymnasium.spaces.Box:
        """Bands of all frames, attempt then target."""
        frames = samples // self.hop_length + 1
        return gymnasium.spaces.Box(0.0, 1.0, (2 * frames * self.n_mels,), np.float32)

    def features(self, audio: Array) -> Array:
        """Log-mel spectrograms scaled to [0, 1], flattened."""
        mel = spectra.log_mel(
            audio,
            sample_rate=self.sample_rate,
            n_fft=self.n_fft,
            hop_length=self.hop_length,
            n_mels=self.n_mels,
        )
        floor = np.log(spectra.LOG_FLOOR)
        return np.clip((mel - floor) / (self._ceiling() - floor), 0, 1).reshape(len(audio), -1).astype(np.float32)

    def see(self, audio: Array, target: Array) -> Array:
        """Attempt and target side by side."""
        attempt = self.features(audio)
        return np.concatenate([attempt, np.broadcast_to(target, attempt.shape)], axis=1)

    def _ceiling(self) -> float:
        """Log power that no band exceeds: every bin of the widest band at the magnitude of the largest peak."""
        widest = spectra.mel_filters(self.sample_rate, self.n_fft, self.n_mels).sum(axis=0).max()
        # A window's sum is twice what magnitudes are divided by.
        return float(np.log((2 * PEAK_LIMIT) ** 2 * widest))


OBSERVATIONS: dict[str, type[WaveformObservation | LogMelObservation]] = {
    "waveform": WaveformObservation,
    "log_mel": LogMelObservation,
}
"""The observations by name."""


def make_observation(kind: str | Observation, sample_rate: int = 44100, **options: Any) -> Observation:
    """Make an observation by name.

    Parameters
    ----------
    kind : a name in ``OBSERVATIONS``, or an observation, which is returned as it is
    sample_rate : Hz, for those whose frequencies are in Hz
    **options : what the observation takes, such as ``n_mels``

    Raises
    ------
    ValueError
        An unknown name.
    """
    if not isinstance(kind, str):
        return kind
    if kind not in OBSERVATIONS:
        raise ValueError(f"unknown observation {kind!r}; the observations are {', '.join(OBSERVATIONS)}")
    made = OBSERVATIONS[kind]
    if "sample_rate" in {field.name for field in fields(made)}:
        options = {"sample_rate": sample_rate, **options}
    return made(**options)
