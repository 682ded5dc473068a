"""Run folders as items: what is there is taken, what is missing or damaged is said."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from experiments.records import log_writers
from experiments.report import find_runs, read_run, reading, report_page
from raveforce import audio as audio_files

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def test_a_run_is_read_whole(make_run: Callable[..., Path], tmp_path: Path) -> None:
    item = read_run(make_run(tmp_path / "run"), "a run")
    assert item.faults == []
    assert item.name == "a run"
    assert item.facts["state"] == "done"
    assert (item.facts["task"], item.facts["agent"], item.facts["at render"]) == ("kick", "cma", 31)
    assert item.facts["best"] == pytest.approx(0.45)
    assert [sound.name for sound in item.sounds] == ["target", "best", "policy"]
    assert [sound.against for sound in item.sounds] == ["", "target", "target"]
    assert [sound.seconds for sound in item.sounds] == [0.5, 0.5, 0.5]
    assert item.sounds[1].program.startswith("~env: imp 0.1")
    assert item.sounds[1].parameters == [{"freq": 62.05, "decay": 0.14}]
    assert [curve.name for curve in item.curves] == ["best so far", "policy", "training episodes"]
    assert list(item.curves[1].x) == [20, 40]
    assert item.reference == ("silence", 1.5)
    assert item.distances["policy"] == {"mss": 1.2, "mfcc": 0.9}
    assert item.settings["agent.algorithm"] == "cma"
    assert item.settings["versions.numpy"] == "2.0"


def test_metrics_are_read_as_they_are_written() -> None:
    assert reading.STEP == log_writers.STEP


def test_a_best_sound_with_another_target_is_played_against_that_one(
    make_run: Callable[..., Path], tmp_path: Path
) -> None:
    run = make_run(tmp_path / "run")
    audio_files.write(run / "best_target.wav", np.full(100, 0.5), 44100)
    sounds = {sound.name: sound for sound in read_run(run).sounds}
    assert sounds["best"].against == "best's target"
    assert len(sounds["best's target"].audio) == 100
    assert sounds["policy"].against == "target"


def test_a_run_that_goes_on_shows_what_it_has(make_run: Callable[..., Path], tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    for name in ("summary.json", "best.wav", "policy.wav", "best.glicol", "policy.glicol"):
        (run / name).unlink()
    with (run / "metrics.csv").open("a") as file:
        file.write("50,0.4")  # half a row, as it is written
    item = read_run(run)
    assert item.facts["state"] == "unfinished"
    assert (item.facts["renders"], item.facts["policy"]) == (40, 1.2)
    assert (item.facts["agent"], item.facts["reward"]) == ("cma", "mss")
    assert item.faults == []


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("summary.json", b'{"task": "ki', "summary.json is damaged"),
        ("summary.json", b"[1, 2]", "summary.json is damaged"),
        ("config.yaml", b"a: [1", "config.yaml is damaged"),
        ("metrics.csv", b"renders,best/distance\nx,1\ny,2\n10,3\n", "metrics.csv is damaged: 2 of its 3 rows"),
        ("metrics.csv", b"\xff\xfe\x00", "metrics.csv is damaged"),
        ("best.wav", b"no sound", "best.wav is damaged"),
        ("best.wav", b"", "best.wav is damaged"),
        ("policy.glicol", b"\xff\xff", "policy.glicol is damaged"),
        ("policy.wav", None, "policy.wav is missing"),
        ("best.glicol", None, "best.glicol is missing"),
        ("config.yaml", None, "config.yaml is missing"),
        ("metrics.csv", None, "metrics.csv is missing"),
    ],
)
def test_damage_is_said_and_hides_nothing_else(
    make_run: Callable[..., Path], tmp_path: Path, name: str, content: bytes | None, said: str
) -> None:
    run = make_run(tmp_path / "run")
    (run / name).unlink()
    if content is not None:
        (run / name).write_bytes(content)
    item = read_run(run)
    assert any(said in fault for fault in item.faults), item.faults
    assert "target" in [sound.name for sound in item.sounds]
    assert said in report_page([item])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
@pytest.mark.parametrize("name", ["summary.json", "config.yaml", "metrics.csv", "best.wav", "policy.glicol"])
def test_nothing_waits_for_a_pipe_or_reads_a_device(make_run: Callable[..., Path], tmp_path: Path, name: str) -> None:
    run = make_run(tmp_path / "run")
    for make in (os.mkfifo, lambda path: os.symlink("/dev/zero", path)):
        (run / name).unlink()
        make(run / name)
        assert any(f"{name} is damaged" in fault for fault in read_run(run).faults)


def test_a_sound_with_nan_is_played_as_far_as_it_can_be(make_run: Callable[..., Path], tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    audio_files.write(run / "best.wav", np.array([0.1, np.nan, np.inf, 0.2]), 44100)
    item = read_run(run)
    assert "best.wav holds NaN" in item.faults[0]
    np.testing.assert_allclose(item.sounds[1].audio, [0.1, 0, 0, 0.2], atol=1e-6)


def test_a_long_sound_is_cut_and_says_so(make_run: Callable[..., Path], tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    audio_files.write(run / "target.wav", np.full(25 * 8000, 0.1), 8000)
    target = read_run(run).sounds[0]
    assert (target.seconds, target.cut_from) == (20, 25)
    assert "20.00 s of 25.00 s" in report_page([read_run(run)])


def test_failed_jobs_say_why(make_run: Callable[..., Path], tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    (run / "failure.txt").write_text("ValueError: no such thing\n\nTraceback ...")
    assert read_run(run).facts["state"] == "failed: ValueError: no such thing"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.sampled_from(
            ["task", "agent", "reward", "best", "policy", "silence", "score", "remarks", "seed", "failure"]
        ),
        JSON | st.fixed_dictionaries({"distances": JSON, "example": JSON, "parameters": JSON, "distance": JSON}),
    )
)
def test_whatever_a_summary_holds_a_page_comes_of_it(tmp_path: Path, summary: dict) -> None:
    (tmp_path / "summary.json").write_text(json.dumps(summary))
    assert "</html>" in report_page([read_run(tmp_path)])


def test_runs_are_found_at_any_depth_and_named_from_where_they_were_looked_for(
    make_run: Callable[..., Path], tmp_path: Path
) -> None:
    for name in ("study/kick/0_cma", "study/kick/10_cma", "study/kick/2_cma", "alone"):
        make_run(tmp_path / name)
    (tmp_path / "study" / ".cache").mkdir()
    (tmp_path / "study" / "notes").mkdir()
    make_run(tmp_path / "alone" / "evaluations" / "inside")
    assert list(find_runs([tmp_path / "study"])) == ["kick/0_cma", "kick/2_cma", "kick/10_cma"]
    assert list(find_runs([tmp_path / "alone"])) == ["alone"]
    assert list(find_runs([tmp_path / "alone", tmp_path / "study" / "kick"])) == [
        "alone",
        "kick/0_cma",
        "kick/2_cma",
        "kick/10_cma",
    ]
    with pytest.raises(NotADirectoryError, match="there is no folder"):
        find_runs([tmp_path / "nowhere"])
