"""CMA-ES that is restarted when it has converged, with a way to ask and to tell."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["CMAES", "SIGMA"]

Floats = NDArray[np.float64]

SIGMA = 0.5
"""Standard deviation of first candidates where nothing is known; the space is [-1, 1]."""
MOST = 64
"""Candidates in a generation at most, however often it was restarted."""
TOLERANCE = 2e-3
"""Part of the distance, and of the space, below which differences do not matter any more: it has converged."""


class CMAES:
    """CMA-ES (Hansen & Ostermeier 2001) in the box [-1, 1], restarted when it has converged.

    A restart has twice the candidates, up to ``MOST`` (Auger & Hansen 2005). The random numbers are its own, so several
    may run in threads, and a seed gives the same candidates whatever else the process draws.

    Parameters
    ----------
    dimensions : numbers in a candidate
    seed : of its random numbers
    start : where it begins, float [dimensions]; None is the middle of the box
    sigma : standard deviation of the first candidates, a number or one a dimension
    popsize : candidates in a generation of the first run

    Examples
    --------
    >>> search = CMAES(2, seed=0)
    >>> for _ in range(60):
    ...     candidates = search.ask()
    ...     search.tell(candidates, np.square(candidates - 0.3).sum(axis=1))
    >>> np.round(search.nearest[1], 3).tolist()
    [0.3, 0.3]
    """

    def __init__(
        self,
        dimensions: int,
        *,
        seed: int | np.random.SeedSequence = 0,
        start: Floats | None = None,
        sigma: float | Floats = SIGMA,
        popsize: int = 16,
    ) -> None:
        self.rng = np.random.default_rng(seed)
        self.dimensions = dimensions
        self.popsize = popsize
        self._start = np.zeros(dimensions) if start is None else np.clip(np.asarray(start, dtype=float), -1, 1)
        # Together, so that whoever looks on from another thread sees what belongs together.
        self.nearest: tuple[float, Floats] = np.inf, self._start
        self.renders = 0
        self.restarts = 0
        self._sigma = np.broadcast_to(np.asarray(sigma, dtype=float), dimensions)
        self._strategy: Any = None
        self._converged = False
        self._asked: list[Floats] = []

    def ask(self) -> Floats:
        """The candidates of a generation, float64 [n, dimensions] in [-1, 1]."""
        first = self._strategy is None
        if first:
            self._begin(self._start, self._sigma)
        elif self._converged:
            self.popsize, self.restarts, self._converged = self.upcoming, self.restarts + 1, False
            # From anywhere: where it converged, it has seen what there is.
            self._begin(self.rng.uniform(-1, 1, self.dimensions), np.full(self.dimensions, SIGMA))
        self._asked = self._strategy.ask()
        if first:
            self._asked[0] = self._start
        return np.clip(np.stack(self._asked), -1, 1)

    def tell(self, candidates: Floats, values: Floats) -> None:
        """What the candidates that were asked for are worth; less is better."""
        self.note(candidates, values)
        # A broken program is worse than any other, and CMA-ES ranks: how much worse does not matter.
        finite = values[np.isfinite(values)]
        worst = finite.max() if len(finite) else 0.0
        self._strategy.tell(self._asked, np.where(np.isfinite(values), values, worst + 1).tolist())
        if np.isfinite(self.nearest[0]):
            tolerance = TOLERANCE * self.nearest[0]
            self._strategy.opts.set({"tolfun": tolerance, "tolfunhist": tolerance})
        self._converged = bool(self._strategy.stop())

    def note(self, candidates: Floats, values: Floats) -> None:
        """Keep the best of candidates that were tried elsewhere, without learning from them."""
        self.renders += len(values)
        first = int(values.argmin())
        if values[first] < self.nearest[0]:
            self.nearest = float(values[first]), candidates[first].copy()

    @property
    def upcoming(self) -> int:
        """How many candidates the next generation has."""
        return max(self.popsize, min(2 * self.popsize, MOST)) if self._converged else self.popsize

    def _begin(self, start: Floats, sigma: Floats) -> None:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Could not import matplotlib")  # nothing is drawn here
            import cma  # takes a second to import

        options = {
            "bounds": [-1, 1],
            "verbose": -9,
            "popsize": self.popsize,
            "randn": _Normal(self.rng),
            "tolx": TOLERANCE,
            "seed": np.nan,  # nothing is drawn from numpy's global numbers
            "CMA_stds": sigma / sigma.max(),
        }
        self._strategy = cma.CMAEvolutionStrategy(np.clip(start, -1, 1), float(sigma.max()), options)


class _Normal:
    """``numpy.random.randn`` with random numbers of its own."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def __call__(self, *shape: int) -> Any:
        return self.rng.standard_normal(shape) if shape else self.rng.standard_normal()
