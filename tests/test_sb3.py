import pickle

import numpy as np
import pytest
from stable_baselines3.common.vec_env import DummyVecEnv

from raveforce.env import RaveForceEnv
from raveforce.sb3 import BatchVecEnv
from raveforce.task import Task

ROWS = 3


def env(task: Task) -> RaveForceEnv:
    return RaveForceEnv(task, reward="mss", observation="log_mel")


@pytest.mark.parametrize("name", ["tone_task", "melody_task"])
def test_it_does_what_sb3s_own_does_to_the_bit(name: str, request: pytest.FixtureRequest) -> None:
    task: Task = request.getfixturevalue(name)
    ours, theirs = BatchVecEnv(env(task).env_spec, ROWS), DummyVecEnv([lambda: env(task)] * ROWS)
    assert (ours.num_envs, ours.action_space, ours.observation_space) == (
        ROWS,
        theirs.action_space,
        theirs.observation_space,
    )
    for envs in (ours, theirs):
        envs.seed(5)
    np.testing.assert_array_equal(ours.reset(), theirs.reset())
    rng = np.random.default_rng(0)
    for _ in range(2 * task.total_step + 1):
        actions = rng.uniform(-1, 1, (ROWS, *ours.action_space.shape)).astype(np.float32)
        mine, other = ours.step(actions), theirs.step(actions)
        for one, two in zip(mine[:3], other[:3], strict=True):
            np.testing.assert_array_equal(one, two)
            assert one.dtype == two.dtype
        for info, wanted in zip(mine[3], other[3], strict=True):
            # A single environment has the sound so far at every step; a batch, which would copy it, at the end.
            assert set(wanted) - set(info) <= {"audio"}
            for key in info:
                np.testing.assert_array_equal(info[key], wanted[key])


def test_rows_are_put_back_to_where_they_were(melody_task: Task) -> None:
    rng = np.random.default_rng(0)
    actions = rng.uniform(-1, 1, (7, ROWS, 1)).astype(np.float32)
    first, second = BatchVecEnv(env(melody_task).env_spec, ROWS), BatchVecEnv(env(melody_task).env_spec, ROWS)
    first.seed(1)
    first.reset()
    for action in actions[:6]:  # an episode and a half
        last = first.step(action)[0]
    snapshot = pickle.loads(pickle.dumps(first.snapshot()))
    np.testing.assert_array_equal(second.restore(snapshot), last)
    for one, two in zip(first.step(actions[6])[:3], second.step(actions[6])[:3], strict=True):
        np.testing.assert_array_equal(one, two)
    with pytest.raises(ValueError, match="3 rows, not of 2"):
        BatchVecEnv(env(melody_task).env_spec, 2).restore(snapshot)
