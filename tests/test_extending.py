"""A package of somebody else's: its classes work by path and, once installed, by name."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.plugin.install import HERE, install

ROOT = HERE.parent.parent
PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")

BY_NAME = """
import pickle
import numpy as np
import raveforce
from raveforce.distances import DISTANCES, make_distance
from raveforce.observations import OBSERVATIONS
from raveforce.rewards import REWARDS
from raveforce.tasks import TASKS, make_env

assert "whistle" in TASKS and "zero_crossings" in DISTANCES and "relative" in REWARDS and "level" in OBSERVATIONS
assert list(DISTANCES)[-1] == "zero_crossings", "the built-in ones come first"
reward = {"distance": "zero_crossings", "kind": "relative"}
env = make_env("whistle", seconds=0.2, reward=reward, observation={"kind": "level", "segments": 4})
assert env.task.duration == 0.2 and env.reward.distance.name == "zero_crossings"
observation, _ = env.reset(seed=0)
assert observation.shape == (8,)
exact = env.task.parameters.encode([[1000, 0.5]])[0].astype(np.float32)
_, reward, *_, info = env.step(exact)
assert reward > 0.99, reward
measured = raveforce.measure(env.audio, env.target)
assert measured["zero_crossings"] == info["distances"]["zero_crossings"]
weighted = make_distance("zero_crossings", weight=2)
assert weighted.name == "zero_crossings(weight=2)"
assert make_distance("my_sounds:ZeroCrossings").name == "zero_crossings", "one name, however it was found"
assert pickle.loads(pickle.dumps(env.env_spec)).reward == env.env_spec.reward
assert raveforce.make_vec("whistle", 3).reset(seed=0)[0].shape == (3, 8)
try:
    make_distance("zero_crossing")
except ValueError as error:
    assert "did you mean zero_crossings?" in str(error), error
"""

AGENT = """
from stable_baselines3.common.vec_env import DummyVecEnv
from raveforce.registry import Registry
from raveforce.tasks import make_env

agents = Registry("agent", group="raveforce.agents")
made = agents.get(NAME)(DummyVecEnv([lambda: make_env("my_sounds:whistle")] * 4), seed=0)
made.learn(64)
assert made.best_return > 0.9, made.best_return
"""


def run(code: str, path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(path), str(ROOT)))},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_page_shows_the_plug_in() -> None:
    assert blocks("python")[0] == (HERE / "my_sounds.py").read_text(encoding="utf-8")
    assert blocks("toml")[0] == (HERE / "pyproject.toml").read_text(encoding="utf-8")


def test_the_pages_code_runs_with_the_module_on_the_path(tmp_path: Path) -> None:
    (tmp_path / "my_sounds.py").write_text(blocks("python")[0], encoding="utf-8")
    run(blocks("python")[1] + "env.reset(seed=0)\nprint(env.step(env.action_space.sample()))", tmp_path)


def test_an_installed_package_works_by_name(tmp_path: Path) -> None:
    run(BY_NAME, install(tmp_path))


@pytest.mark.parametrize("name", ["grid", "my_sounds:GridSearch"])
def test_an_agent_of_an_installed_package(name: str, tmp_path: Path) -> None:
    run(AGENT.replace("NAME", repr(name)), install(tmp_path))
