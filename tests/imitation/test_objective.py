from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from raveforce.distances import make_distance, measure
from raveforce.imitation.objective import ROWS, Objective
from raveforce.task import define
from raveforce.tasks import kick


@pytest.fixture
def objective(drum: NDArray[np.float32]) -> Objective:
    return Objective("kick", kick(drum), make_distance("mss"))


def test_a_program_is_as_far_away_whatever_is_beside_it(objective: Objective) -> None:
    actions = np.random.default_rng(0).uniform(-1, 1, (2 * ROWS + 3, objective.dimensions))
    together = objective(actions)
    np.testing.assert_array_equal(together, np.concatenate([objective(action[None]) for action in actions]))
    audio, distances = objective.of_values(objective.parameters.decode(actions))
    np.testing.assert_array_equal(distances, together)
    assert distances[5] == pytest.approx(measure(audio[5], objective.target)["mss"], rel=1e-5)


def test_threads_change_nothing(objective: Objective) -> None:
    actions = np.random.default_rng(0).uniform(-1, 1, (8, ROWS, objective.dimensions))
    with ThreadPoolExecutor(4) as pool:
        threaded = list(pool.map(objective, actions))
    np.testing.assert_array_equal(threaded, [objective(some) for some in actions])


def test_what_breaks_is_infinitely_far_and_its_neighbours_are_not(drum: NDArray[np.float32]) -> None:
    task = define("o: sin 100 >> mul {gain}", drum, {"gain": ("lin", 0, 100)})
    distances = Objective("loud", task, make_distance("mss"))([[1.0], [-0.99], [0.5]])
    assert np.isfinite(distances).tolist() == [False, True, False]


def test_several_steps_are_refused(objective: Objective) -> None:
    with pytest.raises(ValueError, match="one step"):
        Objective("kick", replace(objective.task, total_step=2, step_len=None), objective.distance)


def test_a_template_plays_its_samples(drum: NDArray[np.float32]) -> None:
    parameters, samples = {"gain": ("lin", 0.1, 1)}, {"hit": drum}
    task = define(r"o: imp 1 >> sp \hit >> mul {gain}", drum, parameters, samples=samples)
    distances = Objective("sampled", task, make_distance("mss"))([[-1.0], [1.0]])
    assert distances[1] < 0.1 * distances[0]
