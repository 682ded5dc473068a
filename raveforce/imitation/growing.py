"""Layers written onto what a template says: first they alone are searched, then all numbers are tuned together."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from raveforce.distances import measure_rows
from raveforce.glicol.native.frontend.parser import parse
from raveforce.imitation.answers import RANDOM, Answer
from raveforce.imitation.cma_es import CMAES
from raveforce.imitation.export import INAUDIBLE, at_bounds, looped_text, shortened
from raveforce.imitation.objective import Objective
from raveforce.imitation.pruning import pruned
from raveforce.imitation.race import Budget, search_on
from raveforce.imitation.writing import Writing, WritingSettings
from raveforce.writing.drafts import Draft
from raveforce.writing.objective import Judge
from raveforce.writing.rounding import finished

__all__ = ["Growing"]

Floats = NDArray[np.float64]

LAYERS = 0.5
"""Share of the budget in which layers are searched; in the rest all numbers are tuned together."""
SETTINGS = WritingSettings(settling=0, node=0, likely=0)
"""A template leaves little to gain: layers are worth what they bring, as the judge's price has it."""
PRUNING = 100
"""Programs at most that are played to find out which of the template's lines are hardly heard."""
SIGMA = 0.06
"""Where tuning begins: standard deviation around what both searches found, of scales from -1 to 1."""
POPSIZE = 14
DIGITS = (3, 4, 5)
"""Significant digits of the template's numbers that are tried."""


@dataclass(eq=False)
class Growing:
    """A search for layers that bring a template's program nearer.

    Parameters
    ----------
    objective : the template's
    action : the numbers of its program, float64 [dimensions] in [-1, 1]
    judge : plays layers and measures what they come to
    seed : of all random numbers

    Attributes
    ----------
    renders : programs played so far
    worth : the nearest program's distance and the price of its layers' nodes; infinite before there is one
    """

    objective: Objective
    action: Floats
    judge: Judge
    seed: np.random.SeedSequence
    renders: int = field(default=0, init=False)
    worth: float = field(default=np.inf, init=False)
    _draft: Draft = field(init=False, repr=False)

    def run(self, budget: Budget, stop: threading.Event) -> None:
        """Search until the budget is spent, or until ``stop`` is set."""
        began = time.monotonic()
        for_layers, for_all = self.seed.spawn(2)
        most = PRUNING if budget.renders is None else min(PRUNING, budget.renders // 4)
        self.objective, self.action, used = pruned(self.objective, self.action, most)
        values = self.objective.parameters.decode(self.action[None])
        base = self.objective.of_values(values)[0][0]
        writing = Writing(replace(self.judge, base=base), None, for_layers, SETTINGS)
        until = None if budget.deadline is None else began + LAYERS * (budget.deadline - began)
        writing.run(None if budget.renders is None else int(LAYERS * budget.renders), until, stop)
        self.renders = used + writing.renders
        self.worth, self._draft = writing.nearest
        if np.isfinite(self.worth):
            self._tune(budget, stop, for_all)

    def _tune(self, budget: Budget, stop: threading.Event, seed: np.random.SeedSequence) -> None:
        """All numbers together, from where both searches ended."""
        dimensions = len(self.action)
        start = np.concatenate([self.action, 2 * self._draft.places - 1])
        search = CMAES(len(start), seed=seed, start=start, sigma=SIGMA, popsize=POPSIZE)
        price = self.judge.price * self._draft.nodes(self.judge.player.language)

        def worth(candidates: Floats) -> Floats:
            return self._distances(candidates[:, :dimensions], candidates[:, dimensions:]) + price

        renders = None if budget.renders is None else budget.renders - self.renders
        seconds = None if budget.deadline is None else budget.deadline - time.monotonic()
        search_on(search, worth, renders, seconds, stop)
        self.renders += search.renders
        worth_found, found = search.nearest
        if worth_found < self.worth:
            self.worth, self.action = worth_found, found[:dimensions]
            self._draft = Draft(self._draft.form, np.clip((found[dimensions:] + 1) / 2, 0, 1))

    def _distances(self, actions: Floats, places: Floats) -> Floats:
        """Of templates' numbers [rows, dimensions] with layers' numbers [rows, numbers], all in [-1, 1]."""
        values = self.objective.parameters.decode(actions)
        drafts = [Draft(self._draft.form, np.clip((row + 1) / 2, 0, 1)) for row in places]
        return self._measured(values, drafts)

    def _measured(self, values: Floats, drafts: list[Draft]) -> Floats:
        audio, distances = self.objective.of_values(values)
        layers, broken = self.judge.play(drafts)
        broken |= np.isinf(distances)
        found = measure_rows(self.judge.distance, audio + layers, self.judge.features)
        return np.where(broken | np.isnan(found), np.inf, found)

    def answer(self, renders: int, interrupted: bool) -> Answer:
        """The program, with few digits, after so many renders of the whole search."""
        searched = time.monotonic()
        objective = self.objective
        values = self._rounded(objective.parameters.decode(self.action[None])[0])
        base = objective.of_values(values[None])[0][0]
        text = objective.task.program.fill(values).rstrip()
        layers = finished(replace(self.judge, base=base), self._draft, tuple(parse(text)))
        chance = np.random.default_rng(0).uniform(-1, 1, (RANDOM, objective.dimensions))
        seconds = len(objective.target) / objective.task.sample_rate
        return Answer(
            code=looped_text(f"{text}\n{layers.code}", seconds),
            template=objective.template,
            parameters={**objective.parameters.named(values), **layers.parameters},
            samples=objective.task.sample_bank,
            random=float(np.median(objective(chance))),
            at_bounds=(*at_bounds(objective.parameters, values), *layers.at_ends),
            renders=renders,
            searched=searched,
            interrupted=interrupted,
        )

    def _rounded(self, exact: Floats) -> Floats:
        """The template's numbers with as few digits as nobody hears beneath the layers."""
        tried = [shortened(self.objective.parameters, exact, digits) for digits in DIGITS]
        rows = np.stack([*tried, exact])
        distances = self._measured(rows, [self._draft] * len(rows))
        return rows[int((distances <= distances[-1] * (1 + INAUDIBLE) + 1e-6).argmax())]
