"""Layers that are written onto what a template says."""

from __future__ import annotations

import re
import threading

import numpy as np
import pytest
from numpy.typing import NDArray

import raveforce
from raveforce.distances import make_distance, measure
from raveforce.imitation.growing import Growing
from raveforce.imitation.objective import Objective
from raveforce.imitation.race import Budget
from raveforce.imitation.templates import make_template
from raveforce.imitation.written import make_judge
from raveforce.task import define

RATE = 44100
LAYER = "beep: squ 900 >> mul 0.3"


@pytest.fixture
def growing() -> Growing:
    """Onto the ``tone`` that a sound has beside a square wave, which that template cannot say."""
    start = np.full(Objective("tone", make_template("tone", _noise(), RATE), make_distance("mss")).dimensions, 0.1)
    sine = Objective("tone", make_template("tone", _noise(), RATE), make_distance("mss")).code(start)
    target = raveforce.render(f"{sine.rstrip()}\n{LAYER}", 0.2)
    objective = Objective("tone", make_template("tone", target, RATE), make_distance("mss"))
    return Growing(objective, start, make_judge(objective), np.random.SeedSequence(0))


def _noise() -> NDArray[np.float32]:
    return (0.1 * np.random.default_rng(0).standard_normal(RATE // 5)).astype(np.float32)


def test_a_layer_that_is_missing_is_written(growing: Growing) -> None:
    before = growing.objective(growing.action[None])[0]
    growing.run(Budget(1500), threading.Event())
    assert growing.renders <= 1500
    assert growing.worth < 0.7 * before
    answer = growing.answer(growing.renders, interrupted=False)
    target = growing.judge.target
    heard = raveforce.render(answer.code, len(target) / RATE)
    # What is printed, with fewer digits, is as near as what was found.
    assert measure(heard, target, RATE)["mss"] < growing.worth * 1.02
    names = re.findall(r"^(~?\w+):", answer.code, re.MULTILINE)
    assert len(names) == len(set(names))
    assert "imp 0.1" not in answer.code


def test_the_same_seed_grows_the_same_program(growing: Growing) -> None:
    again = Growing(growing.objective, growing.action, growing.judge, np.random.SeedSequence(0))
    for each in (growing, again):
        each.run(Budget(300), threading.Event())
    assert again.answer(0, False).code == growing.answer(0, False).code


def test_growing_stops_when_it_is_told_to(growing: Growing) -> None:
    stop = threading.Event()
    stop.set()
    growing.run(Budget(10**9), stop)
    assert growing.renders < 100


def test_numbers_that_follow_from_others_follow_from_the_rounded_ones() -> None:
    code = "~env: imp 0.1 >> envperc {attack} {decay}\no: sin {freq} >> mul ~env"
    parameters = {"attack": ("lin", 0.001, 0.1), "decay": ("rel", "attack", "0.2 - x"), "freq": ("exp", 50, 500)}
    objective = Objective("own", define(code, _noise(), parameters, name="own"), make_distance("mss"))
    start = np.full(objective.dimensions, 0.1234)
    growing = Growing(objective, start, make_judge(objective), np.random.SeedSequence(0))
    growing.run(Budget(200), threading.Event())
    answer = growing.answer(growing.renders, interrupted=False)
    space = objective.parameters
    values = np.array([[answer.parameters[name] for name in space.parameters]], dtype=float)
    assert space.decode(space.encode(values)) == pytest.approx(values, rel=1e-5)
