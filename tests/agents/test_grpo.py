from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from agents.build import load_agent, make_agent
from agents.grpo import GRPO
from raveforce.env import RaveForceEnv
from raveforce.observations import make_observation
from raveforce.sb3 import BatchVecEnv
from raveforce.targets import ManyTargets
from raveforce.task import Task

SETTINGS = {
    "policy_kwargs": {"net_arch": [64], "components": 2},
    "supervised": 1024,
    "learning_starts": 128,
    "buffer_size": 2000,
    "batch_size": 64,
    "reinforce_learning_rate": 3e-3,
}


@pytest.fixture
def notes(tone_task: Task) -> RaveForceEnv:
    """Dull notes of some pitches, which no sine is, with eight attempts each."""
    time = np.arange(tone_task.samples) / tone_task.sample_rate
    pitches = np.geomspace(200, 1500, 12)
    sounds = [0.3 * np.sin(2 * np.pi * pitch * time) + 0.1 * np.sin(4 * np.pi * pitch * time) for pitch in pitches]
    task = replace(tone_task, targets=ManyTargets(sounds), total_step=8, step_len=None, restart_each_step=True)
    observation = make_observation(
        "log_mel", task.sample_rate, n_mels=32, hop_length=2048, as_dict=True, show=("attempt", "target")
    )
    return RaveForceEnv(task, reward="mss", observation=observation)


def answered(agent: GRPO, env: RaveForceEnv) -> float:
    """Median distance of the likeliest answers."""
    envs = BatchVecEnv(env.env_spec, 32)
    envs.seed(10**6)
    action, _ = agent.predict(envs.reset(), deterministic=True)
    return float(np.median([info["distances"]["mss"] for info in envs.step(action)[-1]]))


def test_it_comes_nearer_to_what_no_program_makes(notes: RaveForceEnv) -> None:
    agent = make_agent("grpo", BatchVecEnv(notes.env_spec, 16), seed=0, settings=SETTINGS)
    assert isinstance(agent, GRPO)
    agent.learn(1024)
    supervised = answered(agent, notes)
    agent.learn(2048, reset_num_timesteps=False)
    assert answered(agent, notes) < 0.8 * supervised


def test_it_saves_loads_and_goes_on(notes: RaveForceEnv, tmp_path: Path) -> None:
    agent = make_agent("grpo", BatchVecEnv(notes.env_spec, 4), seed=0, settings={**SETTINGS, "supervised": 256})
    agent.learn(512)
    agent.save(tmp_path / "model.zip")
    loaded = load_agent("grpo", tmp_path / "model.zip", BatchVecEnv(notes.env_spec, 4))
    observation = BatchVecEnv(notes.env_spec, 3).reset()
    np.testing.assert_array_equal(*(one.predict(observation, deterministic=True)[0] for one in (agent, loaded)))
    loaded.learn(512)
    assert not np.array_equal(*(one.predict(observation, deterministic=True)[0] for one in (agent, loaded)))


def test_one_answer_is_no_group(notes: RaveForceEnv) -> None:
    one = RaveForceEnv(
        replace(notes.task, total_step=1, restart_each_step=False), reward="mss", observation=notes.observation
    )
    with pytest.raises(ValueError, match=r"task\.attempts=16"):
        make_agent("grpo", BatchVecEnv(one.env_spec, 2), seed=0, settings=SETTINGS)
