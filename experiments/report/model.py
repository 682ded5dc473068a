"""What a report shows: items, each with sounds to play, curves, distances and settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Curve", "Fact", "Item", "Role", "Sound"]

Fact: TypeAlias = str | float | int | None
Role: TypeAlias = Literal["best", "policy", "episodes"]


@dataclass(frozen=True)
class Sound:
    """A sound to play.

    Attributes
    ----------
    name : such as "target" or "best"; unique within its item
    audio : float32 [samples], full scale ±1
    sample_rate : Hz
    against : the name of the sound that it imitates, and is played against with one key; empty where there is none
    caption : a few words beside its name
    program : Glicol text that plays it
    parameters : the program's numbers by name, a dictionary a step
    cut_from : seconds of the recording of which this is the beginning; None where it is whole
    """

    name: str
    audio: NDArray[np.float32]
    sample_rate: int
    against: str = ""
    caption: str = ""
    program: str = ""
    parameters: Sequence[Mapping[str, Fact]] = ()
    cut_from: float | None = None

    def __post_init__(self) -> None:
        if self.audio.ndim != 1 or len(self.audio) == 0:
            raise ValueError(f"the sound {self.name!r} must be [samples], not empty, got {list(self.audio.shape)}")
        if not np.isfinite(self.audio).all():
            raise ValueError(f"the sound {self.name!r} holds NaN or infinite samples")

    @property
    def seconds(self) -> float:
        """Its length."""
        return len(self.audio) / self.sample_rate


@dataclass(frozen=True)
class Curve:
    """A line of a chart: ``y`` against ``x``, sequences of one length, not empty, finite.

    Attributes
    ----------
    name : in the legend
    x, y : its points
    role : how it is drawn: "best", "policy" or, behind these, "episodes"
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    role: Role = "best"

    def __post_init__(self) -> None:
        if not len(self.x) == len(self.y) > 0:
            raise ValueError(f"the curve {self.name!r} must have as many x as y, got {len(self.x)} and {len(self.y)}")
        if not np.isfinite([*self.x, *self.y]).all():
            raise ValueError(f"the curve {self.name!r} must be finite")


@dataclass(frozen=True)
class Item:
    """One entry of a report, such as a run.

    Attributes
    ----------
    name : unique within its report
    facts : its row of the table, by column
    sounds : to play, the first one first
    curves : its learning curves, best first
    curve_axes : what x and y of the curves are
    reference : name and value of a level to draw into the chart, such as that of silence
    distances : by column, such as "best" or "silence", then by the distance's name
    trained_on : the distance that the reward is made of
    settings : by dotted name
    remarks : what stands out
    faults : what could not be read
    """

    name: str
    facts: Mapping[str, Fact] = field(default_factory=dict)
    sounds: Sequence[Sound] = ()
    curves: Sequence[Curve] = ()
    curve_axes: tuple[str, str] = ("renders", "distance")
    reference: tuple[str, float] | None = None
    distances: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    trained_on: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    remarks: Sequence[str] = ()
    faults: Sequence[str] = ()

    def __post_init__(self) -> None:
        names = [sound.name for sound in self.sounds]
        if len(set(names)) < len(names):
            raise ValueError(f"the sounds of {self.name!r} must have different names, got {names}")
