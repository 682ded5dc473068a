from pathlib import Path

import numpy as np
import pytest
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import DummyVecEnv

from agents.build import load_agent, make_agent
from raveforce.env import RaveForceEnv
from raveforce.task import Task


def vector(task: Task, count: int = 1) -> DummyVecEnv:
    return DummyVecEnv([lambda: RaveForceEnv(task, reward="log_mel")] * count)


class Watch(BaseCallback):
    """Keeps the return of every episode, and ends the search after so many steps."""

    def __init__(self, last: int = 10**9) -> None:
        super().__init__()
        self.last, self.steps, self.returns, self.so_far = last, 0, [], 0.0

    def _on_step(self) -> bool:
        self.steps += 1
        self.so_far += float(self.locals["rewards"][0])
        if self.locals["dones"][0]:
            self.returns.append(self.so_far)
            self.so_far = 0.0
        return self.steps < self.last


@pytest.mark.parametrize("name", ["random", "cma"])
@pytest.mark.parametrize("count", [1, 3])
def test_the_best_episode_met_is_the_policy(name: str, count: int, melody_task: Task) -> None:
    env = vector(melody_task, count)
    agent = make_agent(name, env, seed=0)
    agent.learn(4 * 12 * count)
    assert agent.num_timesteps == 4 * 12 * count
    observation, total = env.reset(), 0.0
    for _ in range(4):
        action, _ = agent.predict(observation, deterministic=True)
        assert action.shape == (count, 1)
        observation, rewards, _, _ = env.step(action)
        total += float(rewards[0])
    assert total == pytest.approx(agent.best_return, rel=1e-5)


@pytest.mark.parametrize("name", ["random", "cma"])
def test_the_best_is_the_best_of_all_returns(name: str, melody_task: Task) -> None:
    watch = Watch()
    agent = make_agent(name, vector(melody_task), seed=0)
    agent.learn(4 * 20, callback=watch)
    assert len(watch.returns) == 20
    assert agent.best_return == pytest.approx(max(watch.returns))


def test_cma_finds_a_sine_and_random_search_comes_near(tone_task: Task) -> None:
    found = {}
    for name in ("random", "cma"):
        agent = make_agent(name, vector(tone_task), seed=0)
        agent.learn(300)
        found[name] = -agent.best_return
    assert found["cma"] < 0.05
    assert found["cma"] < found["random"] < 1


def test_cma_begins_anew_when_it_has_converged(tone_task: Task) -> None:
    agent = make_agent("cma", vector(tone_task), seed=0, settings={"sigma": 1e-9, "popsize": 4})
    agent.learn(200)
    assert agent._strategy.popsize > 4


@pytest.mark.parametrize("name", ["random", "cma"])
def test_a_saved_search_goes_on_where_it_was(name: str, tone_task: Task, tmp_path: Path) -> None:
    whole = make_agent(name, vector(tone_task), seed=0)
    whole.learn(60)
    half = make_agent(name, vector(tone_task), seed=0)
    half.learn(30)
    half.save(tmp_path / "model.zip")
    loaded = load_agent(name, tmp_path / "model.zip")
    with pytest.raises(ValueError, match="set_env"):
        loaded.learn(30, reset_num_timesteps=False)
    loaded.set_env(vector(tone_task))
    loaded.learn(30, reset_num_timesteps=False)
    assert loaded.num_timesteps == 60
    np.testing.assert_array_equal(loaded.best_plan, whole.best_plan)


def test_a_callback_ends_the_search(melody_task: Task) -> None:
    agent = make_agent("random", vector(melody_task), seed=0)
    agent.learn(1000, callback=Watch(last=7))
    assert agent.num_timesteps == 7


@pytest.mark.parametrize("name", ["random", "cma"])
def test_a_run_stopped_at_once_still_has_a_policy(name: str, melody_task: Task) -> None:
    env = vector(melody_task)
    agent = make_agent(name, env, seed=0)
    assert env.action_space.contains(agent.predict(env.reset())[0][0])
    agent.learn(8)
    assert agent.best_return > -np.inf
    assert len(agent.best_plan) == 4


@pytest.mark.parametrize("name", ["cma", "de", "ga", "refine"])
def test_environments_side_by_side_try_different_things_from_the_first(name: str, tone_task: Task) -> None:
    agent = make_agent(name, vector(tone_task, 4), seed=0)
    first = agent.ask(4, 1)
    assert (first[0] == 0).all()
    assert len(np.unique(first.reshape(4, -1), axis=0)) == 4
