"""What a distance is, and how distances are found by name, added up and measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from raveforce import spectra
from raveforce._options import check_sizes
from raveforce.registry import Registry

__all__ = [
    "DISTANCES",
    "Array",
    "Distance",
    "Features",
    "NamedDistance",
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
        """Name in tables; distances with other options have another."""

    def features(self, audio: Array) -> Features:
        """What is compared: arrays [rows, ...] for audio [rows, samples]."""

    def between(self, features: Features, target: Features) -> NDArray[np.float64]:
        """Distances [rows], at least 0; the target has as many rows, or one for all."""


DISTANCES: Registry[Callable[..., Distance]] = Registry("distance", group="raveforce.distances")
"""The distances by name; every run reports them all."""


@dataclass(frozen=True)
class NamedDistance:
    """Names a distance that is a dataclass by what it is registered as and the options that are not the usual ones.

    Examples
    --------
    >>> make_distance("log_mel", n_mels=128).name
    'log_mel(n_mels=128)'
    """

    @property
    def name(self) -> str:
        """Name in tables."""
        chosen = [
            f"{option.name}={getattr(self, option.name)}".replace(" ", "")
            for option in fields(self)
            # The rate is the task's, and everywhere the same.
            if option.init and option.name != "sample_rate" and getattr(self, option.name) != option.default
        ]
        return DISTANCES.name_of(type(self)) + (f"({','.join(chosen)})" if chosen else "")


@dataclass(frozen=True)
class WeightedSum:
    """Several distances at once, each with a weight: what it hears is what its parts hear."""

    parts: tuple[tuple[Distance, float], ...]
    # How many arrays of features each part has.
    _counts: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.parts or not all(np.isfinite(weight) and weight > 0 for _, weight in self.parts):
            raise ValueError("a sum of distances needs parts, with weights above 0")
        silence = np.zeros((1, 64), np.float32)
        object.__setattr__(self, "_counts", tuple(len(distance.features(silence)) for distance, _ in self.parts))

    @property
    def name(self) -> str:
        """The parts' names, with weights that are not 1."""
        return "+".join(f"{'' if weight == 1 else f'{weight:g}*'}{distance.name}" for distance, weight in self.parts)

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


def make_distance(kind: str | Distance | Mapping[str, Any], sample_rate: int = 44100, **options: Any) -> Distance:
    """Make a distance by name.

    Parameters
    ----------
    kind : a name in ``DISTANCES`` or a path ``package.module:Class``; a distance, which is returned as it is; or, for
        a weighted sum, the parts' weights by name (or a part's ``weight`` and its options)
    sample_rate : Hz, for those whose frequencies are in Hz
    **options : what the distance takes, such as ``n_ffts`` or ``n_mels``

    Raises
    ------
    ValueError
        An unknown name, weights that are not above 0, or sizes that are none or too large.

    Examples
    --------
    >>> make_distance({"mss": 1, "envelope": {"weight": 5, "hop_length": 64}}).name
    'mss+5*envelope(hop_length=64)'
    """
    if isinstance(kind, Mapping):
        parts = []
        for name, part in kind.items():
            chosen = dict(part) if isinstance(part, Mapping) else {"weight": part}
            weight = chosen.pop("weight", 1)
            distance = make_distance(name, sample_rate, **chosen)
            try:
                parts.append((distance, float(weight)))
            except (TypeError, ValueError):
                raise ValueError(f"the weight of {name} must be a number, got {weight!r}") from None
        return WeightedSum(tuple(parts), **options)
    if not isinstance(kind, str):
        if not hasattr(kind, "features"):
            raise ValueError(f"a distance is a name, a mapping of weights or a Distance, not {kind!r}")
        return kind
    check_sizes(options)
    made: Distance = DISTANCES.make(kind, options, sample_rate=sample_rate)
    return made


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
    if own:
        return own(audio, target)
    # Features are many times larger than the sound, so only those of a few rows are there at a time.
    distances = np.empty(len(audio))
    for rows in spectra.row_chunks(audio):
        reference = tuple(array[rows] if len(array) > 1 else array for array in target)
        distances[rows] = distance.between(distance.features(audio[rows]), reference)
    return distances


def measure(
    audio: ArrayLike, target: ArrayLike, sample_rate: int = 44100, *, extra: Sequence[Distance] = ()
) -> dict[str, float]:
    """Every distance between two sounds of the same length.

    Parameters
    ----------
    audio, target : float [samples]
    sample_rate : Hz
    extra : more distances than those in ``DISTANCES``, such as that of a reward with its own options

    Returns
    -------
    dict, distances by name

    Raises
    ------
    ValueError
        Sounds of different lengths.

    Examples
    --------
    >>> sound = np.sin(np.arange(4410) / 10)
    >>> measure(sound, sound)["mss"]
    0.0
    >>> list(measure(sound, sound, extra=[make_distance("mfcc", n_mfcc=13)]))[-1]
    'mfcc(n_mfcc=13)'
    """
    pair = [np.atleast_2d(np.asarray(sound, dtype=np.float32)) for sound in (audio, target)]
    if pair[0].shape != pair[1].shape:
        raise ValueError(f"the sounds have {pair[0].shape[-1]} and {pair[1].shape[-1]} samples: pad or cut one")
    distances = {name: make_distance(name, sample_rate) for name in DISTANCES} | {d.name: d for d in extra}
    return {name: float(d.between(*(d.features(sound) for sound in pair))[0]) for name, d in distances.items()}
