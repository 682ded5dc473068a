"""Batches one after the other, with a command in the place of run.py."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from experiments.records.run_folder import FAILURE
from experiments.study.durations import Durations
from experiments.study.matrix import Batch, PlannedRun
from experiments.study.running import run_batches

SUMMARY = json.dumps({"interrupted": False, "renders": 4})


def batch(folder: Path, writes: str, content: str, code: int) -> Batch:
    """One run, whose command writes a file into its folder and ends with a code."""
    run = PlannedRun(folder.name, {"total_timesteps": 4}, folder)
    folder.mkdir()
    script = f"import pathlib, sys; pathlib.Path({str(folder / writes)!r}).write_text({content!r}); sys.exit({code})"
    return Batch([run], [sys.executable, "-c", script])


@pytest.mark.parametrize(
    ("writes", "content", "ended", "both"),
    [
        ("summary.json", SUMMARY, 0, True),
        (FAILURE, "ValueError: nonsense", 1, True),
        ("note.txt", "refused", 1, False),
    ],
)
def test_the_next_batch_is_done_unless_this_one_was_refused(
    tmp_path: Path, writes: str, content: str, ended: int, both: bool
) -> None:
    first = batch(tmp_path / "first", writes, content, 1)
    second = batch(tmp_path / "second", "summary.json", SUMMARY, 0)
    assert run_batches([first, second], tmp_path, Durations([], [])) == ended
    assert (tmp_path / "second" / "summary.json").exists() is both
