"""Benchmarks leave the reference results alone unless they are told to write them."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from omegaconf import OmegaConf

from benchmarks import kept, kick, match
from experiments.config.errors import ConfigError


@pytest.fixture(autouse=True)
def unfinished(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "UNFINISHED", tmp_path_factory.mktemp("unfinished"))


def test_the_kick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(kick, "RESULTS", tmp_path)
    monkeypatch.setattr(kick, "play", lambda agent, seed, folder: {"policy": 0.3, "best": 0.2, "seconds": 1.0})
    kick.main(["seeds=2"])
    assert "cma" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("options", [[], ["task.target=mine"]])
def test_match_on_one_s_own_sounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "model.zip").write_bytes(b"a model")
    (tmp_path / "summary.json").write_text(json.dumps({"renders": 9, "wall_seconds": 1.0}))
    monkeypatch.setattr(match, "RESULTS", tmp_path / "results")
    for name, replaced in {
        "read_config": lambda path: OmegaConf.create({"agent": {"algorithm": "gcsl"}, "task": {"name": "match"}}),
        "with_changes": lambda cfg, given, options: cfg,
        "build_env_spec": lambda cfg: None,
        "RaveForceEnv": lambda spec: SimpleNamespace(task=None),
        "load_agent": lambda algorithm, path: None,
        "answers": lambda agent, env, count: (np.full(count, 0.1), [None] * count),
        "search": lambda name, task, target, seed: np.linspace(1, 0.5, 1000).tolist(),
        "history": lambda run: [],
    }.items():
        monkeypatch.setattr(match, name, replaced)
    match.main([f"run={tmp_path}", "targets=3", *options])
    assert json.loads(capsys.readouterr().out)["policy, one render"] == 0.1
    assert list((tmp_path / "results").iterdir()) == []


def test_match_wants_a_run_of_many_targets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(match, "read_config", lambda path: OmegaConf.create({"task": {"name": "kick"}}))
    with pytest.raises(ConfigError, match="is a run of task=kick, which has one target; name one of task=match"):
        match.main([f"run={tmp_path}"])
