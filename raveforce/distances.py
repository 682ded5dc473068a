"""How far apart two sounds are. Each distance is 0 for equal sounds and works on batches.

A distance first turns sounds into features, then compares features, so a target's side is computed once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from raveforce import fourier, spectra

__all__ = [
    "DISTANCES",
    "MFCC",
    "Chroma",
    "Distance",
    "Envelope",
    "LogMel",
    "MultiScaleSpectral",
    "SpectralTransport",
    "SynthRL",
    "Waveform",
    "WeightedSum",
    "make_distance",
    "measure",
    "measure_rows",
]

Array = NDArray[np.float32]
Features: TypeAlias = tuple[Array, ...]


class Distance(Protocol):
    """What every distance offers.

    One may also have ``measure(audio, target)``, distances [rows] of many sounds to the features of one target or one
    each, where that is quicker than comparing the features of a few rows at a time: see ``measure_rows``.
    """

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

    Nearly blind to the phase where a cycle fits into a window, and to shifts much shorter than one: the short windows
    hear the phase of low sounds. Blind to polarity; sensitive to gain.

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
        """Magnitudes and their logarithm, for each resolution; the order of a resolution's numbers is its own."""
        arrays: list[Array] = []
        for n_fft in self.n_ffts:
            if fourier.quick(n_fft):
                arrays += fourier.scales(audio, n_fft, n_fft // 4, self.floor)
                continue
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

    def measure(self, audio: Array, target: Features) -> NDArray[np.float64]:
        """Average over the resolutions, each compared frame by frame as it is computed."""
        if not all(fourier.quick(n_fft) for n_fft in self.n_ffts):
            return _by_few_rows(self, audio, target)
        total = np.zeros(len(audio))
        for n_fft, wanted, logarithm in zip(self.n_ffts, target[::2], target[1::2], strict=True):
            squares, others = fourier.apart(audio, n_fft, n_fft // 4, self.floor, wanted, logarithm)
            total += np.sqrt(squares) / np.maximum(_norm(wanted), self.floor) + others / wanted.shape[1]
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
        difference = features[0] - target[0]
        return np.abs(difference, out=difference).mean(axis=-1, dtype=np.float64)

    def measure(self, audio: Array, target: Features) -> NDArray[np.float64]:
        """All rows at once: these features are no larger than the sound."""
        return self.between(self.features(audio), target)


@dataclass(frozen=True)
class MFCC:
    """Mean absolute difference of mel-frequency cepstral coefficients, 20 of them in the first RaveForce's paper.

    Blind to the phase and to fine pitch; gain (above the floor) moves the first coefficient only. On the settings:
    ``spectra.mfcc`` (Davis & Mermelstein 1980).
    """

    sample_rate: int = 44100
    n_mfcc: int = 20
    n_fft: int = 1024
    hop_length: int = 256
    n_mels: int = 64
    name: str = "mfcc"

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


@dataclass(frozen=True)
class Envelope:
    """Mean absolute difference of loudness over time (root mean square of short frames).

    Blind to pitch, timbre and phase; sensitive to gain and to shifts longer than a frame.
    """

    frame_length: int = 512
    hop_length: int = 128
    name: str = "envelope"

    def features(self, audio: Array) -> Features:
        """Loudness of every frame."""
        return (spectra.envelope(audio, frame_length=self.frame_length, hop_length=self.hop_length),)

    def between(self, features: Features, target: Features) -> NDArray[np.float64]:
        """Mean over frames."""
        return np.abs(features[0] - target[0]).mean(axis=-1, dtype=np.float64)


@dataclass(frozen=True)
class SpectralTransport:
    """How far energy must move along the frequency axis to turn one spectrum into the other, by frame.

    The 1-Wasserstein distance of normalised magnitude spectra on a scale of half the sample rate, so a pitch twice
    as far off is twice as far (Torres, Peeters & Richard 2024, who square it; here it stays in units of frequency).
    Frames are weighted by how loud they are in either sound; what one has and the other has not must move all the
    way, so silence is far away.

    Blind to the phase and nearly to gain (of the whole: frames are weighted by loudness after both sounds are scaled
    alike); sensitive to pitch and brightness.
    """

    n_fft: int = 2048
    hop_length: int = 512
    floor: float = 1e-4
    name: str = "sot"

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


@dataclass(frozen=True)
class Chroma:
    """How differently energy is spread over the twelve pitch classes, for pitched sounds.

    Frames hold the square root of their share of the sound's energy by class, so gain and octave do not count and
    loud frames count more; the distance is the square root of half the squared difference (that of Hellinger):
    0 to 1. Blind to gain, phase and octave, nearly to timbre. On the features: ``spectra.chroma`` (Fujishima 1999).
    """

    sample_rate: int = 44100
    n_fft: int = 8192
    hop_length: int = 2048
    floor: float = 1e-8
    name: str = "chroma"

    def features(self, audio: Array) -> Features:
        """Square roots of the energy's shares, flattened."""
        energy = spectra.chroma(audio, sample_rate=self.sample_rate, n_fft=self.n_fft, hop_length=self.hop_length)
        energy = energy.reshape(len(audio), -1)
        total = energy.sum(axis=-1, dtype=np.float64, keepdims=True)
        return (np.sqrt(energy / np.maximum(total, self.floor)).astype(np.float32),)

    def between(self, features: Features, target: Features) -> NDArray[np.float64]:
        """Hellinger distance."""
        return _norm(features[0] - target[0]) / np.sqrt(2)


@dataclass(frozen=True)
class SynthRL:
    """0.7 · spectral convergence + 0.27 · log-magnitude error + 0.03 · MFCC error, whose inverse rewards SynthRL.

    Spectral convergence is ``‖S-Ŝ‖ / ‖S‖``, the errors are mean absolute ones; the weights are those of SynthRL
    (Shin & Lee 2025). Blind to the phase; sensitive to gain. ``kind="inverse"`` makes it the paper's reward.
    """

    sample_rate: int = 44100
    n_fft: int = 2048
    hop_length: int = 512
    floor: float = 1e-4
    weights: tuple[float, float, float] = (0.7, 0.27, 0.03)
    name: str = "synthrl"

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


@dataclass(frozen=True)
class WeightedSum:
    """Several distances at once, each with a weight: what it hears is what its parts hear."""

    parts: tuple[tuple[Distance, float], ...]
    name: str = "sum"
    # How many arrays of features each part has.
    _counts: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.parts or not all(np.isfinite(weight) and weight > 0 for _, weight in self.parts):
            raise ValueError("a sum of distances needs parts, with weights above 0")
        silence = np.zeros((1, 64), np.float32)
        object.__setattr__(self, "_counts", tuple(len(distance.features(silence)) for distance, _ in self.parts))

    def features(self, audio: Array) -> Features:
        """The features of all parts, one after the other."""
        return tuple(array for distance, _ in self.parts for array in distance.features(audio))

    def between(self, features: Features, target: Features) -> NDArray[np.float64]:
        """Weighted sum of the parts' distances."""
        total: NDArray[np.float64] = np.zeros(len(features[0]))
        start = 0
        for (distance, weight), count in zip(self.parts, self._counts, strict=True):
            chosen = slice(start, start + count)
            total = total + weight * distance.between(features[chosen], target[chosen])
            start += count
        return total

    def measure(self, audio: Array, target: Features) -> NDArray[np.float64]:
        """Weighted sum of the parts' distances, each measured in its own way."""
        total: NDArray[np.float64] = np.zeros(len(audio))
        start = 0
        for (distance, weight), count in zip(self.parts, self._counts, strict=True):
            total = total + weight * measure_rows(distance, audio, target[start : start + count])
            start += count
        return total


DISTANCES: dict[str, type[Any]] = {
    "waveform": Waveform,
    "mss": MultiScaleSpectral,
    "log_mel": LogMel,
    "mfcc": MFCC,
    "envelope": Envelope,
    "sot": SpectralTransport,
    "chroma": Chroma,
    "synthrl": SynthRL,
}
"""The distances by name; every run reports them all."""


def make_distance(kind: str | Distance | Mapping[str, Any], sample_rate: int = 44100, **options: Any) -> Distance:
    """Make a distance by name.

    Parameters
    ----------
    kind : a name in ``DISTANCES``; a distance, which is returned as it is; or, for a weighted sum, the parts' weights
        by name (or a part's ``weight`` and its options)
    sample_rate : Hz, for those whose frequencies are in Hz
    **options : what the distance takes, such as ``n_ffts`` or ``n_mels``

    Raises
    ------
    ValueError
        An unknown name, or weights that are not above 0.

    Examples
    --------
    >>> make_distance({"mss": 1, "envelope": {"weight": 5, "hop_length": 64}}).name
    'mss+envelope'
    """
    if isinstance(kind, Mapping):
        parts = []
        for name, part in kind.items():
            chosen = dict(part) if isinstance(part, Mapping) else {"weight": part}
            weight = float(chosen.pop("weight", 1))
            parts.append((make_distance(name, sample_rate, **chosen), weight))
        return WeightedSum(tuple(parts), name="+".join(kind), **options)
    if not isinstance(kind, str):
        return kind
    if kind not in DISTANCES:
        raise ValueError(f"unknown distance {kind!r}; the distances are {', '.join(DISTANCES)}")
    made: type[Distance] = DISTANCES[kind]
    if "sample_rate" in {field.name for field in fields(DISTANCES[kind])}:
        options = {"sample_rate": sample_rate, **options}
    return made(**options)


def measure_rows(distance: Distance, audio: Array, target: Features) -> NDArray[np.float64]:
    """Distances of many sounds to the features of one target, or of one target each.

    Parameters
    ----------
    distance : any; if it has a ``measure`` of its own, that does it
    audio : float32 array [rows, samples]
    target : the distance's features, of one row or as many as there are sounds

    Returns
    -------
    float64 array [rows]
    """
    own: Callable[[Array, Features], NDArray[np.float64]] | None = getattr(distance, "measure", None)
    return own(audio, target) if own else _by_few_rows(distance, audio, target)


def _by_few_rows(distance: Distance, audio: Array, target: Features) -> NDArray[np.float64]:
    # Features are many times larger than the sound, so only those of a few rows are there at a time.
    distances = np.empty(len(audio))
    for rows in spectra.row_chunks(audio):
        aim = tuple(array[rows] if len(array) > 1 else array for array in target)
        distances[rows] = distance.between(distance.features(audio[rows]), aim)
    return distances


def measure(audio: ArrayLike, target: ArrayLike, sample_rate: int = 44100) -> dict[str, float]:
    """Every distance between two sounds of the same length, float [samples] each.

    Examples
    --------
    >>> sound = np.sin(np.arange(4410) / 10)
    >>> measure(sound, sound)["mss"]
    0.0
    """
    pair = [np.atleast_2d(np.asarray(sound, dtype=np.float32)) for sound in (audio, target)]
    if pair[0].shape != pair[1].shape:
        raise ValueError(f"the sounds have {pair[0].shape[-1]} and {pair[1].shape[-1]} samples: pad or cut one")
    distances = [make_distance(name, sample_rate) for name in DISTANCES]
    return {d.name: float(d.between(*(d.features(sound) for sound in pair))[0]) for d in distances}


def _norm(array: Array) -> NDArray[np.float64]:
    return np.sqrt(np.square(array).sum(axis=-1)).astype(np.float64)
