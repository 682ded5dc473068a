"""Projects on Weights & Biases as tables of runs."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from experiments.config.errors import ConfigError
from experiments.study.__main__ import main
from experiments.study.exports import read_export
from experiments.study.scores import score_runs
from experiments.study.table import read_table
from experiments.wandb_export import project_runs


def run(agent: str, seed: int, policy: float) -> dict[str, Any]:
    """A run as W&B's API gives it."""
    return {
        "name": f"kick_{agent}_{seed}",
        "group": "agents",
        "state": "finished",
        "config": {
            "task": {"name": "kick"},
            "agent": {"algorithm": agent, "tuned_on": {"task": "kick"}},
            "reward": {"distance": None, "kind": None},
            "seed": seed,
            "total_timesteps": 100,
            "num_envs": 1,
            "_wandb": {},
        },
        "summary": {
            "task": "kick",
            "agent": agent,
            "distance": "mss",
            "reward_kind": "normalised",
            "renders": 100,
            "observation": "parameters",
            "wall_seconds": 2.5,
            "score": 0.5,
            "best/render": 70,
            "_runtime": 3,
            "policy.mss": policy,
            "best.mss": policy,
            "silence.mss": 1.2,
            "policy.log_mel": 0.1,
        },
    }


RUNS = [run("random", seed, distance) for seed, distance in enumerate([0.5, 0.6, 0.7])]
RUNS += [run("sac", seed, distance) for seed, distance in enumerate([0.2, 0.3, 0.4])]


class Project:
    """Stands for wandb.Api: what of it ``project_runs`` uses."""

    def runs(self, path: str) -> list[Any]:
        assert path == "entity/raveforce"
        return [SimpleNamespace(**one, history=self._history) for one in RUNS]

    def _history(self, *, samples: int, keys: list[str], pandas: bool) -> list[dict[str, float]]:
        rows = [
            {"renders": 50, "best/distance": 0.6},
            {"renders": 100, "best/distance": 0.5, "evaluation/distance": 0.7},
        ]
        return [{key: row[key] for key in keys} for row in rows if set(keys) <= row.keys()]


def test_a_project_is_saved_and_becomes_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    export = tmp_path / "raveforce.json"
    export.write_text(json.dumps(list(project_runs(Project(), "entity/raveforce"))))
    rows, curves = read_export(export)
    first = rows[0]
    assert (first["study"], first["sweep"], first["folder"]) == ("raveforce", "agents", "kick_random_0")
    assert (first["state"], first["task"], first["agent"], first["seed"]) == ("done", "kick", "random", 0)
    assert (first["reward"], first["distance"], first["tuned_on"]) == ("mss", "mss", "kick")
    assert (first["policy"], first["best"], first["silence"], first["policy.log_mel"]) == (0.5, 0.5, 1.2, 0.1)
    assert (first["renders"], first["seconds"], first["best_render"]) == (100, 2.5, 70)
    assert curves[1] == {
        "task": "kick",
        "agent": "random",
        "reward": "mss",
        "seed": 0,
        "renders": 100,
        "best": 0.5,
        "policy": 0.7,
    }
    assert score_runs(rows).tasks == {("kick", "mss"): (0.6, 0.2)}
    assert main([f"export={export}", f"folder={tmp_path / 'study'}", "figures=false"]) == 0
    assert "wandb" not in (said := capsys.readouterr().out).lower()
    assert "agents (kick): scores" in said
    assert read_table(tmp_path / "study") == rows
    assert len((tmp_path / "study" / "learning.csv").read_text().splitlines()) == 1 + 2 * 6


def test_a_table_as_the_page_exports_it(tmp_path: Path) -> None:
    export = tmp_path / "wandb_export.csv"
    columns = {
        "Name": "a",
        "State": "finished",
        "Runtime": "12",
        "agent.algorithm": "sac",
        "task.name": "bass_line",
        "seed": "3",
        "renders": "8000",
        "reward.distance": "mss",
        "reward.kind": "improvement",
        "policy.mss": "0.25",
        "best.mss": "",
        "silence.mss": "1.5",
    }
    with export.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns, quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerow(columns)
        writer.writerow({**columns, "State": "crashed"})
    (row, crashed), curves = read_export(export)
    assert (row["task"], row["agent"], row["seed"], row["renders"]) == ("bass_line", "sac", 3, 8000)
    assert (row["reward"], row["policy"], row["best"], row["silence"]) == ("mss_so_far", 0.25, None, 1.5)
    assert (crashed["state"], crashed["failure"]) == ("failed", "crashed")
    assert curves == []


def test_parquet(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    texts = [{**one, "config": json.dumps(one["config"]), "summary": json.dumps(one["summary"])} for one in RUNS]
    parquet.write_table(pyarrow.Table.from_pylist(texts), tmp_path / "runs.parquet")
    (tmp_path / "runs.json").write_text(json.dumps(RUNS))
    assert read_export(tmp_path / "runs.parquet") == read_export(tmp_path / "runs.json")


def test_what_is_no_export(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no export"):
        read_export(tmp_path / "none.json")
    (tmp_path / "text.json").write_text("{")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_export(tmp_path / "text.json")
    (tmp_path / "other.json").write_text('[{"name": "a", "config": {"lr": 1}, "summary": {}}]')
    with pytest.raises(ConfigError, match="holds no runs of RaveForce"):
        read_export(tmp_path / "other.json")
    with pytest.raises(ConfigError, match="name a folder for the tables"):
        main([f"export={tmp_path / 'other.json'}"])
