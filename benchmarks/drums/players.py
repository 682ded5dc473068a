"""What plays: each agent looks for a program that imitates a sound, and is stopped at several numbers of renders."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.callbacks import BaseCallback

from agents.build import make_agent
from benchmarks.drums.sounds import SAMPLE_RATE, DrumSound
from raveforce import imitate
from raveforce.distances import make_distance
from raveforce.imitation.objective import Objective
from raveforce.imitation.templates import make_template
from raveforce.sb3 import BatchVecEnv
from raveforce.task import Task

__all__ = ["PLAYERS", "WITH_POLICY", "Answers", "Found", "play"]

ROWS = 16
"""Renders in a batch, and CMA-ES's candidates in a generation."""
SEARCHES: Mapping[str, Mapping[str, Any]] = {
    "random": {},
    "cma": {"popsize": ROWS},
    "de": {"popsize": 2 * ROWS},
    "ga": {"popsize": 2 * ROWS},
}
WITH_POLICY = ("policy", "best_of", "refine")
PLAYERS = (*SEARCHES, *WITH_POLICY, "imitate")

Answers = Callable[[str, Task, NDArray[np.float32], int], NDArray[np.floating[Any]] | None]
"""A policy's answers [k, d] to a sound by template, the likeliest first; None where it does not know the template."""


@dataclass(frozen=True)
class Found:
    """The nearest program after so many renders.

    Attributes
    ----------
    renders : that the agent had
    seconds : that it took; on a machine that does other things too they say little
    template : whose blanks were filled
    code : the program
    """

    renders: int
    seconds: float
    template: str
    code: str


class _Trace(BaseCallback):
    """Keeps the nearest program at some numbers of renders."""

    def __init__(self, budgets: Sequence[int], template: str) -> None:
        super().__init__()
        self.budgets, self.template = set(budgets), template
        self.found: list[Found] = []
        self.nearest, self.code = np.inf, ""
        self.renders = 0
        self.started = time.perf_counter()

    def _on_step(self) -> bool:
        for info in self.locals["infos"]:
            self.renders += 1
            (distance,) = info["distances"].values()
            if distance < self.nearest:
                self.nearest, self.code = distance, info["code"]
            if self.renders in self.budgets and self.code:
                seconds = time.perf_counter() - self.started
                self.found.append(Found(self.renders, seconds, self.template, self.code))
        return True


def play(
    agent: str,
    sound: DrumSound,
    template: str,
    budgets: Sequence[int],
    *,
    distance: str = "mss",
    seed: int = 0,
    answers: Answers | None = None,
) -> list[Found]:
    """Let an agent imitate a sound.

    Parameters
    ----------
    agent : one of ``PLAYERS``; "imitate" chooses the template itself
    sound : what is imitated
    template : whose blanks the others fill
    budgets : numbers of renders at which the nearest program is asked for
    distance : what is minimised
    seed : of the agent's random numbers
    answers : a policy's, for those of ``WITH_POLICY``

    Returns
    -------
    One a budget that the agent has use for.
    """
    task = make_template(template, sound.audio, SAMPLE_RATE)
    if agent in SEARCHES:
        return _search(agent, task, template, budgets, distance, seed, SEARCHES[agent])
    if agent == "imitate":
        return [_imitate(sound, renders, distance, seed) for renders in budgets if renders >= 100]
    if agent not in WITH_POLICY:
        raise ValueError(f"unknown agent {agent!r}; the agents are {', '.join(PLAYERS)}")
    if answers is None:
        raise ValueError(f"{agent} needs a policy")
    if agent == "refine":

        def answer(_: Any, count: int) -> NDArray[np.floating[Any]]:
            given = answers(template, task, sound.audio, count)
            return np.zeros((0, len(task.parameters.free))) if given is None else given

        settings = {"popsize": ROWS, "policy": answer, "answers": ROWS}
        return _search("refine", task, template, [b for b in budgets if b > 1], distance, seed, settings)
    counts = [1] if agent == "policy" else [budget for budget in budgets if 1 < budget <= 100]
    return [_best_of(count, task, template, sound, distance, answers) for count in counts]


def _search(
    agent: str,
    task: Task,
    template: str,
    budgets: Sequence[int],
    distance: str,
    seed: int,
    settings: Mapping[str, Any],
) -> list[Found]:
    envs = BatchVecEnv(task, ROWS, reward={"distance": distance}, observation="parameters")
    trace = _Trace(budgets, template)
    try:
        make_agent(agent, envs, seed=seed, settings=settings).learn(max(budgets), callback=trace)
    finally:
        envs.close()
    return trace.found


def _best_of(count: int, task: Task, template: str, sound: DrumSound, distance: str, answers: Answers) -> Found:
    started = time.perf_counter()
    objective = Objective(template, task, make_distance(distance, SAMPLE_RATE))
    given = answers(template, task, sound.audio, count)
    if given is None:
        raise ValueError(f"the policy does not know the template {template!r} as it is now: train it anew")
    best = given[objective(given).argmin()]
    found = Found(count, time.perf_counter() - started, template, objective.code(best))
    objective.close()
    return found


def _imitate(sound: DrumSound, renders: int, distance: str, seed: int) -> Found:
    started = time.perf_counter()
    made = imitate(sound.audio, SAMPLE_RATE, renders=renders, distance=distance, seed=seed)
    return Found(renders, time.perf_counter() - started, made.template, made.code)
