"""Imitations that are written from nothing, while the templates race beside: the nearer of both is the answer."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

import numpy as np

from raveforce.distances import measure_rows
from raveforce.imitation.answers import RANDOM, Answer, answer_of, reserved
from raveforce.imitation.export import looped_text
from raveforce.imitation.objective import Objective
from raveforce.imitation.proposals import Proposer
from raveforce.imitation.race import POLL, Budget, Lane, Progress, progress_of, race
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
    """Write programs with one half of the budget, and fill templates with the other, both at a time.

    With a deadline each half is one of two threads all the time.

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
    half = Budget(None if budget.renders is None else budget.renders // 2, budget.deadline)
    writing = Writing(judge, _policy(judge.player.language) if policy else None, seed)
    stop = threading.Event()
    lanes: list[Lane] = []

    def fill() -> None:
        lanes.extend(starts(objectives, proposers, half, seed))
        race(lanes, half, threads=max((os.cpu_count() or 1) - 1, 1), finalists=1, stop=stop)

    interrupted = False
    with ThreadPoolExecutor(2, "halves") as pool:
        rest = None if budget.renders is None else budget.renders - budget.renders // 2
        running: list[Future[None]] = [pool.submit(fill), pool.submit(writing.run, rest, half.deadline, stop)]
        try:
            while running:
                done, pending = wait(running, timeout=POLL)
                running = list(pending)
                for future in done:
                    future.result()
                if progress is not None:
                    _tell(progress, lanes, writing)
        except BaseException as error:
            stop.set()
            if not isinstance(error, KeyboardInterrupt) or not (lanes or np.isfinite(writing.nearest[0])):
                raise
            interrupted = True
    renders = sum(lane.search.renders for lane in lanes) + writing.renders
    if lanes:
        best = min(lanes, key=lambda lane: lane.search.nearest[0])
        if best.search.nearest[0] < writing.distance:
            return answer_of(best, renders, interrupted)
    return _answer(writing, renders, interrupted)


def _policy(language: Language) -> WritingPolicy | None:
    """The shipped policy, where there is one for the language."""
    with contextlib.suppress(PolicyError):
        policy = load_writing_policy()
        if policy.knows(language):
            return policy
    return None


def _tell(progress: Callable[[Progress], None], lanes: Sequence[Lane], writing: Writing) -> None:
    """Tell how far both halves are."""
    renders = sum(lane.search.renders for lane in list(lanes)) + writing.renders
    distance, draft = writing.distance, writing.nearest[1]
    if lanes and min(lane.search.nearest[0] for lane in lanes) < distance:
        best = progress_of(lanes, 2)
        progress(Progress(best.template, best.code, best.distance, renders, 2))
    elif np.isfinite(distance):
        progress(Progress(WRITTEN, draft.text(writing.language), distance, renders, 2))


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
