from pathlib import Path

import numpy as np
import pytest
from stable_baselines3.common.vec_env import DummyVecEnv

from agents.build import load_agent, make_agent
from raveforce.env import RaveForceEnv
from raveforce.task import Task


def vector(task: Task, count: int = 1) -> DummyVecEnv:
    return DummyVecEnv([lambda: RaveForceEnv(task, reward="log_mel", observation="parameters")] * count)


@pytest.mark.parametrize("name", ["de", "ga"])
@pytest.mark.parametrize("count", [1, 7])
def test_they_find_a_sine(name: str, count: int, tone_task: Task) -> None:
    agent = make_agent(name, vector(tone_task, count), seed=0, settings={"popsize": 16})
    agent.learn(60 * 7)
    random = make_agent("random", vector(tone_task, count), seed=0)
    random.learn(60 * 7)
    assert -agent.best_return < min(0.1, -random.best_return)


@pytest.mark.parametrize("name", ["de", "ga"])
def test_a_saved_search_goes_on_where_it_was(name: str, tone_task: Task, tmp_path: Path) -> None:
    settings = {"popsize": 8}
    whole = make_agent(name, vector(tone_task), seed=3, settings=settings)
    whole.learn(70)
    half = make_agent(name, vector(tone_task), seed=3, settings=settings)
    half.learn(35)  # in the middle of a generation
    half.save(tmp_path / "model.zip")
    loaded = load_agent(name, tmp_path / "model.zip")
    loaded.set_env(vector(tone_task))
    loaded.learn(35, reset_num_timesteps=False)
    np.testing.assert_array_equal(loaded.best_plan, whole.best_plan)
    other = make_agent(name, vector(tone_task), seed=4, settings=settings)
    other.learn(70)
    assert not np.array_equal(other.best_plan, whole.best_plan)


@pytest.mark.parametrize("name", ["de", "ga"])
def test_what_they_cannot_search_is_refused(name: str, melody_task: Task, tone_task: Task) -> None:
    discrete = DummyVecEnv([lambda: RaveForceEnv(melody_task, actions="multi_discrete")])
    with pytest.raises(ValueError, match="boxes"):
        make_agent(name, discrete, seed=0)
    with pytest.raises(ValueError, match="popsize"):
        make_agent(name, vector(tone_task), seed=0, settings={"popsize": 2})
