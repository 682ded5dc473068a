"""Benchmarks that are broken off go on; those that came to their end begin anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import benchmarks.drums.__main__ as drums
import benchmarks.drums.jobs as jobs
import benchmarks.kept
from benchmarks import kick, sweep
from benchmarks.kept import unfinished
from experiments.records.run_folder import RunFolderError


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(benchmarks.kept, "UNFINISHED", tmp_path / "unfinished")
    return tmp_path / "unfinished"


def broken_off(real: Callable[..., Any], calls: list[Any], after: int) -> Callable[..., Any]:
    """A function that notes what it is called with, and is interrupted after so many calls."""

    def called(*arguments: Any, **named: Any) -> Any:
        if len(calls) == after:
            calls.append("interrupted")
            raise KeyboardInterrupt
        calls.append(arguments[:2])
        return real(*arguments, **named)

    return called


def test_what_was_measured_is_found_again_until_the_end(folder: Path) -> None:
    measured: list[int] = []

    def measure(number: int) -> Callable[[], dict[str, float]]:
        return lambda: {"found": measured.append(number) or float("nan")}

    for stop in (True, False):
        try:
            with unfinished("toy", {"size": 1}) as (rows, place):
                made = [rows.row({"number": number}, measure(number)) for number in range(2)]
                if stop:
                    (place / "more").touch()
                    raise KeyboardInterrupt
                assert (place / "more").exists()
        except KeyboardInterrupt:
            assert stop
    assert measured == [0, 1]
    assert np.isnan(made[0]["found"])
    assert not list(folder.iterdir())


def test_other_options_and_other_code_are_measured_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    def known(size: int) -> int:
        found = []
        with suppress(KeyboardInterrupt), unfinished("toy", {"size": size}) as (rows, _):
            found.append(len(rows))
            rows.row({"number": 0}, dict)
            raise KeyboardInterrupt
        return found[0]

    assert [known(1), known(1), known(2)] == [0, 1, 0]
    monkeypatch.setattr(benchmarks.kept, "_code", lambda: "another version")
    assert known(1) == 0


def test_two_processes_do_not_measure_the_same() -> None:
    with unfinished("toy", {}), pytest.raises(RunFolderError, match="another process"), unfinished("toy", {}):
        pass


def test_runs_that_are_done_are_not_done_again(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    def played(agent: str, seed: int, folder: Path) -> dict[str, Any]:
        return {"seed": seed, "policy": 1.0, "best": 0.5, "seconds": 1.0, "renders": [1], "best so far": [0.5]}

    calls: list[Any] = []
    monkeypatch.setattr(kick, "play", broken_off(played, calls, after=3))
    with pytest.raises(KeyboardInterrupt):
        kick.main(["seeds=2"])
    kick.main(["seeds=2"])
    assert calls == [("random", 0), ("random", 1), ("cma", 0), "interrupted", ("cma", 1)] + [
        (agent, seed) for agent in ("ppo", "sac", "td3") for seed in (0, 1)
    ]
    said = capsys.readouterr()
    assert "the same command goes on with it" in said.err
    assert "going on with the 3 measurements" in said.err
    assert "td3    policy 1" in said.out


def test_times_of_a_sweep_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Any] = []
    monkeypatch.setattr(sweep, "seconds", broken_off(lambda workers, **size: 2.0 / workers, calls, after=1))
    with pytest.raises(KeyboardInterrupt):
        sweep.main([])
    sweep.main([])
    assert calls == [(1,), "interrupted", (2,)]


def test_sounds_that_were_imitated_are_not_imitated_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    for kit in "abc":
        (tmp_path / "kits" / kit).mkdir(parents=True)
        fall = np.exp(-np.arange(4410) / 800)
        soundfile.write(tmp_path / "kits" / kit / "kick.wav", fall * np.sin(np.arange(4410) / 80), 44100)
    calls: list[str] = []

    def spread(task: Any, sounds: Any, count: int) -> Iterator[Any]:
        for sound in sounds:
            if len(calls) == 2:
                calls.append("interrupted")
                raise KeyboardInterrupt
            calls.append(sound.kit)
            yield task(sound)

    assert drums.spread is jobs.spread
    monkeypatch.setattr(drums, "spread", spread)
    command = [str(tmp_path / "kits"), "agents=random", "renders=10", f"out={tmp_path / 'out'}"]
    with pytest.raises(KeyboardInterrupt):
        drums.main(command)
    drums.main(command)
    assert calls == ["a", "b", "interrupted", "c"]
    assert (tmp_path / "out" / "drums_kits.csv").read_text().count("random") == 6
