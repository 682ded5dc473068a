"""Where a search may begin: what an analysis of the sound or a trained policy answers to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from raveforce.imitation.cma_es import SIGMA
from raveforce.task import Task

__all__ = ["Prior", "Proposer", "prior", "propose"]

Floats = NDArray[np.float64]

UNIFORM = 1 / np.sqrt(3)
"""Standard deviation of numbers anywhere in [-1, 1]."""
NARROWEST = 0.1
"""Least standard deviation of a start: answers that agree may all be wrong."""
FEW = 0.25
"""Standard deviation around a single answer, which says nothing of how sure it is."""


class Proposer(Protocol):
    """Answers a sound with actions of a template, such as a trained policy does."""

    def __call__(self, template: str, task: Task, sound: NDArray[np.float32]) -> ArrayLike | None:
        """Actions [k, d] in [-1, 1], the likeliest first; None or k = 0 where it knows nothing.

        Parameters
        ----------
        template : its name
        task : program and parameters of the template
        sound : float32 [samples]
        """


@dataclass(frozen=True)
class Prior:
    """Where answers lie.

    Attributes
    ----------
    mean, sigma : float64 [d]
    """

    mean: Floats
    sigma: Floats


def prior(answers: ArrayLike | None, dimensions: int) -> Prior:
    """The start of a search from several answers [k, dimensions].

    A coordinate in which the answers lie anywhere says nothing: its mean shrinks to the middle and its spread to that
    of a search without a start. One in which they agree is searched near by.

    Examples
    --------
    >>> agreed = prior([[0.5, -0.9], [0.5, 0.9], [0.5, -0.8], [0.5, 0.8]], 2)
    >>> agreed.mean.tolist(), np.round(agreed.sigma, 2).tolist()
    ([0.5, 0.0], [0.1, 0.5])
    """
    array = np.zeros((0, dimensions)) if answers is None else np.asarray(answers, dtype=float).reshape(-1, dimensions)
    if len(array) == 0:
        return Prior(np.zeros(dimensions), np.full(dimensions, SIGMA))
    if len(array) < 4:
        return Prior(array[0].copy(), np.full(dimensions, FEW))
    spread = array.std(axis=0)
    known = 1 - np.minimum(spread / UNIFORM, 1) ** 2
    return Prior(array.mean(axis=0) * known, np.clip(spread, NARROWEST, SIGMA))


def propose(proposers: Sequence[Proposer], template: str, task: Task, sound: NDArray[np.float32]) -> Floats:
    """The answers of all, float64 [k, d], clipped to [-1, 1].

    Raises
    ------
    ValueError
        Answers that do not fit the template.
    """
    dimensions = len(task.parameters.free)
    answers = [np.zeros((0, dimensions))]
    for proposer in proposers:
        given = proposer(template, task, sound)
        if given is None:
            continue
        array = np.asarray(given, dtype=float)
        if array.ndim != 2 or array.shape[1] != dimensions or not np.isfinite(array).all():
            raise ValueError(
                f"answers for the template {template!r} are finite numbers [k, {dimensions}], "
                f"got {array.dtype} {list(array.shape)}"
            )
        answers.append(array)
    return np.clip(np.concatenate(answers), -1, 1)
