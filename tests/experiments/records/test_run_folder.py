import json
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from experiments.records.run_folder import RunFolder, RunFolderError


def test_a_folder_with_a_run_is_not_overwritten(tmp_path: Path) -> None:
    RunFolder.create(tmp_path / "run").write_summary({"score": 1.0})
    with pytest.raises(RunFolderError, match="holds a run already"):
        RunFolder.create(tmp_path / "run")


def test_a_folder_whose_run_was_killed_as_it_began_is_free(tmp_path: Path) -> None:
    RunFolder.create(tmp_path)
    RunFolder.create(tmp_path).metrics.write_text("renders\n10\n")
    with pytest.raises(RunFolderError, match=r"holds a run already; go on with it \(resume="):
        RunFolder.create(tmp_path)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunFolderError, match="cannot write to the run folder"):
        RunFolder.create(tmp_path / "file" / "run")


def test_files_are_whole_or_not_there(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path)
    folder.write_summary({"score": 1.0})

    def half(path: Path) -> None:
        path.write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        folder.write("summary.json", half)
    assert json.loads(folder.summary.read_text()) == {"score": 1.0}
    assert sorted(os.listdir(tmp_path)) == ["metrics.csv", "summary.json"]


def test_what_is_not_json_is_refused_rather_than_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        RunFolder.create(tmp_path).write_summary({"score": float("nan")})


def test_sounds_and_programs(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path)
    folder.write_sound("best", np.linspace(-2, 2, 100).astype(np.float32), 22050)
    sound, rate = soundfile.read(tmp_path / "best.wav", dtype="float32")
    assert (rate, len(sound), sound[0]) == (22050, 100, -2)
    assert folder.write_program("best", "o: sin 1\n").read_text() == "o: sin 1\n"
