from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from gymnasium import spaces
from stable_baselines3.common.buffers import ReplayBuffer
from stable_baselines3.common.vec_env import DummyVecEnv

from agents.build import load_agent, make_agent
from agents.gcsl import GCSL, draw, masked
from raveforce.env import RaveForceEnv
from raveforce.observations import make_observation
from raveforce.sb3 import BatchVecEnv
from raveforce.targets import RandomPrograms
from raveforce.task import Task

SETTINGS = {
    "policy_kwargs": {"net_arch": [64]},
    "learning_starts": 64,
    "buffer_size": 2000,
    "batch_size": 64,
    "gradient_steps": 8,
    "action_noise_std": 0.1,
}


@pytest.fixture
def many(tone_task: Task) -> RaveForceEnv:
    """Any sine of the toy's pitches and levels."""
    source = RandomPrograms(
        tone_task.program, tone_task.parameters, sample_rate=tone_task.sample_rate, samples=tone_task.samples
    )
    task = replace(tone_task, targets=source)
    observation = make_observation("log_mel", task.sample_rate, n_mels=32, hop_length=2048, as_dict=True)
    return RaveForceEnv(task, reward="mss", observation=observation)


def test_what_was_heard_is_kept_as_the_target_of_what_was_done(many: RaveForceEnv) -> None:
    agent = make_agent("gcsl", BatchVecEnv(many.env_spec, 4), seed=0, settings=SETTINGS)
    assert isinstance(agent, GCSL)
    agent.learn(32)
    buffer = agent.replay_buffer
    assert buffer is not None
    assert buffer.pos == 8
    actions = buffer.actions[:8].reshape(32, 2)
    engine = many.env_spec.open(32)
    engine.reset([np.random.default_rng(0)] * 32)
    engine.step(actions)
    np.testing.assert_allclose(
        buffer.observations[:8].reshape(32, -1), many.observation.features(engine.sound).reshape(32, -1), atol=1e-3
    )


@pytest.mark.parametrize("steps", [5, 30])
def test_what_is_drawn_is_what_stable_baselines_draws(steps: int) -> None:
    sound, action = spaces.Box(0, 1, (3, 4)), spaces.Box(-1, 1, (2,))
    rng = np.random.default_rng(0)
    buffer = ReplayBuffer(40, sound, action, n_envs=2, optimize_memory_usage=True, handle_timeout_termination=False)
    for _ in range(steps):
        heard, made = rng.random((2, 3, 4), np.float32), rng.random((2, 2), np.float32)
        buffer.add(heard, heard, made, np.zeros(2), np.ones(2), [{}, {}])
    assert buffer.full == (steps == 30)
    np.random.seed(0)  # noqa: NPY002 (SB3 draws from it)
    theirs = buffer.sample(16)
    np.random.seed(0)  # noqa: NPY002
    for ours, other in zip(draw(buffer, 16), (theirs.observations, theirs.actions), strict=True):
        torch.testing.assert_close(ours, other, rtol=0, atol=0)


def test_the_policy_comes_to_answer_sounds_it_never_heard(many: RaveForceEnv) -> None:
    distances = []
    for steps in (128, 3200):
        agent = make_agent("gcsl", BatchVecEnv(many.env_spec, 64), seed=0, settings=SETTINGS)
        agent.learn(steps)
        envs = BatchVecEnv(many.env_spec, 32)
        envs.seed(10**6)
        action, _ = agent.predict(envs.reset(), deterministic=True)
        infos = envs.step(action)[-1]
        distances.append(np.median([info["distances"]["mss"] for info in infos]))
    assert distances[1] < 0.5 * distances[0]


def test_directions_are_taken_once_from_what_was_heard_first(many: RaveForceEnv, tmp_path: Path) -> None:
    agent = make_agent("gcsl", BatchVecEnv(many.env_spec, 4), seed=0, settings=SETTINGS)
    assert isinstance(agent, GCSL)
    untouched = agent.policy.scale.directions.clone()
    agent.learn(128)
    taken = agent.policy.scale.directions.clone()
    assert not torch.equal(taken, untouched)
    agent.learn(64, reset_num_timesteps=False)
    agent.save(tmp_path / "model.zip")
    loaded = load_agent("gcsl", tmp_path / "model.zip", BatchVecEnv(many.env_spec, 4))
    assert isinstance(loaded, GCSL)
    loaded.learn(128)
    for one in (agent, loaded):
        assert torch.equal(one.policy.scale.directions, taken)


def test_without_directions_all_features_are_seen(many: RaveForceEnv) -> None:
    settings = {**SETTINGS, "policy_kwargs": {**SETTINGS["policy_kwargs"], "directions": None}}
    agent = make_agent("gcsl", BatchVecEnv(many.env_spec, 4), seed=0, settings=settings)
    agent.learn(128)
    assert isinstance(agent.policy.scale, torch.nn.BatchNorm1d)


def test_it_saves_loads_and_goes_on(many: RaveForceEnv, tmp_path: Path) -> None:
    agent = make_agent("gcsl", BatchVecEnv(many.env_spec, 4), seed=0, settings=SETTINGS)
    agent.learn(128)
    agent.save(tmp_path / "model.zip")
    loaded = load_agent("gcsl", tmp_path / "model.zip", BatchVecEnv(many.env_spec, 4))
    observation = BatchVecEnv(many.env_spec, 3).reset()
    np.testing.assert_array_equal(*(one.predict(observation, deterministic=True)[0] for one in (agent, loaded)))
    loaded.learn(128)
    assert not np.array_equal(*(one.predict(observation, deterministic=True)[0] for one in (agent, loaded)))


def test_tasks_and_observations_it_cannot_learn_from_are_refused(many: RaveForceEnv, tone_task: Task) -> None:
    flat = RaveForceEnv(tone_task, reward="mss", observation="log_mel")
    with pytest.raises(ValueError, match="observation=log_mel_goal"):
        make_agent("gcsl", DummyVecEnv([lambda: flat]), seed=0, settings=SETTINGS)
    steps = RaveForceEnv(replace(tone_task, total_step=2, step_len=None), reward="mss", observation=many.observation)
    with pytest.raises(ValueError, match="every step plays the whole sound"):
        make_agent("gcsl", BatchVecEnv(steps.env_spec, 2), seed=0, settings=SETTINGS)


def test_masking_only_adds_and_only_to_some() -> None:
    torch.manual_seed(0)
    sounds = torch.rand(400, 9, 16) / 2
    over = masked(sounds, 0.5)
    assert bool((over >= sounds).all())
    assert bool((over <= 1).all())
    changed = (over != sounds).flatten(1).any(1).float().mean()
    assert 0.3 < float(changed) < 0.6


def test_masking_wants_spectrograms(many: RaveForceEnv, tone_task: Task) -> None:
    flat = make_observation("waveform", tone_task.sample_rate, as_dict=True, show=("attempt", "target"))
    env = RaveForceEnv(many.task, reward="mss", observation=flat)
    with pytest.raises(ValueError, match="masking is for spectrograms"):
        make_agent("gcsl", BatchVecEnv(env.env_spec, 2), seed=0, settings={**SETTINGS, "masking": 0.5})


def test_less_precise_products_teach_the_same_and_stay_where_it_learns(many: RaveForceEnv) -> None:
    envs = BatchVecEnv(many.env_spec, 64)
    envs.seed(0)
    observation = envs.reset()
    answers = []
    for precision in ("highest", "medium"):
        settings = {**SETTINGS, "precision": precision}
        agent = make_agent("gcsl", BatchVecEnv(many.env_spec, 4), seed=0, settings=settings)
        agent.learn(128)
        answers.append(agent.predict(observation, deterministic=True)[0])
        assert torch.get_float32_matmul_precision() == "highest"
    apart = np.abs(answers[0] - answers[1])
    assert apart.mean() < 0.05
    assert np.quantile(apart, 0.9) < 0.1


def test_a_precision_that_is_none_is_refused(many: RaveForceEnv) -> None:
    with pytest.raises(ValueError, match="precision must be one of highest, high, medium, not 'low'"):
        make_agent("gcsl", BatchVecEnv(many.env_spec, 4), seed=0, settings={**SETTINGS, "precision": "low"})
