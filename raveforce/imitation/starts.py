"""Which searches are begun, and where: from the middle, and from what a policy or an analysis answers."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np

from raveforce.imitation.cma_es import CMAES
from raveforce.imitation.objective import ROWS, Objective
from raveforce.imitation.proposals import Proposer, prior, propose
from raveforce.imitation.race import Budget, Lane

__all__ = ["starts"]

LOOKS = 16
"""Programs of a template that are looked at before any search begins, at most."""
GENERATIONS = 4
"""Generations that a search needs to be worth its start."""


def starts(objectives: Sequence[Objective], proposers: Sequence[Proposer], budget: Budget, seed: int) -> list[Lane]:
    """The searches of a race: for every template one from the middle, and one from the best answer of each proposer.

    So a part of the renders comes from nowhere, and a wrong answer costs no more than its part. At most two searches a
    template begin, fewer where renders are few: those whose first programs are the nearest.

    Parameters
    ----------
    objectives : one a template
    proposers : what answers the sound
    budget : of all searches together
    seed : of their random numbers; that of a template does not depend on the others

    Raises
    ------
    ValueError
        There are fewer renders than templates.
    """
    looks, most = LOOKS, 2 * len(objectives)
    if budget.renders is not None:
        if budget.renders < len(objectives):
            raise ValueError(f"{len(objectives)} templates need at least as many renders, not {budget.renders}")
        sources = len(objectives) * (1 + len(proposers))
        if budget.renders < sources:
            proposers, sources = proposers[:0], len(objectives)
        looks = min(max(budget.renders // (4 * sources), 1), LOOKS)
        most = max(budget.renders // (GENERATIONS * ROWS), 1)
    lanes = [lane for objective in objectives for lane in _of_template(objective, proposers, looks, seed)]
    return sorted(lanes, key=lambda lane: lane.search.nearest[0])[:most]


def _of_template(objective: Objective, proposers: Sequence[Proposer], looks: int, seed: int) -> list[Lane]:
    """A search from the middle, and one from the nearest answer of each that answers."""
    # A name's hash that is the same in every process.
    template = np.random.SeedSequence([seed, zlib.crc32(objective.template.encode())])
    for_middle, for_looks, *for_others = template.spawn(3 + len(proposers))
    dimensions = objective.dimensions
    given = [propose([proposer], objective.template, objective.task, objective.target) for proposer in proposers]
    middle = CMAES(dimensions, seed=for_middle)
    anywhere = np.random.default_rng(for_looks).uniform(-1, 1, (looks, dimensions))
    values = objective(anywhere)
    middle.note(anywhere, values)
    lanes = [Lane(objective, middle)]
    for answers, random in zip(given, for_others, strict=False):
        if len(answers) == 0:
            continue
        seen = answers[:looks]
        worth = objective(seen)
        sigma = prior(answers, dimensions).sigma
        informed = CMAES(dimensions, seed=random, start=seen[worth.argmin()], sigma=sigma)
        informed.note(seen, worth)
        lanes.append(Lane(objective, informed))
    if len(lanes) == 1:
        # Two searches of each template, so that two cores have something to do where there is one.
        lanes.append(Lane(objective, CMAES(dimensions, seed=for_others[-1], start=anywhere[values.argmin()])))
    return lanes
