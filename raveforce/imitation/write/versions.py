"""Versions of a program, and how long each makes the description of a sound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from raveforce.parameters import Parameter

__all__ = ["EXACT", "LINE", "Version", "length_of"]

LINE, NODE = 0.005, 0.0005
"""What a line and a node must be worth: by which part of the distance each must bring the program nearer."""
EXACT = 1e-6
"""A distance below which nothing is gained any more."""


def length_of(distance: float, text: str) -> float:
    r"""Length of a description of the sound, nats: what the program leaves to say, and its lines and nodes.

    Examples
    --------
    >>> round(length_of(1.0, "~e: imp 1 >> envperc 0.01 0.1\no: noise 7 >> mul ~e"), 3)
    0.012
    """
    lines = text.strip().split("\n")
    return float(np.log(max(distance, EXACT)) + LINE * len(lines) + NODE * sum(line.count(">>") + 1 for line in lines))


@dataclass(frozen=True, eq=False)
class Version:
    """A program and its numbers.

    Attributes
    ----------
    text : with blanks
    kinds : what fills them
    places : the actions that choose the free ones, in [-1, 1], by name
    distance : to the sound
    new : numbers that no tuning has seen
    """

    text: str
    kinds: Mapping[str, Parameter]
    places: Mapping[str, float]
    distance: float = np.inf
    new: frozenset[str] = field(default_factory=frozenset)

    @property
    def length(self) -> float:
        """See ``length_of``; infinite where the program breaks."""
        return length_of(self.distance, self.text)
