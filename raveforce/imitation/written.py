"""Imitations that are written: layers onto the best template's program, and programs from nothing."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from raveforce.distances import measure_rows
from raveforce.imitation.answers import RANDOM, Answer, answer_of, reserved
from raveforce.imitation.export import looped_text
from raveforce.imitation.growing import PRUNING, Growing
from raveforce.imitation.objective import Objective
from raveforce.imitation.proposals import Proposer
from raveforce.imitation.pruning import multiplied_out, pruned
from raveforce.imitation.race import Budget, Lane, Progress, progress_of, race, until_done
from raveforce.imitation.starts import starts
from raveforce.imitation.weights import PolicyError
from raveforce.imitation.writer import WritingPolicy, load_writing_policy
from raveforce.imitation.writing import Writing
from raveforce.writing.language import Language
from raveforce.writing.objective import Judge
from raveforce.writing.player import open_player
from raveforce.writing.rounding import finished
from raveforce.writing.variation import random_draft

__all__ = ["WRITTEN", "make_judge", "write_beside_templates"]

WRITTEN = "written"
"""What stands for a template's name where there was none."""
RACING = 0.6
"""Share of the budget after which the best template is known."""
NOTHING = (0.15, 0.7)
"""Least and most of what is left to write with that goes to programs from nothing; layers take the rest."""
LONGER = 0.005
"""Part of a template's distance by which what is written, in fewer lines, may be farther."""
UNTUNED = 0.01
"""Part of its distance that fewer lines of a template may cost in the end, when the rest is not tuned anew."""
SHORTENING = 0.15
"""Seconds that are kept for that."""
PRICE = 0.0003
"""Of a node, in shares of silence's distance: of two programs that come as near the shorter one wins."""


def make_judge(objective: Objective) -> Judge:
    """What judges the programs that are written, for the sound and the distance of a template's objective."""
    silence = np.zeros((1, len(objective.target)), np.float32)
    features = objective.distance.features(objective.target[None])
    price = PRICE * float(measure_rows(objective.distance, silence, features)[0])
    language = Language(sample_rate=objective.task.sample_rate)
    return Judge(open_player(language), objective.target, objective.distance, price)


def write_beside_templates(
    objectives: Sequence[Objective],
    proposers: Sequence[Proposer],
    budget: Budget,
    seed: int,
    policy: bool,
    progress: Callable[[Progress], None] | None,
) -> Answer:
    """Fill templates, then write layers onto the best one's program, and programs from nothing.

    Templates race for a part of the budget. One half of what is left tunes the best one on; the other writes programs
    from nothing at first, then layers onto the template's program. With a deadline each half is one of two threads.

    Raises
    ------
    ValueError
        There are fewer renders than templates, twice.
    """
    began = time.monotonic()
    judge = make_judge(objectives[0])
    if budget.deadline is not None:
        some = [random_draft(judge.player.language, np.random.default_rng(0)) for _ in range(16)]
        judge(some)  # what is compiled and imported once
        looking = time.monotonic()
        judge(some)
        budget = reserved(budget, began, (time.monotonic() - looking) / 16, SHORTENING)
    if budget.renders is not None and budget.renders < 2 * len(objectives):
        least = 2 * len(objectives)
        raise ValueError(f"{len(objectives)} templates and writing need at least {least} renders, not {budget.renders}")
    racing = _part(budget, began, RACING)
    lanes = starts(objectives, proposers, racing, seed)
    best, interrupted = race(lanes, racing, threads=os.cpu_count() or 1, progress=progress)
    if interrupted:
        return _printed(_filled(best, _renders(lanes), True))
    seeds = np.random.SeedSequence(seed).spawn(2)
    writing = Writing(judge, _policy(judge.player.language) if policy else None, seeds[0])
    growing = Growing(best.objective, best.search.nearest[1], make_judge(objectives[0]), seeds[1])
    half = None if budget.renders is None else max((budget.renders - _renders(lanes)) // 2, 1)
    left = Budget(half, budget.deadline)
    # The farther from the sound the template stays, the less there is to grow on.
    silence = judge.price / PRICE
    nothing = float(np.clip(best.search.nearest[0] / silence, *NOTHING))
    with _searches(best, writing, growing, left, nothing) as (running, stop):
        try:
            for _ in until_done(running):
                if progress is not None:
                    _tell(progress, lanes, writing, growing)
        except KeyboardInterrupt:
            interrupted = True
        finally:
            stop.set()
    renders = _renders(lanes) + writing.renders + growing.renders
    nearest = min(writing.nearest[0], growing.worth)
    # What is written has fewer lines: it may be a little farther.
    if best.search.nearest[0] * (1 + LONGER) < nearest:
        return _printed(_filled(best, renders, interrupted))
    grown = nearest == growing.worth
    return _printed(growing.answer(renders, interrupted) if grown else _answer(writing, renders, interrupted))


@contextlib.contextmanager
def _searches(
    lane: Lane, writing: Writing, growing: Growing, left: Budget, nothing: float
) -> Iterator[tuple[list[Future[None]], threading.Event]]:
    """Two threads: one tunes the template on, one writes from nothing and then layers onto it."""
    stop = threading.Event()
    now = time.monotonic()
    seconds = None if left.deadline is None else left.deadline - now

    def write() -> None:
        part = _part(left, now, nothing)
        writing.run(part.renders, part.deadline, stop)
        rest = None if left.renders is None else left.renders - writing.renders
        growing.run(Budget(rest, left.deadline), stop)

    with ThreadPoolExecutor(2, "halves") as pool:
        yield [pool.submit(lane.run, left.renders, seconds, stop), pool.submit(write)], stop


def _part(budget: Budget, began: float, share: float) -> Budget:
    """The budget that ends when a share of it is spent."""
    renders = None if budget.renders is None else max(int(share * budget.renders), 1)
    deadline = None if budget.deadline is None else began + share * (budget.deadline - began)
    return Budget(renders, deadline)


def _renders(lanes: Sequence[Lane]) -> int:
    return sum(lane.search.renders for lane in lanes)


def _policy(language: Language) -> WritingPolicy | None:
    """The shipped policy, where there is one for the language."""
    with contextlib.suppress(PolicyError):
        policy = load_writing_policy()
        if policy.knows(language):
            return policy
    return None


def _tell(progress: Callable[[Progress], None], lanes: Sequence[Lane], writing: Writing, growing: Growing) -> None:
    """Tell how far all are."""
    best = progress_of(lanes, 2)
    renders = best.renders + writing.renders + growing.renders
    distance, draft = writing.distance, writing.nearest[1]
    if distance < best.distance:
        best = Progress(WRITTEN, draft.text(writing.language), distance, renders, 2)
    progress(replace(best, renders=renders))


def _printed(answer: Answer) -> Answer:
    """The answer in as few lines as say the same."""
    return replace(answer, code=multiplied_out(answer.code))


def _filled(best: Lane, renders: int, interrupted: bool) -> Answer:
    """The answer of the best template, without what is least heard of it."""
    objective, action, _ = pruned(best.objective, best.search.nearest[1], PRUNING, UNTUNED)
    try:
        return answer_of(objective, action, renders, interrupted)
    finally:
        objective.close()


def _answer(writing: Writing, renders: int, interrupted: bool) -> Answer:
    """The answer of what was written."""
    searched = time.monotonic()
    judge, rng = writing.judge, np.random.default_rng(0)
    found = finished(judge, writing.nearest[1])
    chance = [random_draft(writing.language, rng) for _ in range(RANDOM)]
    return Answer(
        code=looped_text(found.code, len(judge.target) / writing.language.sample_rate),
        template=WRITTEN,
        parameters=found.parameters,
        samples=None,
        random=float(np.median(judge(chance))),
        at_bounds=found.at_ends,
        renders=renders,
        searched=searched,
        interrupted=interrupted,
    )
