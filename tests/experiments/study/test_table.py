"""Run folders as a table: columns, files, what is missing or broken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from experiments.config.errors import ConfigError
from experiments.study.table import collect, medians, read_table, write_csv, write_table

SUMMARY = {
    "task": "kick",
    "agent": "sac",
    "reward": {"distance": "mss", "kind": "negative"},
    "observation": "parameters",
    "policy": {"distances": {"mss": 0.3, "log_mel": 0.1}},
    "best": {"distances": {"mss": 0.25, "log_mel": 0.2}, "render": 280},
    "silence": {"distances": {"mss": 1.2, "log_mel": 0.4}},
    "score": 0.75,
    "renders": 400,
    "wall_seconds": 3.5,
    "interrupted": False,
    "signal": None,
    "failure": None,
    "seed": 1,
    "engine": "native",
    "target_sha256": "ab",
    "versions": {"raveforce": "1.0", "numpy": "2.0"},
}
CONFIG = """
task: {name: kick}
agent: {algorithm: sac, settings: {gamma: 0.9}, tuned_on: {task: kick}}
total_timesteps: 400
num_envs: 1
seed: 1
"""
METRICS = "renders,best/distance\n50,0.9\n100,0.5\n250,0.4\n300,0.25\n350,0.25\n"


@pytest.fixture
def study(tmp_path: Path) -> Path:
    for seed in (0, 1, 2, 3):
        run = tmp_path / "one" / f"kick_sac_{seed}"
        (run / ".hydra").mkdir(parents=True)
        (run / ".hydra" / "overrides.yaml").write_text("- task=kick\n- agent=sac\n- reward=mss_so_far\n")
        (run / "config.yaml").write_text(CONFIG.replace("seed: 1", f"seed: {seed}"))
    for seed in (0, 1):
        run = tmp_path / "one" / f"kick_sac_{seed}"
        (run / "summary.json").write_text(json.dumps({**SUMMARY, "seed": seed}))
        (run / "metrics.csv").write_text(METRICS)
    (tmp_path / "one" / "kick_sac_2" / "failure.txt").write_text("ValueError: NaN\n\ntraceback")
    (tmp_path / "figures").mkdir()
    return tmp_path


def test_a_row_a_run(study: Path) -> None:
    rows = collect(study)
    assert [row["state"] for row in rows] == ["done", "done", "failed", "unfinished"]
    assert rows[2]["failure"] == "ValueError: NaN"
    done = rows[1]
    assert (done["sweep"], done["folder"], done["seed"]) == ("one", "one/kick_sac_1", 1)
    assert (done["task"], done["agent"], done["tuned_on"]) == ("kick", "sac", "kick")
    assert (done["reward"], done["distance"], done["observation"]) == ("mss_so_far", "mss", "parameters")
    assert (done["policy"], done["best"], done["silence"]) == (0.3, 0.25, 1.2)
    assert (done["policy.log_mel"], done["best.log_mel"], done["silence.log_mel"]) == (0.1, 0.2, 0.4)
    assert (done["best_at.100"], done["best_at.300"]) == (0.5, 0.25)
    assert "best_at.1000" not in done, "the run is shorter"
    assert json.loads(done["settings"]) == {"gamma": 0.9}
    assert done["version.raveforce"] == "1.0"
    assert list(done)[-2:] == ["version.raveforce", "version.numpy"]
    assert rows[3]["policy.mss"] is None


@pytest.mark.parametrize("name", ["runs.csv", "runs.parquet"])
def test_what_is_written_is_what_is_read(study: Path, name: str) -> None:
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    rows = collect(study)
    assert [path.name for path in write_table(study, rows)][:1] == ["runs.csv"]
    assert read_table(study / name) == rows
    assert read_table(study) == rows


def test_medians_are_over_seeds_that_are_done(study: Path) -> None:
    rows = collect(study)
    rows[1] |= {"policy": 0.5}
    (cell,) = medians(rows)
    assert cell["runs"] == 2
    assert cell["policy"] == pytest.approx(0.4)


def test_what_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no table"):
        read_table(tmp_path)
    write_csv(tmp_path, "runs.csv", [{"letter": "a"}])
    with pytest.raises(ConfigError, match="it has no column task, agent"):
        read_table(tmp_path)
