"""A template's program written anew: with fewer lines that say more, as long as each line is worth it."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from raveforce.distances import measure_rows
from raveforce.glicol import GlicolError, Program, render
from raveforce.imitation.cma_es import CMAES
from raveforce.imitation.objective import Objective
from raveforce.imitation.race import Budget
from raveforce.imitation.write.chains import inlined, multiplied_out
from raveforce.imitation.write.changes import changed, other_noises
from raveforce.imitation.write.shorter import shorter_texts
from raveforce.imitation.write.versions import EXACT, LINE, Version
from raveforce.parameter_space import ParameterSpace
from raveforce.parameters import Exp, ParameterError

__all__ = ["Rewriting"]

Floats = NDArray[np.float64]

SHORTENING, VARYING = 0.4, 0.75
"""Shares of the budget after which lines are not left out any more, and nothing is changed any more."""
LANES, GENERATIONS, POPSIZE = 2, 5, 14
"""Versions that are tuned before one is taken, for how long, and candidates of a generation."""
CHANGES = 24
"""Versions of as many lines that are looked at beside shorter ones."""
WORSE = 0.03
"""Part of the distance by which shortening goes on past the best: two lines may go where one may not."""
LOWEST = 25.0
"""Hz of what is new at least."""
SIGMA, NEW = 0.08, 0.25
"""Where tuning begins: standard deviation of numbers that were tuned before, and of new ones, of scales of [-1, 1]."""


class Rewriting:
    """A search for another program with which a template's sound is described shorter.

    Parameters
    ----------
    objective : the template's
    nearest : the distance of its best program, and the numbers, float64 [dimensions] in [-1, 1]
    seed : of all random numbers

    Attributes
    ----------
    renders : programs played so far
    best : the version that describes the sound shortest
    """

    def __init__(self, objective: Objective, nearest: tuple[float, Floats], seed: np.random.SeedSequence) -> None:
        self._objective, self._seed = objective, seed
        self._rng = np.random.default_rng(seed.spawn(1)[0])
        self._features = objective.distance.features(objective.target[None])
        self._words = objective.task.program.words
        self.renders = 0
        (distance, action), text, space = nearest, objective.task.template, objective.parameters
        places = dict(zip(space.free, action.tolist(), strict=True))
        self.best = Version(text, space.parameters, places, distance)
        # The same sound in fewer lines.
        for shorter in self._versions(self.best, [multiplied_out(inlined(text))]):
            self._note(replace(shorter, distance=distance))

    def run(self, budget: Budget, stop: threading.Event) -> None:
        """Search until the budget is spent, or until ``stop`` is set."""
        began, before = time.monotonic(), self.renders

        def room(share: float, upcoming: int) -> bool:
            """Whether so many more programs can be played before a share of the budget is spent."""
            played, now = self.renders - before, time.monotonic()
            fits = budget.renders is None or played + upcoming <= share * budget.renders
            if fits and budget.deadline is not None:
                each = (now - began) / max(played, 1)
                fits = now + upcoming * each <= began + share * (budget.deadline - began)
            return fits and not stop.is_set() and self.best.distance > EXACT

        self._shorten(room)
        self._vary(room)
        self._choose_noises(room)
        self._finish(room)

    def result(self) -> tuple[Objective, Floats]:
        """The best version's objective, and the numbers of its program."""
        return self._opened(self.best)

    def _shorten(self, room: Callable[[float, int], bool]) -> None:
        """Leave out line after line, past the best: what one line less makes worse, two may make better."""
        version = self.best
        while True:
            texts = list(shorter_texts(version.text))
            if not texts or not room(SHORTENING, len(texts) + LANES * GENERATIONS * POPSIZE):
                return
            shorter = self._measured(self._versions(version, texts))
            if not shorter:
                return
            nearest = shorter[0]
            if nearest.length > version.length - LINE / 2:
                nearest = min((self._tuned(each) for each in shorter[:LANES]), key=_length)
            if nearest.length > self.best.length + WORSE:
                return
            version = nearest

    def _vary(self, room: Callable[[float, int], bool]) -> None:
        """Change the best version, in as many lines or fewer, and tune in turn what came of it, and itself."""
        tuning = self._tuning(self.best)
        others = self._versions(self.best, shorter_texts(self.best.text))
        rivals = (LANES + 1) * GENERATIONS * POPSIZE
        while tuning is not None and room(VARYING, len(others) + CHANGES + 1 + rivals):
            version = tuning.version
            pitch = self._lacking(version)
            for _ in range(CHANGES):
                change = changed(version.text, self._rng, pitch)
                if change is not None:
                    others += self._versions(version, [change.text], change.numbers)
            for other in self._measured(others)[:LANES]:
                self._tuned(other)
            self._advance(tuning, GENERATIONS)
            others = []
            if self.best.text != version.text:
                tuning.objective.close()
                tuning = self._tuning(self.best)
                others = self._versions(self.best, shorter_texts(self.best.text))
        if tuning is not None:
            tuning.objective.close()

    def _choose_noises(self, room: Callable[[float, int], bool]) -> None:
        """Take the noise that fits best for each that the best version has: by chance some are nearer than others."""
        for place in range(len(list(other_noises(self.best.text)))):
            texts = list(other_noises(self.best.text))[place]
            if room(1, len(texts)):
                self._measured(self._versions(self.best, texts))

    def _finish(self, room: Callable[[float, int], bool]) -> None:
        """Tune the best version, more slowly whenever that has converged."""
        sigma = SIGMA
        tuning = self._tuning(self.best)
        while tuning is not None and room(1, POPSIZE):
            self._advance(tuning, 1)
            if tuning.converged:
                sigma /= 2
                tuning.objective.close()
                tuning = self._tuning(tuning.version, sigma)
        if tuning is not None:
            tuning.objective.close()

    def _versions(
        self, of: Version, texts: Iterable[str], numbers: Mapping[str, tuple[Exp, float]] = MappingProxyType({})
    ) -> list[Version]:
        """Other texts, with a version's numbers and new ones; those that can be tuned."""
        kinds = {**of.kinds, **{name: scale for name, (scale, _) in numbers.items()}}
        first = {name: float(scale.encode(np.array([value]))[0]) * 2 - 1 for name, (scale, value) in numbers.items()}
        made = []
        for text in texts:
            blanks = self._program(text).blanks
            try:
                space = ParameterSpace({name: kinds[name] for name in blanks})
            except ParameterError:
                # A number follows from another that is not there any more.
                continue
            if len(space.free) > 1:
                places = {name: first[name] if name in first else of.places[name] for name in space.free}
                made.append(Version(text, space.parameters, places, new=frozenset(first) & set(blanks)))
        return made

    def _program(self, text: str) -> Program:
        return Program(text, {name: words for name, words in self._words.items() if f"{{{name}}}" in text})

    def _measured(self, versions: Iterable[Version]) -> list[Version]:
        """Versions with their distances, the shortest description first; without those that break."""
        found = []
        for version in versions:
            audio = self._play(version)
            if audio is not None:
                distance = float(measure_rows(self._objective.distance, audio[None], self._features)[0])
                if np.isfinite(distance):
                    found.append(replace(version, distance=distance))
                    self._note(found[-1])
        return sorted(found, key=_length)

    def _play(self, version: Version) -> NDArray[np.float32] | None:
        """A version's sound; None where it breaks."""
        task, action = self._objective.task, np.array([list(version.places.values())])
        self.renders += 1
        code = self._program(version.text).fill(ParameterSpace(version.kinds).decode(action)[0])
        seconds = len(self._objective.target) / task.sample_rate
        with contextlib.suppress(GlicolError):
            return render(code, seconds, task.sample_rate, samples=task.sample_bank)
        return None

    def _note(self, version: Version) -> None:
        if version.length < self.best.length:
            self.best = version

    def _lacking(self, version: Version) -> Callable[[], float]:
        """Draws frequencies, Hz: the more often, the more the sound has there that a version has not."""
        audio, target = self._play(version), self._objective.target
        missing = np.abs(np.fft.rfft(target)) - np.abs(np.fft.rfft(target * 0 if audio is None else audio))
        places = np.fft.rfftfreq(len(target), 1 / self._objective.task.sample_rate)
        weights = np.where(places >= LOWEST, np.maximum(missing, 0), 0)
        if not weights.any():
            weights = np.where(places >= LOWEST, 1.0, 0.0)
        return lambda: float(self._rng.choice(places, p=weights / weights.sum()))

    def _opened(self, version: Version) -> tuple[Objective, Floats]:
        """The objective of a version's numbers, and the action that they are."""
        before = self._objective
        program, space = self._program(version.text), ParameterSpace(version.kinds)
        objective = Objective(before.template, replace(before.task, program=program, parameters=space), before.distance)
        return objective, np.array(list(version.places.values()))

    def _tuning(self, version: Version, sigma: float = SIGMA) -> _Tuning | None:
        """A search over a version's numbers; None where it has too few."""
        if len(version.places) < 2:
            return None
        objective, action = self._opened(version)
        spread = np.array([NEW if name in version.new else sigma for name in version.places])
        search = CMAES(len(action), seed=self._seed.spawn(1)[0], start=action, sigma=spread, popsize=POPSIZE)
        return _Tuning(replace(version, new=frozenset()), objective, search)

    def _advance(self, tuning: _Tuning, generations: int) -> None:
        for _ in range(generations):
            if tuning.converged:
                break
            candidates = tuning.search.ask()
            tuning.search.tell(candidates, tuning.objective(candidates))
            self.renders += len(candidates)
        self._note(tuning.version)

    def _tuned(self, version: Version) -> Version:
        """A version after some generations."""
        tuning = self._tuning(version)
        if tuning is None:
            return version
        self._advance(tuning, GENERATIONS)
        tuning.objective.close()
        return tuning.version


@dataclass(frozen=True, eq=False)
class _Tuning:
    """A search over the numbers of a version."""

    start: Version
    objective: Objective
    search: CMAES

    @property
    def version(self) -> Version:
        """The version with the best numbers so far."""
        distance, action = self.search.nearest
        if distance >= self.start.distance:
            return self.start
        return replace(self.start, distance=distance, places=dict(zip(self.start.places, action.tolist(), strict=True)))

    @property
    def converged(self) -> bool:
        """Whether the next generation would begin anywhere."""
        return self.search.upcoming > POPSIZE


def _length(version: Version) -> float:
    return version.length
