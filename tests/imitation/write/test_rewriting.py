"""Templates' programs that are written anew."""

from __future__ import annotations

import re
import threading
import time

import numpy as np
import pytest

import raveforce
from raveforce.distances import make_distance
from raveforce.imitation.answers import answer_of
from raveforce.imitation.objective import Objective
from raveforce.imitation.race import Budget
from raveforce.imitation.templates import make_template
from raveforce.imitation.write.rewriting import Rewriting
from raveforce.imitation.write.versions import length_of
from raveforce.task import define

RATE = 44100
SILENT = ("mode", "low", "high")
"""Levels of ``tom`` besides that of its body."""


def objective_of(template: str, target: np.ndarray) -> Objective:
    return Objective(template, make_template(template, target, RATE), make_distance("mss"))


def rewriting_of(objective: Objective, action: np.ndarray, seed: int = 0) -> Rewriting:
    return Rewriting(objective, (float(objective(action[None])[0]), action), np.random.SeedSequence(seed))


@pytest.fixture
def body() -> tuple[Objective, np.ndarray]:
    """A sound that is the body of a tom, and numbers by which the others are as quiet as can be."""
    some = objective_of("tom", np.ones(RATE // 5, np.float32))
    action = np.array([-1.0 if name in SILENT else 0.2 for name in some.parameters.free])
    objective = objective_of("tom", raveforce.render(some.code(action), 0.2))
    action[0] += 0.05  # not the target itself
    return objective, action


def test_voices_that_are_hardly_heard_go(body: tuple[Objective, np.ndarray]) -> None:
    objective, action = body
    rewriting = rewriting_of(objective, action)
    before = rewriting.best
    rewriting.run(Budget(1000), threading.Event())
    assert rewriting.renders <= 1000
    assert rewriting.best.length < before.length
    assert rewriting.best.text.count("\n") <= 8 < before.text.count("\n")
    shorter, numbers = rewriting.result()
    assert shorter(numbers[None])[0] == pytest.approx(rewriting.best.distance, rel=1e-4)
    answer = answer_of(shorter, numbers, rewriting.renders, False)
    named = set(re.findall(r"^(~\w+):", answer.code, re.MULTILINE))
    assert set(re.findall(r"~\w+", answer.code)) == named


def test_a_voice_that_is_missing_is_written() -> None:
    """Onto the ``tone`` that a sound has beside a square wave, which that template cannot say."""
    some = objective_of("tone", np.ones(RATE // 5, np.float32))
    start = np.full(some.dimensions, 0.1)
    target = raveforce.render(f"{some.code(start).rstrip()}\nbeep: squ 900 >> mul 0.3", 0.2)
    rewriting = rewriting_of(objective_of("tone", target), start)
    before = rewriting.best
    rewriting.run(Budget(3000), threading.Event())
    assert rewriting.best.distance < 0.7 * before.distance


def test_what_is_heard_stays() -> None:
    """Every voice of the target is needed: only what costs nothing changes."""
    some = objective_of("tom", np.ones(RATE // 5, np.float32))
    loud = np.full(some.dimensions, 0.7)
    rewriting = rewriting_of(objective_of("tom", raveforce.render(some.code(loud), 0.2)), loud)
    rewriting.run(Budget(300), threading.Event())
    assert set(rewriting.best.kinds) == set(some.parameters.parameters)
    assert rewriting.best.text.count("\n") == 13 < some.task.template.count("\n")


def test_the_same_seed_finds_the_same_program(body: tuple[Objective, np.ndarray]) -> None:
    found = []
    for seed in (0, 0, 1):
        rewriting = rewriting_of(*body, seed)
        rewriting.run(Budget(600), threading.Event())
        found.append((rewriting.best.text, rewriting.best.distance))
    assert found[0] == found[1] != found[2]


@pytest.mark.parametrize("renders", [1, 20, 150])
def test_few_renders_are_enough_for_an_answer(body: tuple[Objective, np.ndarray], renders: int) -> None:
    rewriting = rewriting_of(*body)
    rewriting.run(Budget(renders), threading.Event())
    assert rewriting.renders <= renders
    assert np.isfinite(rewriting.best.length)


def test_it_stops_when_it_is_told_to_and_at_its_deadline(body: tuple[Objective, np.ndarray]) -> None:
    stop = threading.Event()
    stop.set()
    rewriting = rewriting_of(*body)
    rewriting.run(Budget(10**9), stop)
    assert rewriting.renders < 100
    began = time.monotonic()
    rewriting.run(Budget(None, began + 0.5), threading.Event())
    assert time.monotonic() - began < 20


def test_numbers_that_follow_from_others_follow_from_the_rounded_ones() -> None:
    code = "~env: imp 0.1 >> envperc {attack} {decay}\no: sin {freq} >> mul ~env\nhiss: noise 7 >> mul {loud}\n"
    parameters = {
        "attack": ("lin", 0.001, 0.1),
        "decay": ("rel", "attack", "0.2 - x"),
        "freq": ("exp", 50, 500),
        "loud": ("exp", 0.001, 1),
    }
    target = raveforce.render("~env: imp 0.1 >> envperc 0.05 0.15\no: sin 123 >> mul ~env", 0.2)
    objective = Objective("own", define(code, target, parameters, name="own"), make_distance("mss"))
    rewriting = rewriting_of(objective, np.full(objective.dimensions, 0.1234))
    rewriting.run(Budget(600), threading.Event())
    answer = answer_of(*rewriting.result(), rewriting.renders, False)
    if "decay" in answer.parameters:
        assert answer.parameters["decay"] == pytest.approx(0.2 - float(answer.parameters["attack"]), rel=1e-4)


def test_a_shorter_program_is_a_shorter_description() -> None:
    long, short = "~e: imp 1 >> envperc 0.01 0.1\no: noise 7 >> mul ~e", "o: noise 7"
    assert length_of(0.5, short) < length_of(0.5, long) < length_of(0.55, short)
