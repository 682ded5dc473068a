"""The command: what is left, how long it takes, and the whole chain."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from experiments.config.errors import ConfigError
from experiments.study.__main__ import _figures, _write_json, main
from experiments.study.durations import Durations, parallel_runs
from experiments.study.matrix import PlannedRun
from experiments.study.table import read_table

SMALL = ["tracking=none", "task.sample_rate=8000", "task=kick", "agent=random,cma", "seed=0,1"]


def planned(task: str, agent: str, steps: int) -> PlannedRun:
    return PlannedRun("one", {"task": task, "agent": agent, "reward": "mss", "total_timesteps": steps}, Path("x"))


def test_lists_take_one_line_and_no_word_is_changed(tmp_path: Path) -> None:
    found = {"scores": [1, 2.5], "words": ["a, b", "c"], "text": "[ 1,  2 ]", "rows": [{"seeds": [0, 1]}], "none": []}
    _write_json(tmp_path, "found.json", found)
    written = (tmp_path / "found.json").read_text()
    assert json.loads(written) == found
    assert '"scores": [1, 2.5],' in written
    assert '"seeds": [0, 1]' in written


def test_how_long_runs_take_is_known_from_their_like() -> None:
    done = {"state": "done", "task": "kick", "agent": "sac", "reward": "mss", "total_timesteps": 100, "renders": 100}
    own = [{**done, "seconds": seconds} for seconds in (4.0, 5.0, 60.0)]
    stored = [{"task": "snare", "agent": "sac", "renders": 3000, "seconds": 30.0}]
    durations = Durations(own, stored)
    assert durations.seconds(planned("kick", "sac", 100)) == 5.0
    assert durations.seconds(planned("snare", "sac", 200)) == 2.0
    assert durations.seconds(planned("tone", "sac", 200)) is None
    assert durations.total([planned("kick", "sac", 100), planned("tone", "sac", 200)]) == (5.0, 1)
    assert parallel_runs(["hydra/launcher=joblib", "hydra.launcher.n_jobs=4"]) == 4


def test_a_dry_run_says_what_is_left_and_touches_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["study=smoke", f"folder={tmp_path / 'new'}", "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "one_step: 18 of 18 runs left" in said
    assert not (tmp_path / "new").exists()
    with pytest.raises(
        ConfigError, match=r"name a study: study=NAME \(the studies are agents, match, rewards, smoke\)"
    ):
        main([])


@pytest.mark.slow
def test_a_study_does_what_is_left_and_leaves_its_results(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["study=smoke", f"folder={tmp_path}", *SMALL, "total_timesteps=12", "figures=false"]
    assert main(arguments) == 0
    rows = read_table(tmp_path)
    assert {(row["agent"], row["seed"]) for row in rows} == {(a, s) for a in ("random", "cma") for s in (0, 1)}
    assert all(row["renders"] == 12 and row["state"] == "done" for row in rows)
    found = json.loads((tmp_path / "statistics.json").read_text())
    assert set(found["groups"]["one_step"]["agents"]) == {"random", "cma"}
    for name in ("runs.parquet", "scores.csv", "medians.csv", "study.json", "report.html", "study.log"):
        assert (tmp_path / name).stat().st_size
    # A run that did not come to its end is done again, the others are left alone.
    folders = sorted(path.parent for path in tmp_path.glob("one_step/*/summary.json"))
    before = [(folder / "summary.json").stat().st_mtime_ns for folder in folders]
    (folders[0] / "summary.json").unlink()
    capsys.readouterr()
    assert main(arguments) == 0
    assert "study smoke: 1 of 4 runs left" in capsys.readouterr().out
    after = [(folder / "summary.json").stat().st_mtime_ns for folder in folders]
    assert after[0] != before[0]
    assert after[1:] == before[1:]


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("log_evry=5", r"there is no setting log_evry; did you mean log_every\?"),
        ("agent=smoke", "there is no agent=smoke"),
        ("seed=", "seed is a whole number, such as 0, and not ''"),
        ("seed=[]", r"seed is a whole number, such as 0, and not \[\]"),
        ("total_timesteps=x", "total_timesteps is a whole number, such as 3000, and not 'x'"),
    ],
)
def test_what_run_py_would_refuse_is_said_at_once(tmp_path: Path, setting: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        main(["study=smoke", f"folder={tmp_path / 'new'}", setting])
    assert not (tmp_path / "new").exists()


def made(folder: Path, *settings: str) -> None:
    """Leave in a run's folder what Hydra does."""
    (folder / ".hydra").mkdir(parents=True)
    (folder / ".hydra" / "overrides.yaml").write_text("".join(f"- {text}\n" for text in settings))


KICK = ("task=kick", "agent=random", "reward=mss", "observation=parameters", "total_timesteps=600", "seed=0")


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        (["engine=wasm"], [], r"engine=wasm, not \(its default\)"),
        (["task.sample_rate=8000"], ["task.sample_rate=16000"], "task.sample_rate=8000, not 16000"),
        ([], ["reward.kind=inverse"], r"reward.kind=\(its default\), not inverse"),
        (["tuned=none"], [], r"tuned=none, not \(its default\)"),
    ],
)
def test_runs_of_another_study_are_not_taken_for_this_one_s(
    tmp_path: Path, before: list[str], now: list[str], said: str
) -> None:
    made(tmp_path / "one_step" / "kick_random_mss_parameters_600_0", *KICK, "resume=auto", *before)
    files = sorted(tmp_path.rglob("*"))
    with pytest.raises(ConfigError, match=f"kick_random_mss_parameters_600_0 holds a run with {said}: give"):
        main(["study=smoke", f"folder={tmp_path}", *now])
    assert sorted(tmp_path.rglob("*")) == files


def test_what_runs_do_not_depend_on_may_differ(tmp_path: Path) -> None:
    made(tmp_path / "one_step" / "kick_random_mss_parameters_600_0", *KICK, "tuned=none", "tracking=none")
    now = ["agent.tuned=false", "hydra/launcher=joblib", "progress=false", "checkpoint_every=10"]
    assert main(["study=smoke", f"folder={tmp_path}", "--dry-run", *now]) == 0


def test_new_tables_leave_word_of_what_made_the_runs(tmp_path: Path) -> None:
    made(tmp_path / "one_step" / "kick_random_mss_parameters_600_0", *KICK, "engine=wasm")
    about = {"study": "smoke", "command": "python -m ...", "overrides": ["engine=wasm"], "sweeps": {}}
    (tmp_path / "study.json").write_text(json.dumps(about))
    assert main(["study=smoke", f"folder={tmp_path}", "--tables", "figures=false"]) == 0
    assert about.items() <= json.loads((tmp_path / "study.json").read_text()).items()


@pytest.mark.slow
def test_a_run_that_fails_does_not_stop_the_rest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reward = "reward.kind=nonsense,negative"
    arguments = ["study=smoke", f"folder={tmp_path}", *SMALL, "total_timesteps=12", "figures=false", reward]
    assert main(arguments) == 1
    states = [row["state"] for row in read_table(tmp_path)]
    assert sorted(states) == ["done"] * 4 + ["failed"] * 4
    said = capsys.readouterr()
    assert "unknown reward kind 'nonsense'" in said.err
    assert "left out: one_step/" in said.out


@pytest.mark.parametrize(
    ("rows", "figures"),
    [
        ([("kick", "mss", "done"), ("kick", None, "unfinished")], "figure=learning,table,profiles"),
        ([("kick", "mss", "done"), ("kick", "log_mel", "failed"), ("snare", "log_mel", "done")], "figure=learning,"),
        ([("kick", "mss", "done"), ("kick", "log_mel", "done")], "figure=rewards"),
    ],
)
def test_figures_of_rewards_are_those_of_runs_that_ended(
    rows: list[tuple[str, str | None, str]], figures: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = []
    monkeypatch.setattr(
        "experiments.study.__main__.subprocess.run",
        lambda command, **how: commands.append(command) or SimpleNamespace(returncode=0),
    )
    _figures(tmp_path, [dict(zip(("task", "reward", "state"), row, strict=True)) for row in rows])
    assert commands[0][3].startswith(figures)
