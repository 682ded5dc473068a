"""What a training leaves for the report, at its end and on its way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from omegaconf import DictConfig

from experiments.report import read_run
from experiments.train import train
from raveforce import audio as audio_files


def test_a_run_ends_with_a_page_of_itself(configure: Callable[..., DictConfig], tmp_path: Path) -> None:
    train(configure("agent=random", "seed=3"), tmp_path / "run")
    item = read_run(tmp_path / "run")
    assert item.faults == []
    assert [sound.name for sound in item.sounds] == ["target", "best", "policy"]
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "<title>run</title>" in page
    assert page.count("<article") == 1


def test_a_run_can_be_listened_to_while_it_goes_on(
    configure: Callable[..., DictConfig], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Crash(BaseException):
        """As if the power went."""

    def crash(*_: object, **__: object) -> None:
        raise Crash

    monkeypatch.setattr("experiments.records.summary.conclude", crash)
    with pytest.raises(Crash):
        train(configure("agent=random", "tracking.sounds_every=10"), tmp_path)
    item = read_run(tmp_path)
    assert item.facts["state"] == "unfinished"
    assert [sound.name for sound in item.sounds] == ["target", "best"]
    assert item.sounds[1].program


def test_the_best_sound_s_own_target_goes_when_it_is_the_policy_s(
    configure: Callable[..., DictConfig], tmp_path: Path
) -> None:
    audio_files.write(tmp_path / "best_target.wav", np.ones(10), 44100)
    train(configure("agent=random"), tmp_path)
    assert not (tmp_path / "best_target.wav").exists()
