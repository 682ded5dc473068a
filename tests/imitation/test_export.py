import numpy as np
import pytest
from numpy.typing import NDArray

import raveforce
from raveforce.distances import make_distance
from raveforce.glicol.looping import looped
from raveforce.imitation.export import at_bounds, rounded
from raveforce.imitation.objective import Objective
from raveforce.imitation.templates import AUTO, make_template
from raveforce.parameter_space import ParameterSpace
from raveforce.parameters import Exp, Lin, Rel
from raveforce.task import define


def test_numbers_are_short_and_the_sound_is_as_near(drum: NDArray[np.float32]) -> None:
    objective = Objective("kick", make_template("kick", drum, 44100), make_distance("mss"))
    for action in np.random.default_rng(0).uniform(-1, 1, (8, objective.dimensions)):
        found = rounded(objective, action)
        code = objective.task.program.fill(found.values)
        assert found.distance <= objective(action[None])[0] * 1.003 + 1e-5
        assert len(code) < len(objective.code(action)) - 10
        objective.parameters.encode(found.values[None])  # inside their ranges


def test_what_follows_from_a_number_follows_from_its_rounded_value(drum: NDArray[np.float32]) -> None:
    parameters = {"gain": ("lin", 0, 1), "rest": ("rel", "gain", lambda gain: 1 - gain)}
    task = define("a: sin 60 >> mul {gain}\nb: sin 90 >> mul {rest}", drum, parameters)
    found = rounded(Objective("two", task, make_distance("mss")), np.array([0.123456]))
    assert found.values.sum() == pytest.approx(1, abs=1e-6)


def test_ends_of_ranges_are_named() -> None:
    space = ParameterSpace({"a": Exp(1, 100), "b": Lin(0, 1), "c": Rel("a", "2 * x"), "d": Lin(0, 1)})
    assert at_bounds(space, np.array([100.0, 0.5, 200.0, 0.0])) == ("a", "d")


@pytest.mark.parametrize("name", AUTO)
def test_the_exported_program_sounds_the_same_in_the_real_engine(name: str, drum: NDArray[np.float32]) -> None:
    objective = Objective(name, make_template(name, drum, 44100), make_distance("mss"))
    action = np.random.default_rng(1).uniform(-0.5, 0.5, objective.dimensions)
    found = rounded(objective, action)
    seconds = len(drum) / 44100
    code = looped(objective.task.program, seconds).fill(found.values)
    assert "imp 0.1 " not in code
    real = raveforce.render(code, 2.5, engine="wasm")
    np.testing.assert_allclose(real[: len(drum)], found.audio, atol=1e-3)
    # It strikes again: the second second is about as loud as the first.
    first, second = (np.sqrt(np.square(real[start : start + len(drum)]).mean()) for start in (0, 44100))
    assert second == pytest.approx(first, rel=0.5)
