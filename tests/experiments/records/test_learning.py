from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from experiments.records.learning import COLUMNS, learning_rows, thinned, write_learning

FACTS = {"task": "kick", "agent": "sac", "reward": "mss", "seed": 3, "folder": "ignored"}


def make_run(folder: Path, renders: int = 3000, *, policy: float | None = 0.25) -> Path:
    folder.mkdir(parents=True)
    lines = ["renders,best/distance,evaluation/distance,train/loss"]
    for at in range(50, renders + 1, 50):
        lines.append(f"{at},{100 / at:.9f},{200 / at if at % 500 == 0 else ''},0.1")
    (folder / "metrics.csv").write_text("\n".join(lines) + "\n")
    summary = {"reward": {"distance": "mss"}, "renders": renders, "best": {"distances": {"mss": 0.03}}}
    if policy is not None:
        summary["policy"] = {"distances": {"mss": policy, "mfcc": 9.0}}
    (folder / "summary.json").write_text(json.dumps(summary))
    return folder


def test_a_run_becomes_a_few_rows(tmp_path: Path) -> None:
    rows = learning_rows(make_run(tmp_path / "run"), FACTS)
    assert all(tuple(row) == COLUMNS for row in rows)
    assert [row["renders"] for row in rows] == sorted({row["renders"] for row in rows})
    assert len(rows) <= 24 + 6
    first = rows[0]
    assert (first["task"], first["agent"], first["seed"], first["renders"]) == ("kick", "sac", 3, 50)
    assert (first["best"], first["policy"]) == (2.0, None)


def test_every_evaluation_is_kept_and_the_end_is_the_summarys(tmp_path: Path) -> None:
    rows = learning_rows(make_run(tmp_path / "run"), FACTS, points=4)
    policies = {row["renders"]: row["policy"] for row in rows if row["policy"] is not None}
    assert policies == {500: 0.4, 1000: 0.2, 1500: 0.1333, 2000: 0.1, 2500: 0.08, 3000: 0.25}
    assert rows[-1]["best"] == 0.03


def test_a_run_that_broke_off_keeps_what_it_has(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", 200, policy=None)
    (run / "summary.json").unlink()
    with (run / "metrics.csv").open("a") as file:
        file.write("25")
    assert [row["renders"] for row in learning_rows(run, FACTS)] == [50, 100, 150, 200]
    assert learning_rows(tmp_path / "nowhere", FACTS) == []


@pytest.mark.parametrize("points", [2, 5, 60, 100])
def test_thinning_keeps_both_ends(points: int) -> None:
    renders = list(range(50, 3001, 50))
    kept = thinned(renders, points)
    assert kept[0] == 50
    assert kept[-1] == 3000
    assert len(kept) <= points
    assert kept == sorted(set(kept))


def test_five_hundred_runs_stay_small(tmp_path: Path) -> None:
    runs = [(FACTS | {"seed": seed}, make_run(tmp_path / f"{seed}")) for seed in range(10)]
    path = tmp_path / "learning.csv"
    count = write_learning(runs, path)
    assert path.stat().st_size * 50 < 700_000
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == count
    assert {row["seed"] for row in rows} == {str(seed) for seed in range(10)}
