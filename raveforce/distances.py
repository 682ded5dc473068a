"""How far apart two sounds are. Each distance is 0 for equal sounds and works on batches.

A distance first turns sounds into features, then compares features, so a target's side is computed once.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from raveforce import spectra

__all__ = ["DISTANCES", "Distance", "LogMel", "MultiScaleSpectral", "Waveform", "make_distance", "measure"]

Array = NDArray[np.float32]
Features: TypeAlias = tuple[Array, ...]


class Distance(Protocol):
    """What every distance offers."""

    @property
    def name(self) -> str:
        """Short name, as in configurations and tables."""

    def features(self, audio: Array) -> Features:
        """What is compared: arrays [rows, ...] for audio [rows, samples]."""

    def between(self, features: Features, target: Features) -> NDArray[np.float64]:
        """Distances [rows], at least 0; the target has as many rows, or one for all."""


@dataclass(frozen=True)
class Waveform:
    """Mean squared error of the samples, the distance of the first RaveForce.

    Sensitive to gain, phase and shift: two sines of the same pitch can be far apart.
    """

    name: str = "waveform"

    def features(self, audio: Array) -> Features:
        """The samples themselves."""
        return (audio,)

    def between(self, features: Features, target: Features) -> NDArray[np.float64]:
        """Mean over the samples."""
        return np.square(features[0] - target[0]).mean(axis=-1, dtype=np.float64)


@dataclass(frozen=True)
class MultiScaleSpectral:
    """Multi-resolution STFT distance: spectral convergence plus log-magnitude error, averaged over resolutions.

    With S the target's and Ŝ the sound's magnitudes, one resolution gives ``‖S-Ŝ‖ / ‖S‖ + mean |ln S - ln Ŝ|``
    (Arık, Jun & Diamos 2019; several resolutions: Yamamoto, Song & Kim 2020). Magnitudes below ``floor`` are
    taken as the floor in the logarithm, so differences nobody hears do not count.

    Blind to the phase, nearly blind to shifts much shorter than a window; sensitive to gain.

    Parameters
    ----------
    n_ffts : window lengths, samples; the hop is a quarter of each
    floor : magnitude, 1 is a full-scale sine (the default is -80 dB)
    """

    n_ffts: tuple[int, ...] = (2048, 1024, 512, 256, 128, 64)
    floor: float = 1e-4
    name: str = "mss"

    def __post_init__(self) -> None:
        object.__setattr__(self, "n_ffts", tuple(self.n_ffts))

    def features(self, audio: Array) -> Features:
        """Magnitudes and their logarithm, for each resolution."""
        arrays: list[Array] = []
        for n_fft in self.n_ffts:
            power = spectra.power(audio, n_fft=n_fft, hop_length=n_fft // 4).reshape(len(audio), -1)
            logarithm = np.maximum(power, np.float32(self.floor**2))
            np.log(logarithm, out=logarithm)
            logarithm *= np.float32(0.5)
            arrays += [np.sqrt(power, out=power), logarithm]
        return tuple(arrays)

    def between(self, features: Features, target: Features) -> NDArray[np.float64]:
        """Average over the resolutions."""
        total = np.zeros(len(features[0]))
        for index in range(0, len(features), 2):
            magnitude, logarithm = features[index : index + 2]
            wanted, wanted_logarithm = target[index : index + 2]
            # A silent target would divide by zero; it is as loud as the floor then.
            total += _norm(magnitude - wanted) / np.maximum(_norm(wanted), self.floor)
            difference = logarithm - wanted_logarithm
            total += np.abs(difference, out=difference).mean(axis=-1)
        return total / len(self.n_ffts)


@dataclass(frozen=True)
class LogMel:
    """Mean absolute difference of log-mel spectrograms (natural log of power).

    Blind to the phase and to fine pitch within a mel band; sensitive to gain above the floor.
    """

    sample_rate: int = 44100
    n_fft: int = 1024
    hop_length: int = 256
    n_mels: int = 64
    name: str = "log_mel"

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
        return np.abs(features[0] - target[0]).mean(axis=-1, dtype=np.float64)


DISTANCES: dict[str, type[Waveform | MultiScaleSpectral | LogMel]] = {
    "waveform": Waveform,
    "mss": MultiScaleSpectral,
    "log_mel": LogMel,
}
"""The distances by name; every run reports them all."""


def make_distance(kind: str | Distance, sample_rate: int = 44100, **options: Any) -> Distance:
    """Make a distance by name.

    Parameters
    ----------
    kind : a name in ``DISTANCES``, or a distance, which is returned as it is
    sample_rate : Hz, for those whose frequencies are in Hz
    **options : what the distance takes, such as ``n_ffts`` or ``n_mels``

    Raises
    ------
    ValueError
        An unknown name.
    """
    if not isinstance(kind, str):
        return kind
    if kind not in DISTANCES:
        raise ValueError(f"unknown distance {kind!r}; the distances are {', '.join(DISTANCES)}")
    made = DISTANCES[kind]
    if "sample_rate" in {field.name for field in fields(made)}:
        options = {"sample_rate": sample_rate, **options}
    return made(**options)


def measure(audio: ArrayLike, target: ArrayLike, sample_rate: int = 44100) -> dict[str, float]:
    """Every distance between two sounds of the same length, float [samples] each.

    Examples
    --------
    >>> sound = np.sin(np.arange(4410) / 10)
    >>> measure(sound, sound)
    {'waveform': 0.0, 'mss': 0.0, 'log_mel': 0.0}
    """
    pair = [np.atleast_2d(np.asarray(sound, dtype=np.float32)) for sound in (audio, target)]
    if pair[0].shape != pair[1].shape:
        raise ValueError(f"the sounds have {pair[0].shape[-1]} and {pair[1].shape[-1]} samples: pad or cut one")
    distances = [make_distance(name, sample_rate) for name in DISTANCES]
    return {d.name: float(d.between(*(d.features(sound) for sound in pair))[0]) for d in distances}


def _norm(array: Array) -> NDArray[np.float64]:
    return np.sqrt(np.square(array).sum(axis=-1)).astype(np.float64)
