"""What the agent sees."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Any, Protocol, TypeAlias

import gymnasium
import numpy as np
from numpy.typing import NDArray

from raveforce import spectra
from raveforce.audio import PEAK_LIMIT
from raveforce.registry import Registry

__all__ = [
    "OBSERVATIONS",
    "DescriptorsObservation",
    "LogMelObservation",
    "MFCCObservation",
    "Observation",
    "ObservationBatch",
    "ParametersObservation",
    "Progress",
    "SoundObservation",
    "WaveformObservation",
    "make_observation",
    "row",
]

Array = NDArray[np.float32]
ObservationBatch: TypeAlias = "Array | dict[str, Array]"

SHOWN = ("attempt", "target", "difference")
"""What can be shown of sounds: the sound so far, padded with silence; the whole target; target minus attempt."""


@dataclass(frozen=True)
class Progress:
    """Where an episode stands.

    Attributes
    ----------
    fraction : steps taken by steps in all, 0 to 1
    last : actions of the last step, float32 [rows, free parameters]; zeros before the first
    """

    fraction: float = 0.0
    last: Array = field(default_factory=lambda: np.zeros((1, 0), np.float32))


class Observation(Protocol):
    """What every observation offers."""

    def space(self, samples: int, parameters: int = 0) -> gymnasium.Space[Any]:
        """The space of one observation for episodes of so many samples and free parameters."""

    def features(self, audio: Array) -> Array:
        """What is seen of sounds [rows, samples]: float32 [rows, ...]."""

    def observe(self, audio: Array, target: Array, progress: Progress = Progress()) -> ObservationBatch:
        """Observations [rows, ...] of the sounds so far [rows, samples] and the targets' features."""


OBSERVATIONS: Registry[Callable[..., Observation]] = Registry("observation", group="raveforce.observations")
"""The observations by name."""


def row(seen: ObservationBatch, index: int) -> Any:
    """One row's observation."""
    if isinstance(seen, dict):
        return {name: array[index] for name, array in seen.items()}
    return seen[index]


@dataclass(frozen=True)
class SoundObservation(ABC):
    """Features of attempt, target or their difference, and with them where the episode stands.

    Parameters
    ----------
    show : any of ``SHOWN``, in the order of the observation
    step : show how far the episode has come, 0 to 1
    last : show the last action
    as_dict : keep the parts apart, as a Dict space with features in their own shape, instead of one flat vector
    """

    show: tuple[str, ...] = ("attempt", "target")
    step: bool = False
    last: bool = False
    as_dict: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "show", tuple(self.show))
        if not set(self.show) <= set(SHOWN) or len(set(self.show)) < len(self.show):
            raise ValueError(f"an observation shows any of {', '.join(SHOWN)}, each once, not {self.show}")
        if not (self.show or self.step or self.last):
            raise ValueError("an observation that shows nothing: show a sound, step or last")

    @abstractmethod
    def shape(self, samples: int) -> tuple[int, ...]:
        """Shape of one sound's features."""

    @abstractmethod
    def features(self, audio: Array) -> Array:
        """Features of sounds [rows, samples]: float32 [rows, ...]."""

    @property
    def bounds(self) -> tuple[float, float]:
        """Least and greatest value of the features."""
        return 0.0, 1.0

    def space(self, samples: int, parameters: int = 0) -> gymnasium.Space[Any]:
        """A flat Box, or a Dict of the parts."""
        low, high = self.bounds
        boxes: dict[str, gymnasium.spaces.Box] = {}
        for name in self.show:
            edges = (low - high, high - low) if name == "difference" else (low, high)
            boxes[name] = gymnasium.spaces.Box(*edges, self.shape(samples), np.float32)
        if self.step:
            boxes["step"] = gymnasium.spaces.Box(0.0, 1.0, (1,), np.float32)
        if self.last:
            boxes["last"] = gymnasium.spaces.Box(-1.0, 1.0, (parameters,), np.float32)
        if self.as_dict:
            return gymnasium.spaces.Dict(dict(boxes))
        lows = np.concatenate([box.low.reshape(-1) for box in boxes.values()])
        highs = np.concatenate([box.high.reshape(-1) for box in boxes.values()])
        return gymnasium.spaces.Box(lows, highs, dtype=np.float32)

    def observe(self, audio: Array, target: Array, progress: Progress = Progress()) -> ObservationBatch:
        """The parts, one after the other or as a dictionary."""
        parts: dict[str, Array] = {}
        if "attempt" in self.show or "difference" in self.show:
            parts["attempt"] = self.features(audio)
        if self.show:
            parts["target"] = np.broadcast_to(target, (len(audio), *target.shape[1:]))
        if "difference" in self.show:
            parts["difference"] = parts["target"] - parts["attempt"]
        parts["step"] = np.full((len(audio), 1), progress.fraction, np.float32)
        parts["last"] = np.broadcast_to(progress.last, (len(audio), progress.last.shape[1]))
        shown = {name: parts[name] for name in (*self.show, *(n for n in ("step", "last") if getattr(self, n)))}
        if self.as_dict:
            return {name: part.copy() for name, part in shown.items()}
        return np.concatenate([part.reshape(len(audio), -1) for part in shown.values()], axis=1)


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
        from scipy import fft  # takes long to import

        coefficients = fft.dct(super().features(audio), axis=-1, norm="ortho") / np.sqrt(np.float32(self.n_mels))
        return np.clip(coefficients[..., : self.n_mfcc], -1, 1)


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


def make_observation(
    kind: str | Observation | Mapping[str, Any], sample_rate: int = 44100, **options: Any
) -> Observation:
    """Make an observation by name.

    Parameters
    ----------
    kind : a name in ``OBSERVATIONS`` or a path ``package.module:Class``; a mapping of such a ``kind`` and its options;
        or an observation, which is returned as it is
    sample_rate : Hz, for those whose frequencies are in Hz
    **options : what the observation takes, such as ``n_mels`` or ``show``

    Raises
    ------
    ValueError
        An unknown name.

    Examples
    --------
    >>> make_observation({"kind": "log_mel", "as_dict": True}).space(44100)["target"].shape
    (44, 32)
    """
    if isinstance(kind, Mapping):
        chosen = {**options, **kind}
        return make_observation(chosen.pop("kind"), sample_rate, **chosen)
    if not isinstance(kind, str):
        return kind
    made: Observation = OBSERVATIONS.make(kind, options, sample_rate=sample_rate)
    return made
