"""What a search for a program ends with, before it is measured as people will hear it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from raveforce.glicol.looping import looped
from raveforce.glicol.samples import Samples
from raveforce.imitation.export import at_bounds, rounded
from raveforce.imitation.objective import Objective
from raveforce.imitation.proposals import Proposer
from raveforce.imitation.race import Budget, Progress, race
from raveforce.imitation.starts import starts

__all__ = ["FINISHING", "RANDOM", "RESERVE", "Answer", "answer_of", "fill_templates", "reserved"]

RESERVE = 0.35
"""Seconds that are kept for what comes after the search, beside ``FINISHING`` renders."""
FINISHING = 200
"""Renders that the end takes: rounding, and random programs."""
RANDOM = 64
"""Random programs that say how near a program comes by chance."""


@dataclass(frozen=True, eq=False)
class Answer:
    """A program that a search found.

    Attributes
    ----------
    code : Glicol, struck again and again
    template : whose blanks were filled
    parameters : what fills them
    samples : recordings that it plays; None for none
    random : the minimised distance of a random program (median of ``RANDOM``)
    at_bounds : parameters that ended at an end of their range
    renders : of the whole search
    searched : when it ended, a time of ``time.monotonic``
    interrupted : whether Ctrl-C ended it
    """

    code: str
    template: str
    parameters: Mapping[str, float | str]
    samples: Samples | None
    random: float
    at_bounds: tuple[str, ...]
    renders: int
    searched: float
    interrupted: bool


def fill_templates(
    objectives: Sequence[Objective],
    proposers: Sequence[Proposer],
    budget: Budget,
    seed: int,
    progress: Callable[[Progress], None] | None,
) -> Answer:
    """Fill the blanks of templates, which race."""
    looking = time.monotonic()
    lanes = starts(objectives, proposers, budget, seed)
    if budget.deadline is not None:
        each = (time.monotonic() - looking) / sum(lane.search.renders for lane in lanes)
        budget = reserved(budget, looking, each)
    best, interrupted = race(lanes, budget, threads=os.cpu_count() or 1, progress=progress)
    return answer_of(best.objective, best.search.nearest[1], sum(lane.search.renders for lane in lanes), interrupted)


def reserved(budget: Budget, began: float, each: float) -> Budget:
    """The budget of a search, without what the end takes; a render takes ``each`` seconds."""
    assert budget.deadline is not None
    seconds = budget.deadline - began
    return Budget(budget.renders, began + max(seconds - RESERVE - FINISHING * each, seconds / 2))


def answer_of(objective: Objective, action: NDArray[np.float64], renders: int, interrupted: bool) -> Answer:
    """The answer of a template's search, which ended at an action [dimensions]."""
    searched = time.monotonic()
    found = rounded(objective, action)
    actions = np.random.default_rng(0).uniform(-1, 1, (RANDOM, objective.dimensions))
    return Answer(
        code=looped(objective.task.program, len(objective.target) / objective.task.sample_rate).fill(found.values),
        template=objective.template,
        parameters=objective.parameters.named(found.values),
        samples=objective.task.sample_bank,
        random=float(np.median(objective(actions))),
        at_bounds=at_bounds(objective.parameters, found.values),
        renders=renders,
        searched=searched,
        interrupted=interrupted,
    )
