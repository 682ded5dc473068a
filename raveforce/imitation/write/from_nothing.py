"""Write, then tune: structures are proposed, the most promising ones are tuned, and the best is varied and tuned on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from raveforce.imitation.write.proposed import Proposed
from raveforce.imitation.write.tuning import Tuning
from raveforce.imitation.writer import WritingPolicy
from raveforce.writing.drafts import Draft, Form, orders
from raveforce.writing.objective import FormObjective, Judge
from raveforce.writing.variation import mutated, random_draft, reduced

__all__ = ["Writing", "WritingSettings"]

SURE = (0.03, 0.4)
"""Least and most spread of a policy's numbers from which tuning begins, of scales from -1 to 1."""
UNHEARD = 0.003
"""Part of what a program is worth that a shorter one may cost."""
WRITTEN = 64
"""Programs that the policy writes at a time."""
EXACT = 1e-6
"""What a program is worth that is the target itself."""


@dataclass(frozen=True)
class WritingSettings:
    """How a budget is spent.

    Parameters
    ----------
    proposing : share after which no more programs are proposed
    proposals : programs that are proposed at most
    random : share of them that are random programs, so that a wrong policy costs little
    lanes : structures that are tuned at first, of which the nearer half goes on
    tuning : share after which one of them is left
    growing : share after which structures are not changed any more
    round : share of the budget in which one structure is changed and tuned
    children : changed programs of a round
    sigma : where tuning begins, standard deviation around what was proposed, of scales from -1 to 1
    popsize : programs of a generation
    settling : share in which the one that is left is tuned on before its structure is changed
    node, likely : what a structure must be worth: by which part of the distance each node of it must bring the program
        nearer, and each nat that the proposals take it to be less likely
    """

    proposing: float = 0.4
    proposals: int = 1024
    random: float = 0.25
    lanes: int = 8
    tuning: float = 0.6
    growing: float = 0.9
    round: float = 0.06
    children: int = 32
    sigma: float = 0.2
    popsize: int = 10
    settling: float = 0.1
    node: float = 0.05
    likely: float = 0.05


class Writing:
    """A search for a program of the language that sounds like a target.

    Parameters
    ----------
    judge : plays programs and measures them
    policy : proposes programs; None takes random ones alone
    seed : of all random numbers
    settings : how a budget is spent

    Attributes
    ----------
    renders : programs played so far
    nearest : what the best program so far is worth, and that program

    Examples
    --------
    >>> from raveforce.distances import make_distance
    >>> from raveforce.writing.language import Language
    >>> from raveforce.writing.player import open_player
    >>> language = Language()
    >>> player, distance = open_player(language), make_distance("mss")
    >>> hidden = Draft.read(language, language.read("layer sin 30 mul env 5 40 close end"))
    >>> target = Judge(player, np.zeros(8820, np.float32), distance).play([hidden])[0][0]
    >>> writing = Writing(Judge(player, target, distance), None, seed=0)
    >>> writing.run(600)
    >>> writing.renders <= 600, writing.nearest[0] < 0.5
    (True, True)
    """

    def __init__(
        self,
        judge: Judge,
        policy: WritingPolicy | None,
        seed: int | np.random.SeedSequence = 0,
        settings: WritingSettings = WritingSettings(),
    ) -> None:
        self.judge, self.policy, self.settings = judge, policy, settings
        self.language = judge.player.language
        sequence = seed if isinstance(seed, np.random.SeedSequence) else np.random.SeedSequence(seed)
        self._seeds = iter(lambda: sequence.spawn(1)[0], None)
        self._rng = np.random.default_rng(next(self._seeds))
        self.renders = 0
        self.nearest: tuple[float, Draft] = np.inf, Draft((), np.zeros(0))
        self._pool: list[tuple[float, Draft]] = []
        self._proposals = Proposed()
        self._bests: dict[Form, tuple[float, Draft]] = {}
        self._written: list[Draft] = []
        self._spent: Callable[[int], float] = lambda upcoming: 1.0
        self._stop = threading.Event()

    @property
    def distance(self) -> float:
        """The distance of the best program so far, without the price of its nodes; infinite where there is none."""
        worth, draft = self.nearest
        return worth - self.judge.price * draft.nodes(self.language)

    def run(
        self, renders: int | None = None, deadline: float | None = None, stop: threading.Event | None = None
    ) -> None:
        """Search until so many programs are played, until a time of ``time.monotonic``, or until ``stop`` is set."""
        began = time.monotonic()
        self._stop = stop or self._stop

        def spent(upcoming: int) -> float:
            """The share of the budget that is spent when so many more are played."""
            played = 0.0 if renders is None else (self.renders + upcoming) / renders
            if deadline is None:
                return played
            now = time.monotonic()
            each = (now - began) / max(self.renders, 1)
            return max(played, (now + upcoming * each - began) / max(deadline - began, 1e-9))

        self._spent = spent
        self._propose()
        lane = self._tune()
        if lane is not None:
            self._grow(lane)

    def _left(self, share: float, upcoming: int) -> bool:
        return self.nearest[0] > EXACT and self._room(share, upcoming)

    def _room(self, share: float, upcoming: int) -> bool:
        return not self._stop.is_set() and self._spent(upcoming) <= share

    def _look(self, drafts: Sequence[Draft]) -> list[tuple[float, Draft]]:
        """Play drafts, and remember the best of each structure."""
        worth = self.judge(drafts)
        self.renders += len(drafts)
        seen = [(float(value), draft) for value, draft in zip(worth, drafts, strict=True)]
        for found in seen:
            self._note(found)
        return seen

    def _note(self, found: tuple[float, Draft]) -> None:
        if found[0] < self.nearest[0]:
            self.nearest = found
        best = self._bests.get(found[1].form)
        if best is None or found[0] < best[0]:
            self._bests[found[1].form] = found

    def _length(self, found: tuple[float, Draft]) -> float:
        """Length of a description of the sound, nats: how far the program is, and what it takes to say its structure.

        (Minimum description length: Rissanen 1978. Residuals of Laplace's distribution, of unknown width, take the
        logarithm of their mean; how many of them count is for ``node`` and ``likely`` to say.)
        """
        worth, draft = found
        if not np.isfinite(worth):
            return np.inf
        settings = self.settings
        said = settings.node * draft.nodes(self.language) + settings.likely * self._proposals.surprise(draft.form)
        return float(np.log(max(worth, EXACT)) + said)

    def _propose(self) -> None:
        """Play what the policy writes, and random programs."""
        settings = self.settings
        batch = 16
        while len(self._pool) < settings.proposals and (
            self._left(settings.proposing, batch) or (not self._pool and self._left(1, 1))
        ):
            # What fits, where even the first batch is more than there is.
            while batch > 1 and not self._left(1, batch):
                batch //= 2
            self._pool += self._look(list(self._proposed(batch)))
        self._pool.sort(key=_worth)
        best: dict[Form, Draft] = {}
        for _, draft in self._pool:
            best.setdefault(draft.form, draft)
        others = [each for draft in list(best.values())[: settings.lanes] for each in orders(self.language, draft)[1:]]
        for start in range(0, len(others), 8):
            some = others[start : start + 8]
            if self._left(settings.proposing + 0.1, len(some)):
                self._pool += self._look(some)
        self._pool.sort(key=_worth)

    def _proposed(self, count: int) -> Iterator[Draft]:
        by_policy = 0 if self.policy is None else count - round(self.settings.random * count)
        if self.policy is not None and len(self._written) < by_policy:
            # Many at once cost hardly more than a few. The likeliest program comes once.
            drawn = self.policy.write(self.language, self.judge.target, WRITTEN, self._rng)
            self._written += [Draft.read(self.language, tokens) for tokens in drawn[1 if self._pool else 0 :]]
        for draft in self._written[:by_policy]:
            self._proposals.add(draft)
            yield draft
        del self._written[:by_policy]
        for _ in range(count - by_policy):
            yield random_draft(self.language, self._rng, int(self._rng.integers(1, 4)))

    def _tune(self) -> Tuning | None:
        """Tune the most promising structures, the better half of which goes on, until one is left."""
        settings = self.settings
        best: dict[Form, tuple[float, Draft]] = {}
        for worth, draft in self._pool:
            if np.isfinite(worth):
                best.setdefault(draft.form, (worth, draft))
        lanes = [self._tuning(*found) for found in sorted(best.values(), key=self._length)[: settings.lanes]]
        rounds = max(len(lanes) - 1, 0).bit_length()
        start = self._spent(0)
        for number in range(rounds):
            until = start + (settings.tuning - start) * (number + 1) / rounds
            self._advance(lanes, until)
            lanes = sorted(lanes, key=lambda lane: self._length(lane.nearest))[: -(-len(lanes) // 2)]
        return lanes[0] if lanes else None

    def _tuning(self, worth: float, draft: Draft, sigma: float | None = None) -> Tuning:
        objective = FormObjective(self.judge, draft.form)
        wide: float | NDArray[np.float64] = self.settings.sigma if sigma is None else sigma
        spread = self._proposals.spread(draft.form)
        if sigma is None and spread is not None:
            # As far as the policy is not sure of each number; scales are from -1 to 1.
            wide = np.clip(2 * spread, *SURE)
        return Tuning(objective, draft, worth, wide, self.settings.popsize, next(self._seeds))

    def _advance(self, lanes: Sequence[Tuning], until: float) -> None:
        """Generations of lanes in turn, until a share of the budget is spent."""
        going = list(lanes)
        while going and self._left(until, self.settings.popsize):
            for lane in going:
                if not self._left(until, self.settings.popsize):
                    break
                self.renders += lane.advance()
                self._note(lane.nearest)
            going = [lane for lane in going if not lane.converged]

    def _grow(self, lane: Tuning) -> None:
        """Change the structure of the best program and tune what came of it, round by round; then tune the best."""
        settings = self.settings
        if not lane.converged:
            self._advance([lane], min(self._spent(0) + settings.settling, settings.growing))
        while self._left(settings.growing, settings.children + 4 * settings.popsize):
            until = min(self._spent(0) + settings.round, settings.growing)
            draft = lane.nearest[1]
            children = [mutated(self.language, draft, self._rng, self._fresh) for _ in range(settings.children)]
            seen: dict[Form, tuple[float, Draft]] = {}
            for found in sorted(self._look(children), key=self._length):
                if found[1].form != draft.form and np.isfinite(found[0]):
                    seen.setdefault(found[1].form, found)
            rivals = [self._tuning(*found) for found in list(seen.values())[:2]]
            self._advance([*rivals, lane] if not lane.converged else rivals, until)
            lane = min([lane, *rivals], key=lambda each: self._length(each.nearest))
        shorter = self._shortened(*min(self._bests.values(), key=self._length))
        # Even where it is farther by what nobody hears.
        self.nearest = shorter
        if shorter[1].form != lane.objective.form or lane.converged:
            lane = self._tuning(*shorter)
        sigma = settings.sigma
        while self._left(1, settings.popsize) and lane.objective.dimensions:
            self._advance([lane], 1)
            # Converged: more slowly from the best on.
            sigma /= 2
            lane = self._tuning(*lane.nearest, sigma)

    def _shortened(self, worth: float, draft: Draft) -> tuple[float, Draft]:
        """The draft without what is not heard in it, as far as the budget reaches."""
        while True:
            without = list(reduced(self.language, draft))
            if not without or not self._room(1, len(without) + 2 * self.settings.popsize):
                return worth, draft
            found = min(self._look(without), key=_worth)
            if found[0] > max(worth + UNHEARD * abs(worth), EXACT):
                return worth, draft
            worth, draft = found

    def _fresh(self) -> Draft:
        """A program whose layers may be added: one of the better half of what was proposed, or a random one."""
        if self._pool and self._rng.random() < 0.7:
            return self._pool[int(self._rng.integers(-(-len(self._pool) // 2)))][1]
        return random_draft(self.language, self._rng, 1)


def _worth(found: tuple[float, Draft]) -> float:
    return found[0]
