"""What all observations have in common: where an episode stands, and sounds as features."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

import gymnasium
import numpy as np
from numpy.typing import NDArray

from raveforce._options import check_sizes
from raveforce.registry import Registry

__all__ = [
    "OBSERVATIONS",
    "Array",
    "Observation",
    "ObservationBatch",
    "Progress",
    "SoundObservation",
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
    step : steps taken
    steps : steps in all
    last : actions of the last step, float32 [rows, free parameters]; zeros before the first
    """

    step: int = 0
    steps: int = 1
    last: Array = field(default_factory=lambda: np.zeros((1, 0), np.float32))


class Observation(Protocol):
    """What every observation offers."""

    def space(self, samples: int, parameters: int = 0, steps: int = 1) -> gymnasium.Space[Any]:
        """The space of one observation for episodes of so many samples, free parameters and steps."""

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
    step : show how far the episode has come
    one_hot : show it as one place for each step, 1 at the one to come, instead of a number from 0 to 1: from a number,
        a network learns slowly what changes from one step to the next
    last : show the last action
    as_dict : keep the parts apart, as a Dict space with features in their own shape, instead of one flat vector
    """

    show: tuple[str, ...] = ("attempt", "target")
    step: bool = False
    one_hot: bool = False
    last: bool = False
    as_dict: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "show", tuple(self.show))
        if not set(self.show) <= set(SHOWN) or len(set(self.show)) < len(self.show):
            raise ValueError(f"an observation shows any of {', '.join(SHOWN)}, each once, not {self.show}")
        if not (self.show or self.step or self.last):
            raise ValueError("an observation that shows nothing: show a sound, step or last")
        if self.one_hot and not self.step:
            raise ValueError("one_hot is a form of the step: show it too (step=True)")

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

    def space(self, samples: int, parameters: int = 0, steps: int = 1) -> gymnasium.Space[Any]:
        """A flat Box, or a Dict of the parts."""
        low, high = self.bounds
        boxes: dict[str, gymnasium.spaces.Box] = {}
        for name in self.show:
            edges = (low - high, high - low) if name == "difference" else (low, high)
            boxes[name] = gymnasium.spaces.Box(*edges, self.shape(samples), np.float32)
        if self.step:
            boxes["step"] = gymnasium.spaces.Box(0.0, 1.0, (steps if self.one_hot else 1,), np.float32)
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
        parts["step"] = np.broadcast_to(self._place(progress), (len(audio), progress.steps if self.one_hot else 1))
        parts["last"] = np.broadcast_to(progress.last, (len(audio), progress.last.shape[1]))
        shown = {name: parts[name] for name in (*self.show, *(n for n in ("step", "last") if getattr(self, n)))}
        if self.as_dict:
            return {name: part.copy() for name, part in shown.items()}
        return np.concatenate([part.reshape(len(audio), -1) for part in shown.values()], axis=1)

    def _place(self, progress: Progress) -> Array:
        """How far the episode has come, [1] or [steps]; at its end, no place is left."""
        if self.one_hot:
            return (np.arange(progress.steps) == progress.step).astype(np.float32)
        return np.array([progress.step / progress.steps], np.float32)


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
        An unknown name, or sizes that are none or too large.

    Examples
    --------
    >>> make_observation({"kind": "log_mel", "as_dict": True}).space(44100)["target"].shape
    (44, 32)
    """
    if isinstance(kind, Mapping):
        chosen = {**options, **kind}
        if "kind" not in chosen:
            raise ValueError(
                f"an observation that is a mapping names its kind, as in {{'kind': 'log_mel'}}; got {dict(kind)}"
            )
        return make_observation(chosen.pop("kind"), sample_rate, **chosen)
    if not isinstance(kind, str):
        if not hasattr(kind, "observe"):
            raise ValueError(f"an observation is a name, a mapping or an Observation, not {kind!r}")
        return kind
    check_sizes(options)
    made: Observation = OBSERVATIONS.make(kind, options, sample_rate=sample_rate)
    return made
