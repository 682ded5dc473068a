import csv
from pathlib import Path

import pytest

from experiments.config.errors import ConfigError
from experiments.study import commands, load_study, main, medians, table

SMALL = ["tracking=none", "progress=false", "task.sample_rate=8000", "total_timesteps=12"]


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_declared_study_reads_and_names_its_runs_apart() -> None:
    for path in Path(__file__).resolve().parents[2].glob("conf/study/*.yaml"):
        sweeps = load_study(path.stem)
        for name, command in commands(sweeps, Path("here")).items():
            subdir = next(text for text in command if text.startswith("hydra.sweep.subdir="))
            for key in sweeps[name]:
                assert f"choices.{key}}}" in subdir or f"${{{key}}}" in subdir


def test_what_is_wrong_with_a_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="no study 'agent'; did you mean agents"):
        load_study("agent")
    with pytest.raises(ConfigError, match="name a study"):
        main([])
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "odd.yaml").write_text("one:\n  seed: 3\n")
    monkeypatch.setattr("experiments.study.CONF", tmp_path)
    with pytest.raises(ConfigError, match=r"one\.seed must be a list of values, got 3"):
        load_study("odd")


@pytest.mark.slow
def test_a_study_does_what_is_left_and_leaves_a_table(tmp_path: Path) -> None:
    arguments = ["study=smoke", f"folder={tmp_path}", *SMALL]
    assert main(arguments) == 0
    rows = read(tmp_path / "runs.csv")
    assert {(row["agent"], row["seed"]) for row in rows} == {(a, s) for a in ("random", "cma") for s in "01"}
    assert all(row["renders"] == "12" and not row["failure"] for row in rows)
    assert max(float(row["best_reach"]) for row in rows) == 1
    assert [row["runs"] for row in read(tmp_path / "medians.csv")] == ["2", "2"]
    # A run that did not come to its end is done again, the others are left alone.
    folders = sorted(path.parent for path in tmp_path.glob("kick/*/summary.json"))
    before = [(folder / "summary.json").stat().st_mtime_ns for folder in folders]
    (folders[0] / "summary.json").unlink()
    assert main(arguments) == 0
    after = [(folder / "summary.json").stat().st_mtime_ns for folder in folders]
    assert after[0] != before[0]
    assert after[1:] == before[1:]
    assert medians(table(tmp_path))[0]["runs"] == 2
