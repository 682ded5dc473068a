"""What was proposed: how often each structure came, and where its numbers lay."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from raveforce.writing.drafts import Draft, Form

__all__ = ["Proposed"]

Floats = NDArray[np.float64]

FEWEST = 4
"""Proposals of a structure from which a spread is taken."""


class Proposed:
    """Programs that were proposed, by structure.

    Examples
    --------
    >>> proposed, form = Proposed(), ((0, 3),)
    >>> for place in (0.2, 0.3, 0.4, 0.5):
    ...     proposed.add(Draft(form, np.array([place, 0.7])))
    >>> round(proposed.surprise(form), 2), round(proposed.surprise(((1,),)), 2)
    (0.0, 1.61)
    >>> proposed.spread(form).round(2).tolist()
    [0.11, 0.0]
    """

    def __init__(self) -> None:
        self.count = 0
        self._places: dict[Form, list[Floats]] = {}

    def add(self, draft: Draft) -> None:
        """Count one more."""
        self.count += 1
        self._places.setdefault(draft.form, []).append(draft.places)

    def surprise(self, form: Form) -> float:
        """How unlikely a structure is, nats: minus the logarithm of its share, where every structure came once more.

        That is the length of its name in the code that is best for what was proposed (Shannon 1948).
        """
        return float(np.log((1 + self.count) / (1 + len(self._places.get(form, ())))))

    def spread(self, form: Form) -> Floats | None:
        """Standard deviations of a structure's numbers, of their scales; None where it came too seldom."""
        places = self._places.get(form, ())
        return np.std(places, axis=0) if len(places) >= FEWEST else None
