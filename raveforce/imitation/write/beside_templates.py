"""Imitations that are written: the best template's program written anew, and programs from nothing."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from raveforce.distances import measure_rows
from raveforce.glicol.looping import looped_text
from raveforce.imitation.answers import RANDOM, Answer, answer_of, reserved
from raveforce.imitation.objective import Objective
from raveforce.imitation.proposals import Proposer
from raveforce.imitation.race import Budget, Lane, Progress, progress_of, race, until_done
from raveforce.imitation.starts import starts
from raveforce.imitation.weights import PolicyError
from raveforce.imitation.write.chains import multiplied_out
from raveforce.imitation.write.from_nothing import Writing
from raveforce.imitation.write.rewriting import Rewriting
from raveforce.imitation.write.versions import length_of
from raveforce.imitation.writer import WritingPolicy, load_writing_policy
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
"""Least and most of one half of what is left that goes to programs from nothing."""
UNDERWAY, CONVERGED = 0.7, 0.2
"""Share of the other half in which the template is tuned on, where its search has not converged and where it has."""
NEARLY = 1.1
"""How far, of the best template's distance, another one may be that is written anew beside it."""
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
    """Fill templates, then write programs from nothing, and the best template's program anew.

    Templates race for a part of the budget. What is left has two halves: one tunes the best template on, the other
    writes programs from nothing; then each writes a template's program anew. With a deadline each half is one of two
    threads. What describes the sound shortest wins.

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
        budget = reserved(budget, began, (time.monotonic() - looking) / 16)
    if budget.renders is not None and budget.renders < 2 * len(objectives):
        least = 2 * len(objectives)
        raise ValueError(f"{len(objectives)} templates and writing need at least {least} renders, not {budget.renders}")
    racing = _part(budget, began, RACING)
    lanes = starts(objectives, proposers, racing, seed)
    best, interrupted = race(lanes, racing, threads=os.cpu_count() or 1, progress=progress)
    writing = Writing(judge, _policy(judge.player.language) if policy else None, np.random.SeedSequence(seed))
    now, stop = time.monotonic(), threading.Event()
    half = Budget(None if budget.renders is None else max((budget.renders - _renders(lanes)) // 2, 1), budget.deadline)
    # What is not tuned yet is not written anew.
    on = UNDERWAY if best.search.restarts == 0 else CONVERGED
    # The farther from the sound the template stays, the more is to be hoped for from nothing.
    nothing = float(np.clip(best.search.nearest[0] * PRICE / judge.price, *NOTHING))
    seeds, rival = np.random.SeedSequence([seed, 1]).spawn(2), _rival(lanes, best)
    rewritings = [Rewriting(rival.objective, rival.search.nearest, seeds[0])]

    def tune_on() -> None:
        part, before = _part(half, now, on), best.search.renders
        best.run(part.renders, None if part.deadline is None else part.deadline - now, stop)
        rewritings.append(Rewriting(best.objective, best.search.nearest, seeds[1]))
        rewritings[1].run(_rest(half, best.search.renders - before), stop)

    def write() -> None:
        part = _part(half, now, nothing)
        writing.run(part.renders, part.deadline, stop)
        rewritings[0].run(_rest(half, writing.renders), stop)

    def tell() -> None:
        if progress is not None:
            _tell(progress, lanes, writing, rewritings)

    if interrupted:
        stop.set()
    interrupted |= _together([tune_on, write], stop, tell)
    renders = _renders(lanes) + writing.renders + sum(each.renders for each in rewritings)
    rewritten = min(rewritings, key=lambda each: each.best.length)
    written = multiplied_out(writing.nearest[1].text(writing.language)) if np.isfinite(writing.nearest[0]) else ""
    if written and length_of(writing.distance, written) < rewritten.best.length:
        return _answer(writing, renders, interrupted)
    objective, action = rewritten.result()
    try:
        return answer_of(objective, action, renders, interrupted)
    finally:
        objective.close()


def _together(searches: Sequence[Callable[[], None]], stop: threading.Event, tell: Callable[[], None]) -> bool:
    """Run searches side by side, each in a thread; return whether Ctrl-C ended them."""
    with ThreadPoolExecutor(len(searches), "halves") as pool:
        running = [pool.submit(search) for search in searches]
        try:
            for _ in until_done(running):
                tell()
        except BaseException as error:
            stop.set()
            if not isinstance(error, KeyboardInterrupt):
                raise
            return True
    return False


def _rest(budget: Budget, spent: int) -> Budget:
    """The budget without renders that are spent."""
    return Budget(None if budget.renders is None else max(budget.renders - spent, 1), budget.deadline)


def _part(budget: Budget, began: float, share: float) -> Budget:
    """The budget that ends when a share of it is spent."""
    renders = None if budget.renders is None else max(int(share * budget.renders), 1)
    deadline = None if budget.deadline is None else began + share * (budget.deadline - began)
    return Budget(renders, deadline)


def _rival(lanes: Sequence[Lane], best: Lane) -> Lane:
    """The best search of another template, where it is nearly as near; else the best of all."""
    others = [lane for lane in lanes if lane.objective.template != best.objective.template]
    rival = min(others, key=lambda lane: lane.search.nearest[0], default=best)
    return rival if rival.search.nearest[0] < NEARLY * best.search.nearest[0] else best


def _renders(lanes: Sequence[Lane]) -> int:
    return sum(lane.search.renders for lane in lanes)


def _policy(language: Language) -> WritingPolicy | None:
    """The shipped policy, where there is one for the language."""
    with contextlib.suppress(PolicyError):
        policy = load_writing_policy()
        if policy.knows(language):
            return policy
    return None


def _tell(
    progress: Callable[[Progress], None], lanes: Sequence[Lane], writing: Writing, rewritings: Sequence[Rewriting]
) -> None:
    """Tell how far all are."""
    best = progress_of(lanes, 2)
    renders = best.renders + writing.renders + sum(each.renders for each in rewritings)
    distance, draft = writing.distance, writing.nearest[1]
    if distance < best.distance:
        best = Progress(WRITTEN, draft.text(writing.language), distance, renders, 2)
    progress(replace(best, renders=renders))


def _answer(writing: Writing, renders: int, interrupted: bool) -> Answer:
    """The answer of what was written."""
    searched = time.monotonic()
    judge, rng = writing.judge, np.random.default_rng(0)
    found = finished(judge, writing.nearest[1])
    chance = [random_draft(writing.language, rng) for _ in range(RANDOM)]
    return Answer(
        code=looped_text(multiplied_out(found.code), len(judge.target) / writing.language.sample_rate),
        template=WRITTEN,
        parameters=found.parameters,
        samples=None,
        random=float(np.median(judge(chance))),
        at_bounds=found.at_ends,
        renders=renders,
        searched=searched,
        interrupted=interrupted,
    )
