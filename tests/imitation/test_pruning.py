"""A template's program without what is hardly heard of it."""

from __future__ import annotations

import re

import numpy as np
import pytest

import raveforce
from raveforce.distances import make_distance
from raveforce.imitation.objective import Objective
from raveforce.imitation.pruning import HARDLY, inlined, multiplied_out, pruned, shorter_texts
from raveforce.imitation.templates import AUTO, make_template

RATE = 44100
SILENT = ("mode", "low", "high")
"""Levels of ``tom`` besides that of its body."""


def tom(target: np.ndarray) -> Objective:
    return Objective("tom", make_template("tom", target, RATE), make_distance("mss"))


@pytest.fixture
def objective() -> Objective:
    """Of a sound that is the body of a tom, whose other voices are as quiet as can be."""
    some = tom(np.ones(RATE // 5, np.float32))
    return tom(raveforce.render(some.code(quiet(some)), 0.3))


def quiet(objective: Objective) -> np.ndarray:
    return np.array([-1.0 if name in SILENT else 0.2 for name in objective.parameters.free])


def test_voices_that_are_hardly_heard_go(objective: Objective) -> None:
    action = quiet(objective)
    action[0] += 0.05  # not the target itself, whose distance allows for no loss
    before = objective(action[None])[0]
    shorter, numbers, renders = pruned(objective, action, 200)
    assert renders <= 200
    lines, fewer = objective.code(action).count("\n"), shorter.code(numbers).count("\n")
    assert fewer < lines
    assert shorter(numbers[None])[0] <= before * (1 + HARDLY) + 1e-9
    assert set(shorter.parameters.parameters) < set(objective.parameters.parameters)
    # What is left keeps its numbers.
    left = dict(zip(shorter.parameters.free, numbers, strict=True))
    was = dict(zip(objective.parameters.free, action, strict=True))
    assert left == pytest.approx({name: was[name] for name in left})


def test_what_is_heard_stays() -> None:
    """Every voice of the target is needed: only what costs nothing changes."""
    some = tom(np.ones(RATE // 5, np.float32))
    loud = np.full(some.dimensions, 0.7)
    objective = tom(raveforce.render(some.code(loud), 0.3))
    shorter, numbers, _ = pruned(objective, loud, 200)
    assert set(shorter.parameters.parameters) == set(objective.parameters.parameters)
    assert shorter(numbers[None])[0] == pytest.approx(objective(loud[None])[0], abs=1e-6)


def test_it_stops_where_the_renders_end(objective: Objective) -> None:
    assert pruned(objective, quiet(objective), 3)[2] <= 3


@pytest.mark.parametrize("name", AUTO)
def test_every_template_that_is_shorter_is_a_program(name: str) -> None:
    task = make_template(name, np.full(4410, 0.1, np.float32), RATE)
    objective = Objective(name, task, make_distance("mss"))
    middle = task.parameters.decode(np.zeros((1, objective.dimensions)))[0]
    values = dict(zip(task.parameters.parameters, middle, strict=True))
    texts = list(shorter_texts(task.template))
    for text in texts:
        program = raveforce.glicol.Program(text)
        assert np.isfinite(raveforce.render(program.fill([values[each] for each in program.blanks]), 0.05)).all()
        assert text.count("\n") < task.template.count("\n")
    # The same sound, to the bit.
    same = raveforce.glicol.Program(inlined(task.template)).fill_named(values)
    np.testing.assert_array_equal(raveforce.render(same, 0.2), raveforce.render(task.program.fill_named(values), 0.2))


def test_products_are_written_where_they_are_taken() -> None:
    text = (
        "~half: imp 1 >> envperc 0.001 0.2\n~env: ~half >> mul ~half\n~pitch: ~env >> mul ~env >> mul 50 >> add 60\n"
        "~loud: ~half >> mul ~env\n~moved: ~loud >> mul ~half\nkick: sin ~pitch >> mul ~loud >> mul 0.5\n"
        "air: sin ~moved >> mul ~env\n"
    )
    found = multiplied_out(text)
    # What an oscillator takes as its pitch stays a chain of its own.
    assert re.findall(r"^(~?\w+):", found, re.MULTILINE) == ["~half", "~pitch", "~moved", "kick", "air"]
    np.testing.assert_allclose(raveforce.render(found, 0.2), raveforce.render(text, 0.2), atol=1e-5)
    assert multiplied_out(found) == found
    for same in ("o: sin 440", "~a: sin 1\no: sin 60 >> lpf ~a 1\n", "~a: sin 1\n~b: ~a >> mul ~a\no: sin ~b\n"):
        assert multiplied_out(same) == same


def test_what_is_printed_is_shorter_than_the_template(objective: Objective) -> None:
    """Of a drum that is its body alone no program needs all four voices; nothing that is left refers to what went."""
    found = raveforce.imitate(objective.target, RATE, renders=1500, template="tom", write=True)
    whole = objective.task.template.count("\n")
    assert found.code.strip().count("\n") + 1 <= whole - 4
    named = set(re.findall(r"^(~\w+):", found.code, re.MULTILINE))
    assert set(re.findall(r"~\w+", found.code)) == named
    assert set(found.parameters) < set(objective.parameters.parameters) or found.template == "written"
