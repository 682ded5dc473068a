"""Tuning the numbers of one structure of a written program, a generation at a time."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from raveforce.imitation.cma_es import CMAES
from raveforce.writing.drafts import Draft
from raveforce.writing.objective import FormObjective

__all__ = ["Tuning"]


@dataclass(eq=False)
class Tuning:
    """CMA-ES over the numbers of one form, from a draft on; forms without numbers stay as they are."""

    objective: FormObjective
    start: Draft
    worth: float
    sigma: float | NDArray[np.float64]
    popsize: int
    seed: np.random.SeedSequence
    _search: CMAES | None = field(default=None, init=False)

    @property
    def nearest(self) -> tuple[float, Draft]:
        """What the best of its programs is worth, and that program."""
        if self._search is None or self._search.nearest[0] >= self.worth:
            return self.worth, self.start
        worth, action = self._search.nearest
        return worth, self.objective.draft(action[: self.objective.dimensions])

    def advance(self) -> int:
        """A generation; returns how many programs were played."""
        dimensions = self.objective.dimensions
        if dimensions == 0:
            return 0
        if self._search is None:
            start = 2 * self.start.places - 1
            # In one dimension CMA-ES adapts nothing: a second that counts for nothing makes it two.
            self._search = CMAES(
                max(dimensions, 2),
                seed=self.seed,
                start=np.resize(start, max(dimensions, 2)),
                sigma=np.resize(self.sigma, max(dimensions, 2)),
                popsize=self.popsize,
            )
        candidates = self._search.ask()
        self._search.tell(candidates, self.objective(candidates[:, :dimensions]))
        return len(candidates)

    @property
    def converged(self) -> bool:
        """Whether more tuning brings little."""
        return self.objective.dimensions == 0 or (self._search is not None and self._search.restarts > 0)
