"""What a study is to run: combinations, folders, commands, order, and parts of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.config.command_line import prepare
from experiments.config.errors import ConfigError
from experiments.study.matrix import batches, load_study, narrowed, studies

SWEEPS = {
    "one": {"task": ["kick", "snare"], "agent": ["random", "cma"], "total_timesteps": [30], "seed": [0, 1]},
    "line": {"task": ["bass_line"], "agent": ["random"], "total_timesteps": [80], "seed": [0, 1, 2]},
}


def test_every_combination_is_a_run_with_a_folder_of_its_own() -> None:
    runs = [run for batch in batches(SWEEPS, Path("/study")) for run in batch.runs]
    assert len(runs) == 2 * 2 * 2 + 3
    assert len({run.folder for run in runs}) == len(runs)
    assert runs[0].folder == Path("/study/one/kick_random_30_0")
    assert runs[0].settings == {"task": "kick", "agent": "random", "total_timesteps": 30, "seed": 0}


def test_a_study_that_is_broken_off_has_a_part_of_everything() -> None:
    seeds = [{run.settings["seed"] for run in batch.runs} for batch in batches(SWEEPS, Path("/study"))]
    sweeps = [batch.runs[0].sweep for batch in batches(SWEEPS, Path("/study"))]
    assert seeds == [{0}, {0}, {1}, {1}, {2}]
    assert sweeps == ["one", "line", "one", "line", "line"]
    assert [len(batch.runs) for batch in batches(SWEEPS, Path("/study"), by_seed=False)] == [8, 3]


@pytest.mark.parametrize("name", studies())
def test_the_commands_of_every_study_are_right(name: str, tmp_path: Path) -> None:
    for batch in batches(load_study(name), tmp_path, ["tracking=none"], by_seed=False):
        arguments = list(batch.command[2:])
        prepare(arguments)
        subdir = next(text for text in arguments if text.startswith("hydra.sweep.subdir="))
        assert subdir.count("${") == len(batch.runs[0].settings)


def test_settings_of_the_study_narrow_it_and_others_take_their_place() -> None:
    left, others = narrowed(SWEEPS, ["task=kick", "agent=cma,random", "seed=7,8", "tracking=none"])
    assert left == {"one": {"task": ["kick"], "agent": ["cma", "random"], "total_timesteps": [30], "seed": [7, 8]}}
    assert others == ["tracking=none"]
    assert narrowed(SWEEPS, ["seed=2"])[0] == {"line": {**SWEEPS["line"], "seed": [2]}}
    assert narrowed(SWEEPS, ["engine=native,wasm"])[0]["line"]["engine"] == ["native", "wasm"]
    assert SWEEPS["one"]["seed"] == [0, 1], "the study itself is as it was"


def test_what_is_wrong_with_a_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="no study 'agent'; did you mean agents"):
        load_study("agent")
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "odd.yaml").write_text("one:\n  seed: 3\n")
    (tmp_path / "study" / "both.yaml").write_text("one:\n  agent.tuned: [true, false]\n")
    monkeypatch.setattr("experiments.study.matrix.CONF", tmp_path)
    with pytest.raises(ConfigError, match=r"one\.seed must be a list of values, got 3"):
        load_study("odd")
    with pytest.raises(ConfigError, match=r"one\.agent\.tuned has one value"):
        load_study("both")
