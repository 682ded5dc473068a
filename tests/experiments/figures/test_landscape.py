from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from experiments.figures.landscape import climb, decoded, first_task, preset_rewards, render, rewards_of, summits
from raveforce.env import RaveForceEnv


def places(*shape: int) -> np.ndarray:
    sides = [np.linspace(-1, 1, points) for points in shape]
    return np.stack(np.meshgrid(*sides, indexing="ij"), axis=-1).reshape(-1, len(shape))


def test_one_hill_is_climbed_from_everywhere() -> None:
    where = places(9, 11)
    found = climb(-np.linalg.norm(where - [0.25, 0.2], axis=1).reshape(9, 11), where)
    assert (found.share, found.near, found.maxima) == (1, 1, 1)
    assert found.correlation > 0.99
    assert where[found.best].tolist() == pytest.approx([0.25, 0.2])


def test_of_two_hills_one_side_climbs_the_lower() -> None:
    found = climb([0, 1, 2, 1, 0, 3, 2, 1], places(8))
    assert found.maxima == 2
    assert found.share == pytest.approx(4 / 8)
    assert found.reached.tolist() == [False] * 4 + [True] * 4


def test_a_landscape_upside_down_leads_away() -> None:
    where = places(21)
    assert climb(np.abs(where[:, 0]) + 1e-3 * where[:, 0], where).correlation < 0.1


@settings(deadline=None)
@given(arrays.arrays(float, st.tuples(st.integers(1, 6), st.integers(1, 6)), elements=st.floats(-9, 9)))
def test_ascent_ends_on_points_without_higher_neighbours(heights: np.ndarray) -> None:
    ends, flat = summits(heights), heights.ravel()
    assert (flat[ends] >= flat).all()
    rows, columns = np.unravel_index(ends, heights.shape)
    for row, column in zip(rows, columns, strict=True):
        around = heights[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
        assert heights[row, column] == around.max()


def test_rewards_are_those_of_the_environment() -> None:
    task = first_task()
    actions = np.random.default_rng(0).uniform(-1, 1, (3, 2)).astype(np.float32)
    sounds = render(task, actions)
    target = task.targets.draw(np.random.default_rng(0))
    for reward in preset_rewards().values():
        env = RaveForceEnv(task, reward=reward, observation="parameters")
        played = []
        for action in actions:
            env.reset(seed=0)
            played.append(env.step(action)[1])
        assert rewards_of(reward, sounds, target) == pytest.approx(played, rel=1e-5)


def test_the_task_is_the_first_raveforces() -> None:
    task = first_task()
    values = decoded(task, [[-1, -1], [1, 1]])
    assert values["attack"].tolist() == pytest.approx([0.0001, task.duration - 0.0001])
    assert values["freq"].tolist() == pytest.approx([10, 10000])
    assert (values["attack"] + values["decay"]).tolist() == pytest.approx([task.duration - 0.0001] * 2)


def test_rewards_begin_with_the_published_one_and_leave_out_those_of_many_steps() -> None:
    names = list(preset_rewards())
    assert names[0] == "waveform"
    assert {"mss", "log_mel", "synthrl", "mixed"} <= set(names)
    assert not {"task", "mss_so_far"} & set(names)
