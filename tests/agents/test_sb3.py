from pathlib import Path

import numpy as np
import pytest
from stable_baselines3.common.vec_env import DummyVecEnv

from agents import AGENTS, load_agent, make_agent
from raveforce.env import RaveForceEnv
from raveforce.task import Task

SMALL = {"policy_kwargs": {"net_arch": [16]}}
OFF_POLICY = {"learning_starts": 8, "batch_size": 8, "buffer_size": 64, "action_noise_std": 0.1}
SETTINGS = {
    "ppo": {**SMALL, "n_steps": 8, "batch_size": 8, "n_epochs": 1},
    "sac": {**SMALL, **OFF_POLICY},
    "td3": {**SMALL, **OFF_POLICY},
}


@pytest.fixture
def env(tone_task: Task) -> DummyVecEnv:
    return DummyVecEnv([lambda: RaveForceEnv(tone_task, reward="log_mel", observation="log_mel")])


@pytest.mark.parametrize("name", list(AGENTS))
def test_every_agent_learns_saves_and_loads(name: str, env: DummyVecEnv, tmp_path: Path) -> None:
    agent = make_agent(name, env, seed=0, settings=SETTINGS[name])
    observation = env.reset()
    before, _ = agent.predict(observation, deterministic=True)
    agent.learn(24)
    after, _ = agent.predict(observation, deterministic=True)
    assert not np.array_equal(before, after), "learning changes the policy"
    agent.save(tmp_path / "model.zip")
    loaded, _ = load_agent(name, tmp_path / "model.zip").predict(observation, deterministic=True)
    np.testing.assert_array_equal(after, loaded)


@pytest.mark.parametrize("name", list(AGENTS))
def test_the_same_seed_gives_the_same_agent(name: str, env: DummyVecEnv) -> None:
    actions = []
    for seed in (1, 1, 2):
        agent = make_agent(name, env, seed=seed, settings=SETTINGS[name])
        agent.learn(24)
        actions.append(agent.predict(env.reset(), deterministic=True)[0])
    np.testing.assert_array_equal(actions[0], actions[1])
    assert not np.array_equal(actions[0], actions[2])


def test_errors_name_the_agent(env: DummyVecEnv) -> None:
    with pytest.raises(ValueError, match="unknown agent 'dqm'; the agents are ppo, sac, td3"):
        make_agent("dqm", env, seed=0)
    with pytest.raises(ValueError, match=r"'sac' does not take these settings.*n_step"):
        make_agent("sac", env, seed=0, settings={"n_step": 5})
