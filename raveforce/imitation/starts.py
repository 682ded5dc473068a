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
    """The searches of a race: for every template one from the middle, and one from the best answer if there are any.

    So a part of the renders comes from nowhere, and a wrong answer costs no more than its part. Where renders are few,
    only those begin whose first programs are the nearest.

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
        looks = min(max(budget.renders // (4 * len(objectives)), 1), LOOKS)
        most = max(budget.renders // (GENERATIONS * ROWS), 1)
    lanes = [lane for objective in objectives for lane in _of_template(objective, proposers, looks, seed)]
    return sorted(lanes, key=lambda lane: lane.search.nearest[0])[:most]


def _of_template(objective: Objective, proposers: Sequence[Proposer], looks: int, seed: int) -> list[Lane]:
    # A name's hash that is the same in every process.
    first, second, third = np.random.SeedSequence([seed, zlib.crc32(objective.template.encode())]).spawn(3)
    answers = propose(proposers, objective.template, objective.task, objective.target)[:looks]
    middle = CMAES(objective.dimensions, seed=first)
    anywhere = np.random.default_rng(third).uniform(-1, 1, (looks - len(answers), objective.dimensions))
    seen = np.concatenate([answers, anywhere])
    values = objective(seen)
    middle.note(seen[len(answers) :], values[len(answers) :]) if len(anywhere) else None
    if len(answers) == 0:
        # Two searches of a single template, so that two cores have something to do.
        return [
            Lane(objective, middle),
            Lane(objective, CMAES(objective.dimensions, seed=second, start=seen[values.argmin()])),
        ]
    nearest = answers[values[: len(answers)].argmin()]
    informed = CMAES(objective.dimensions, seed=second, start=nearest, sigma=prior(answers, objective.dimensions).sigma)
    informed.note(answers, values[: len(answers)])
    return [Lane(objective, middle), Lane(objective, informed)]
