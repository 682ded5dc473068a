"""A user's own task, distance and agent work in training, evaluation, resume and tables without touching our files."""

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from omegaconf import DictConfig

from experiments.evaluate import evaluate_run
from experiments.records.log_writers import read_metrics
from experiments.train import train

TOY = '''
from dataclasses import dataclass

import numpy as np

from agents.search import Search
from raveforce.task import define


class Cautious(Search):
    """Tries what is near the middle."""

    def __init__(self, env, *, seed=0, width=0.2):
        super().__init__(env, seed=seed)
        self.width = width

    def ask(self, count, steps):
        shape = (count, steps, *self.action_space.shape)
        return np.clip(self.rng.normal(0, self.width, shape), -1, 1).astype(np.float32)


@dataclass(frozen=True)
class Loudness:
    scale: float = 1.0
    name: str = "loudness"

    def features(self, audio):
        return (np.abs(audio).mean(axis=1, keepdims=True),)

    def between(self, features, target):
        return self.scale * np.abs(features[0] - target[0])[:, 0].astype(np.float64)


def beep(level=0.3):
    target = level * np.sin(np.arange(4410) / 20)
    parameters = {"freq": ("exp", 100, 1000), "gain": ("lin", 0, 1)}
    return define("o: sin {freq} >> mul {gain}", target, parameters, name="beep")
'''


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    (tmp_path / "toy_plugin.py").write_text(TOY)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    yield "toy_plugin"
    sys.modules.pop("toy_plugin", None)


def test_classes_by_their_path_work_everywhere(toy: str, configure: Callable[..., DictConfig], tmp_path: Path) -> None:
    choices = ["agent=sb3", f"agent.algorithm={toy}:Cautious", "+agent.settings.width=0.4"]
    choices += [f"reward.distance={toy}:Loudness", "+reward.scale=2", "observation=parameters", "evaluate_every=20"]
    cfg = configure(*choices, "total_timesteps=60", "checkpoint_every=15")
    cfg.task = {"name": f"{toy}:beep", "level": 0.5}
    summary = train(cfg, tmp_path / "whole")
    assert (summary["task"], summary["agent"]) == ("beep", f"{toy}:Cautious")
    name = summary["reward"]["distance"]
    assert name.startswith("loudness")
    assert summary["best"]["distances"][name] < 0.1 * summary["silence"]["distances"][name]
    *_, last = read_metrics(tmp_path / "whole" / "metrics.csv")
    assert float(last["best/distance"]) == pytest.approx(summary["best"]["distances"][name], rel=1e-4)

    train(cfg, tmp_path / "run", report=lambda renders, distance: renders < 30)
    train(cfg, tmp_path / "run", resume=True)
    assert (tmp_path / "run" / "metrics.csv").read_bytes() == (tmp_path / "whole" / "metrics.csv").read_bytes()

    scores = evaluate_run(tmp_path / "run", tmp_path / "out", changes={"task.level": 0.2})
    assert scores["distance"] == name
    assert json.loads((tmp_path / "out" / "scores.json").read_text())["episodes"][0]["distances"][name] > 0
