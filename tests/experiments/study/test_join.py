"""One table of runs made at several places."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from experiments.config.errors import ConfigError
from experiments.records.learning import COLUMNS, write_learning
from experiments.study.join import disagreements, join
from experiments.study.table import write_csv, write_table


def row(seed: int, **other: Any) -> dict[str, Any]:
    return {
        "study": "agents",
        "sweep": "one",
        "folder": f"one/{seed}",
        "state": "done",
        "task": "kick",
        "agent": "sac",
        "reward": "mss",
        "observation": "parameters",
        "total_timesteps": 100,
        "seed": seed,
        "policy": 0.5,
        "settings": "{}",
        "target_sha256": "ab",
        **other,
    }


def curve(seed: int, best: float) -> dict[str, Any]:
    return dict(zip(COLUMNS, ("kick", "sac", "mss", seed, 100, best, None), strict=True))


def stored(folder: Path, rows: list[dict[str, Any]], prefix: str = "") -> Path:
    folder.mkdir(exist_ok=True)
    write_csv(folder, f"{prefix}learning.csv", [curve(one["seed"], 0.25) for one in rows])
    return write_csv(folder, f"{prefix}runs.csv", rows)


def test_seeds_of_another_machine_are_added_and_ours_stay(tmp_path: Path) -> None:
    there = stored(tmp_path / "there", [row(1, policy=9.0), row(2, policy=0.25)], "agents_")
    rows, curves = join([row(0), row(1)], [there])
    assert [(one["seed"], one["policy"]) for one in rows] == [(0, 0.5), (1, 0.5), (2, 0.25)]
    assert [one["seed"] for one in curves] == [2]
    write_learning([], tmp_path / "learning.csv", joined=curves)
    assert (tmp_path / "learning.csv").read_text() == f"{','.join(COLUMNS)}\nkick,sac,mss,2,100,0.25,\n"


def test_an_earlier_table_goes_before_a_later_one(tmp_path: Path) -> None:
    first, second = (stored(tmp_path / name, [row(0, policy=value)]) for name, value in (("a", 1.0), ("b", 2.0)))
    assert [one["policy"] for one in join([], [first.parent, second.parent])[0]] == [1.0]


def test_parquet_and_csv_tell_the_same_runs_apart(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    written = write_table(tmp_path, [row(0), row(1)])
    assert len(join([row(1)], written)[0]) == 2


def test_other_settings_are_no_other_seed() -> None:
    rows = [row(0), row(1, settings='{"gamma": 0}'), row(2, state="failed", target_sha256="cd"), row(0, agent="td3")]
    assert disagreements(rows) == ["sac on kick: 2 different settings among its seeds"]


def test_a_table_without_what_tells_runs_apart_is_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path, "runs.csv", [{"task": "kick", "agent": "sac"}])
    with pytest.raises(ConfigError, match="without the column sweep, reward"):
        join([], [path])
    with pytest.raises(ConfigError, match="there is no table"):
        join([], [tmp_path / "nowhere"])
