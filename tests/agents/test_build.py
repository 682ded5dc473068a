from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from numpy.typing import NDArray
from omegaconf import OmegaConf
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.vec_env import DummyVecEnv, VecEnv

from agents.build import Agent, form_of_actions, load_agent, make_agent
from agents.extractors import SpectrogramExtractor
from agents.registry import AGENTS
from raveforce.env import RaveForceEnv
from raveforce.observations import make_observation
from raveforce.parameters import ParameterError
from raveforce.rewards import make_reward
from raveforce.sb3 import BatchVecEnv
from raveforce.task import Task, define
from raveforce.tasks import make_spec
from raveforce.tasks.drum_loop import PATTERN

CONF = Path(__file__).resolve().parents[2] / "conf"

SMALL = {"policy_kwargs": {"net_arch": [16]}}
OFF_POLICY = {"learning_starts": 8, "batch_size": 8, "buffer_size": 64, "action_noise_std": 0.1}
SETTINGS = {
    "ppo": {**SMALL, "n_steps": 8, "batch_size": 8, "n_epochs": 1},
    "sac": {**SMALL, **OFF_POLICY},
    "td3": {**SMALL, **OFF_POLICY},
    "tqc": {**SMALL, **OFF_POLICY},
    "dqn": {**SMALL, "learning_starts": 8, "batch_size": 8, "buffer_size": 64, "learning_rate": 0.01},
    "recurrent_ppo": {
        "policy_kwargs": {"net_arch": [16], "lstm_hidden_size": 8}, "n_steps": 8, "batch_size": 8, "n_epochs": 1,
    },
    "a2c": {**SMALL, "n_steps": 8},
    "trpo": {**SMALL, "n_steps": 8, "batch_size": 8},
    "crossq": {**SMALL, "learning_starts": 8, "batch_size": 8, "buffer_size": 64},
    "ars": {"policy_kwargs": {"net_arch": []}, "n_delta": 2},
    "qrdqn": {**SMALL, "learning_starts": 8, "batch_size": 8, "buffer_size": 64, "learning_rate": 0.01},
    "random": {},
    "cma": {},
}  # fmt: skip


@pytest.fixture
def choices(tone: NDArray[np.float32]) -> Task:
    """Two steps of choices: the second note of a sine, and whether it sounds."""
    parameters = {"freq": ("choose", [110, 220, 440, 880]), "level": ("choose", [0, 0.5])}
    return define("o: sin {freq} >> mul {level}", np.tile(tone, 2), parameters, total_step=2)


def vector(name: str, task: Task, **options: object) -> DummyVecEnv:
    form = form_of_actions(name, task.parameters)
    settings = {"reward": "log_mel", "observation": "log_mel", "actions": form, **options}
    return DummyVecEnv([lambda: RaveForceEnv(task, **settings)])


def play(agent: Agent, env: VecEnv) -> list[NDArray[Any]]:
    """What the agent does in one episode of two steps."""
    observation, state, start, actions = env.reset(), None, np.ones(1, bool), []
    for _ in range(2):
        action, state = agent.predict(observation, state=state, episode_start=start, deterministic=True)
        observation, _, start, _ = env.step(action)
        actions.append(action)
    return actions


@pytest.mark.parametrize("name", list(SETTINGS))
def test_every_agent_learns_saves_and_loads(name: str, choices: Task, tmp_path: Path) -> None:
    env = vector(name, choices)
    agent = make_agent(name, env, seed=0, settings=SETTINGS[name])
    agent.learn(24)
    assert agent.num_timesteps == 24
    after = play(agent, env)
    assert all(env.action_space.contains(action[0]) for action in after)
    agent.save(tmp_path / "model.zip")
    np.testing.assert_array_equal(after, play(load_agent(name, tmp_path / "model.zip"), env))


@pytest.mark.parametrize("name", ["ppo", "sac", "td3", "tqc", "recurrent_ppo", "cma"])
def test_learning_changes_the_policy(name: str, tone_task: Task) -> None:
    policies = []
    for steps in (8, 80):
        env = vector(name, tone_task)
        agent = make_agent(name, env, seed=0, settings=SETTINGS[name])
        agent.learn(steps)
        policies.append(agent.predict(env.reset(), deterministic=True)[0])
    assert not np.array_equal(*policies)


@pytest.mark.parametrize("name", list(SETTINGS))
def test_the_same_seed_gives_the_same_agent(name: str, tone_task: Task, choices: Task) -> None:
    actions = []
    for seed in (1, 1, 2):
        env = vector(name, choices if name in ("dqn", "qrdqn") else tone_task)
        agent = make_agent(name, env, seed=seed, settings=SETTINGS[name])
        agent.learn(40)
        env.seed(0)
        actions.append([agent.predict(env.reset(), deterministic=True)[0], env.action_space.sample()][:1])
    np.testing.assert_array_equal(actions[0], actions[1])
    assert name in ("dqn", "qrdqn") or not np.array_equal(actions[0], actions[2])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ppo", "sac", "td3", "tqc", "dqn", "recurrent_ppo", "random", "cma"])
def test_every_agent_solves_a_toy_task(name: str, tone_task: Task, choices: Task) -> None:
    task = choices if name in ("dqn", "qrdqn") else tone_task
    observation = make_observation("parameters")
    env = vector(name, task, reward=make_reward("log_mel", kind="normalised"), observation=observation)
    with initialize_config_dir(str(CONF), version_base="1.3"):
        settings = OmegaConf.to_container(compose(f"agent/{name}").agent.settings, resolve=True)
    agent = make_agent(name, env, seed=0, settings=settings)
    agent.learn(1500)
    env.seed(0)
    observed, state, start, total, done = env.reset(), None, np.ones(1, bool), 0.0, False
    while not done:
        action, state = agent.predict(observed, state=state, episode_start=start, deterministic=True)
        observed, rewards, start, _ = env.step(action)
        total, done = float(rewards[0]), bool(start[0])
    assert total > -0.35, "silence gets -1, the target 0"


@pytest.mark.slow
def test_a_beat_is_learnt_where_its_steps_are_shown_as_places() -> None:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        cfg = compose("config", ["task=drum_loop", "agent=ppo"])
    settings = OmegaConf.to_container(cfg.agent.settings, resolve=True)
    spec = make_spec("drum_loop", observation="steps", actions="multi_discrete")
    env = BatchVecEnv(spec, 1)
    agent = make_agent("ppo", env, seed=0, settings=settings)
    agent.learn(8000)
    env.seed(0)
    observed, played = env.reset(), []
    for _ in range(16):
        action, _ = agent.predict(observed, deterministic=True)
        observed, *_ = env.step(action)
        played.append(action[0])
    rows = ("".join("x" if stroke else "." for stroke in row) for row in np.transpose(played))
    strokes = dict(zip(spec.task.parameters.free, rows, strict=True))
    # Hats are too quiet to be told under the others.
    assert {name: strokes[name] for name in ("kick", "snare")} == {name: PATTERN[name] for name in ("kick", "snare")}


def test_discrete_actions_are_for_those_who_choose(tone_task: Task, choices: Task) -> None:
    assert {name: form_of_actions(name, choices.parameters) for name in AGENTS} == {
        "gcsl": "box",
        "grpo": "box", "a2c": "multi_discrete", "trpo": "multi_discrete", "qrdqn": "discrete", "crossq": "box",
        "ars": "box",
        "ppo": "multi_discrete", "recurrent_ppo": "multi_discrete", "maskable_ppo": "multi_discrete",
        "random": "multi_discrete", "dqn": "discrete",
        "sac": "box", "td3": "box", "tqc": "box", "cma": "box", "de": "box", "ga": "box", "refine": "box",
    }  # fmt: skip
    assert form_of_actions("ppo", tone_task.parameters) == "box"
    with pytest.raises(ValueError, match=r"'sac'.*Box"):
        make_agent("sac", vector("ppo", choices), seed=0, settings=SETTINGS["sac"])
    with pytest.raises(ValueError, match="cma searches boxes"):
        make_agent("cma", vector("ppo", choices), seed=0)
    with pytest.raises(ParameterError, match=r"\['freq', 'level'\] do not"):
        vector("dqn", tone_task)


@pytest.mark.parametrize("name", ["ppo", "sac"])
def test_a_convolutional_network_looks_at_spectrograms(name: str, tone_task: Task) -> None:
    observation = make_observation("log_mel", show=("target", "difference"), last=True, as_dict=True)
    env = vector(name, tone_task, observation=observation)
    agent = make_agent(name, env, seed=0, settings={**SETTINGS[name], "extractor": "cnn"})
    agent.learn(24)
    assert isinstance(agent, BaseAlgorithm)
    extractor = next(m for m in agent.policy.modules() if isinstance(m, SpectrogramExtractor))
    assert extractor.pictures == ["difference", "target"]
    assert extractor.features_dim == 128 + 2
    assert agent.predict(env.reset())[0].shape == (1, 2)
    with pytest.raises(ValueError, match="take observation=log_mel_dict"):
        make_agent(name, vector(name, tone_task), seed=0, settings={**SETTINGS[name], "extractor": "cnn"})


def test_a_replay_buffer_larger_than_the_memory_is_refused(tone_task: Task) -> None:
    env = vector("sac", tone_task, observation="waveform")
    with pytest.raises(
        ValueError, match=r"100000000 transitions with two observations of 17,640 bytes needs 3528\.0 GB"
    ):
        make_agent("sac", env, seed=0, settings={**SETTINGS["sac"], "buffer_size": 100_000_000})


def test_the_learning_rate_can_fall(tone_task: Task) -> None:
    settings = {**SETTINGS["sac"], "learning_rate": 1e-2, "final_learning_rate": 1e-4}
    agent = make_agent("sac", vector("sac", tone_task), seed=0, settings=settings)
    assert isinstance(agent, BaseAlgorithm)
    assert [agent.lr_schedule(remaining) for remaining in (1, 0.5, 0)] == pytest.approx([1e-2, 5.05e-3, 1e-4])


def test_action_noise_can_fade(tone_task: Task) -> None:
    settings = {**SETTINGS["td3"], "action_noise_std": 0.4, "final_action_noise_std": 0.001, "action_noise_steps": 100}
    agent = make_agent("td3", vector("td3", tone_task), seed=0, settings=settings)
    noise = agent.action_noise
    wide = np.std([noise() for _ in range(20)])
    for _ in range(80):
        noise()
    narrow = np.std([noise() for _ in range(50)])
    assert wide > 0.2
    assert 0.0005 < narrow < 0.002
    with pytest.raises(ValueError, match="above 0"):
        make_agent("td3", vector("td3", tone_task), seed=0, settings={**settings, "final_action_noise_std": 0})


def test_errors_name_the_agent(tone_task: Task) -> None:
    env = vector("sac", tone_task)
    with pytest.raises(ValueError, match=r"unknown agent 'dqm'; did you mean dqn\? the agents are ppo, sac, td3, tqc"):
        make_agent("dqm", env, seed=0)
    with pytest.raises(ValueError, match=r"'sac' does not take these settings.*n_step"):
        make_agent("sac", env, seed=0, settings={"n_step": 5})


def test_a_file_that_is_no_model_of_the_agent_says_so(tone_task: Task, tmp_path: Path) -> None:
    env = BatchVecEnv(RaveForceEnv(tone_task, observation="log_mel").env_spec, 1)
    other = make_agent("sac", env, seed=0, settings={"policy_kwargs": {"net_arch": [8]}})
    other.save(tmp_path / "model.zip")
    (tmp_path / "text.zip").write_text("no zip")
    for file, agent in (("model.zip", "td3"), ("text.zip", "sac")):
        with pytest.raises(ValueError, match=rf"{file} is no model of agent={agent} as this version builds it"):
            load_agent(agent, tmp_path / file)
    with pytest.raises(FileNotFoundError):
        load_agent("sac", tmp_path / "none.zip")
