"""Genetic programming on the grammar, with DEAP: layers are exchanged, elements and numbers changed."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
from deap import algorithms, base, tools
from numpy.typing import NDArray

from raveforce.writing.drafts import Draft
from raveforce.writing.objective import Judge
from raveforce.writing.variation import crossed, mutated, random_draft, renumbered

__all__ = ["evolve"]

POPULATION = 100
"""Programs of a generation."""
CROSSED, MUTATED = 0.4, 0.6
"""Shares of the children that have two parents, and of those that are changed."""
TOURNAMENT = 5
"""Programs that compete to be a parent."""


class _Fitness(base.Fitness):
    weights = (-1.0,)


class _Individual:
    """A program, with what it is worth."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.fitness = _Fitness()


def evolve(judge: Judge, renders: int, seed: int) -> tuple[float, Draft]:
    """The best of so many programs, and what it is worth; numbers are bins, as in tokens.

    Parameters
    ----------
    judge : plays and measures
    renders : programs to play
    seed : of all random numbers
    """
    language, rng = judge.player.language, np.random.default_rng(seed)
    chance = random.Random(seed)
    # DEAP draws from Python's global numbers.
    random.seed(chance.random())

    def on_bins(draft: Draft) -> Draft:
        places: NDArray[np.float64] = np.round(draft.places * (language.bins - 1)) / (language.bins - 1)
        return Draft(draft.form, places)

    def mate(one: _Individual, other: _Individual) -> tuple[_Individual, _Individual]:
        one.draft, other.draft = crossed(language, one.draft, other.draft, rng)
        return one, other

    def mutate(one: _Individual) -> tuple[_Individual]:
        change: Any = mutated if rng.random() < 0.5 else renumbered
        one.draft = on_bins(change(language, one.draft, rng))
        return (one,)

    toolbox = base.Toolbox()
    toolbox.register("mate", mate)
    toolbox.register("mutate", mutate)
    toolbox.register("clone", _cloned)
    toolbox.register("select", tools.selTournament, tournsize=TOURNAMENT)
    population = [
        _Individual(random_draft(language, rng, int(rng.integers(1, 4)))) for _ in range(min(POPULATION, renders))
    ]
    _evaluate(judge, population)
    best, played = tools.selBest(population, 1)[0], len(population)
    while played < renders:
        size = min(POPULATION, renders - played)
        parents = toolbox.select(population, POPULATION)
        children = algorithms.varOr(parents, toolbox, size, CROSSED, MUTATED)
        _evaluate(judge, children)
        played += len(children)
        # The best of both generations go on.
        population = tools.selBest(population + children, POPULATION)
        best = population[0]
    return best.fitness.values[0], best.draft


def _cloned(one: _Individual) -> _Individual:
    copy = _Individual(one.draft)
    copy.fitness.values = one.fitness.values
    return copy


def _evaluate(judge: Judge, individuals: list[_Individual]) -> None:
    worth = judge([each.draft for each in individuals])
    for each, value in zip(individuals, np.nan_to_num(worth, posinf=1e9).tolist(), strict=True):
        each.fitness.values = (value,)
