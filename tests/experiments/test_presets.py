"""Every preset and every reward runs: 20 renders, an evaluation, the record."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig

from experiments.config.build import build_env_spec
from experiments.records.log_writers import read_metrics
from experiments.train import train
from raveforce.env import RaveForceEnv
from raveforce.spec import EnvSpec
from raveforce.tasks import TASKS, make_spec, make_task

CONF = Path(__file__).resolve().parents[2] / "conf"
SHORT = ["total_timesteps=20", "log_every=10", "evaluate_every=10", "evaluation_episodes=1", "checkpoint_every=0"]
SHORT += ["progress=false", "tracking=none"]
EXPERIMENTS = {
    "bass_line": ["agent=random"],
    "drum_loop": ["agent=random"],
    "match": ["num_envs=2", "agent.settings.learning_starts=8", "agent.settings.batch_size=8"],
    "match_recordings": [
        *("num_envs=2", "task.attempts=2", "agent.settings.supervised=12", "agent.settings.learning_starts=8"),
        *("agent.settings.batch_size=8", "agent.settings.buffer_size=200"),
    ],
}


def run(path: Path, *choices: str) -> None:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        cfg = compose("config", [*choices, *SHORT])
    summary = train(cfg, path)
    name = summary["reward"]["distance"]
    assert summary["renders"] >= 20
    for part in ("best", "policy", "silence"):
        assert all(math.isfinite(value) for value in summary[part]["distances"].values())
        assert summary[part]["distances"][name] >= 0
    *_, last = read_metrics(path / "metrics.csv")
    assert summary["best"]["distances"][name] == pytest.approx(float(last["best/distance"]), rel=1e-3)


@pytest.mark.parametrize("name", sorted(path.stem for path in CONF.glob("experiment/*.yaml")))
def test_every_experiment_runs(name: str, tmp_path: Path, kits: Path) -> None:
    folder = [f"task.target={kits}"] if name == "match_recordings" else []
    run(tmp_path, f"experiment={name}", *EXPERIMENTS.get(name, []), *folder)


@pytest.mark.parametrize("name", sorted(path.stem for path in CONF.glob("reward/*.yaml")))
def test_every_reward_runs(name: str, tmp_path: Path) -> None:
    run(tmp_path, f"reward={name}", "agent=random", "observation=parameters")


def test_options_of_the_reward_are_those_of_its_evaluation(tmp_path: Path) -> None:
    run(tmp_path, "reward=log_mel", "+reward.n_mels=128", "agent=random", "observation=parameters")
    header = (tmp_path / "summary.json").read_text()
    assert "log_mel(n_mels=128)" in header


@pytest.mark.parametrize("name", list(TASKS))
def test_the_runner_plays_what_the_id_plays(name: str, configure: Callable[..., DictConfig]) -> None:
    form = "auto" if make_task(name).writes else "box"
    spec, own = build_env_spec(configure(f"task={name}", f"actions={form}")), make_spec(name)
    assert (spec.reward, spec.observation) == (own.reward, own.observation)
    assert (spec.action_space, spec.observation_space) == (own.action_space, own.observation_space)
    action = np.zeros(own.action_space.shape, own.action_space.dtype)
    for one, other in zip(_play(spec, action), _play(own, action), strict=True):
        np.testing.assert_equal(one, other)


def _play(spec: EnvSpec, action: np.ndarray) -> list[np.ndarray]:
    env = RaveForceEnv(spec)
    env.reset(seed=3)
    observation, reward, *_ = env.step(action)
    env.close()
    return [observation, np.array(reward)]
