import pickle
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from raveforce.env import RaveForceEnv
from raveforce.task import Task, define
from raveforce.vector import make_vec

ROWS = 3


def compare(ours: Any, theirs: Any) -> None:
    """Everything is the same: arrays, their types, nested dictionaries."""
    if isinstance(theirs, dict):
        assert set(ours) == set(theirs)
        for key in theirs:
            compare(ours[key], theirs[key])
    elif isinstance(theirs, np.ndarray) and theirs.dtype != object:
        assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)
        np.testing.assert_array_equal(ours, theirs)
    else:
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
@pytest.mark.parametrize("name", ["tone_task", "melody_task"])
def test_it_is_gymnasiums_vector_of_single_environments_to_the_bit(
    name: str, mode: AutoresetMode, request: pytest.FixtureRequest
) -> None:
    task: Task = request.getfixturevalue(name)
    settings: dict[str, Any] = {"reward": "mss", "observation": "log_mel"}
    ours = make_vec(task, ROWS, autoreset_mode=mode, **settings)
    theirs = SyncVectorEnv([lambda: RaveForceEnv(task, **settings)] * ROWS, autoreset_mode=mode)
    assert ours.metadata["autoreset_mode"] == theirs.metadata["autoreset_mode"]
    assert ours.single_action_space == theirs.single_action_space
    assert ours.observation_space == theirs.observation_space
    observations, infos = ours.reset(seed=7)
    compare(observations, theirs.reset(seed=7)[0])
    assert infos == {}
    ours.action_space.seed(1)
    for _ in range(2 * task.total_step + 3):
        actions = ours.action_space.sample()
        for mine, other in zip(ours.step(actions), theirs.step(actions), strict=True):
            compare(mine, other)
    ours.close()
    theirs.close()


def test_disabled_autoreset_asks_for_a_reset(tone_task: Task) -> None:
    envs = make_vec(tone_task, ROWS, autoreset_mode="Disabled")
    envs.reset(seed=0)
    envs.step(np.zeros((ROWS, 2), np.float32))
    with pytest.raises(gymnasium.error.ResetNeeded, match="over"):
        envs.step(np.zeros((ROWS, 2), np.float32))
    envs.reset()
    assert envs.audio.shape == (ROWS, 0)


def test_one_step_tasks_begin_anew_in_the_same_step_unless_told_otherwise(tone_task: Task, melody_task: Task) -> None:
    modes = gymnasium.vector.AutoresetMode
    assert make_vec(tone_task, ROWS).metadata["autoreset_mode"] is modes.SAME_STEP
    assert make_vec(melody_task, ROWS).metadata["autoreset_mode"] is modes.NEXT_STEP
    assert make_vec(tone_task, ROWS, autoreset_mode="next_step").metadata["autoreset_mode"] is modes.NEXT_STEP
    with pytest.raises(
        ValueError, match="unknown autoreset_mode 'later'; the modes are next_step, same_step, disabled"
    ):
        make_vec(tone_task, ROWS, autoreset_mode="later")


def test_faults_are_told_for_their_rows_only(tone_task: Task) -> None:
    target = tone_task.targets.draw(np.random.default_rng())
    envs = make_vec(define("o: saw 100 >> mul {}", target, [("lin", 0, 100)]), ROWS)
    envs.reset(seed=0)
    infos = envs.step(np.array([[-1.0], [1.0], [-1.0]], np.float32))[-1]["final_info"]
    assert infos["_fault"].tolist() == [False, True, False]
    assert "exploded" in infos["fault"][1]


def test_a_copy_is_as_good(tone_task: Task) -> None:
    envs = make_vec(tone_task, ROWS)
    copy = pickle.loads(pickle.dumps(envs))
    for one, other in zip(envs.reset(seed=3)[0], copy.reset(seed=3)[0], strict=True):
        np.testing.assert_array_equal(one, other)


def test_misuse_is_explained(tone_task: Task) -> None:
    envs = make_vec(tone_task, ROWS)
    with pytest.raises(gymnasium.error.ResetNeeded, match="reset"):
        envs.step(np.zeros((ROWS, 2), np.float32))
    with pytest.raises(ValueError, match="3 rows need as many seeds, got 2"):
        envs.reset(seed=[1, 2])
    with pytest.raises(ValueError, match="begin and end together"):
        envs.reset(options={"reset_mask": np.array([True, False, True])})
    with pytest.raises(ValueError, match="at least 1"):
        make_vec(tone_task, 0)
