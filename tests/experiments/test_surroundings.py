"""A run is the same wherever it is made."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.soak import compare
from raveforce._cache import cache_folder

ROOT = Path(__file__).resolve().parents[2]
SMALL = ["agent=random", "total_timesteps=20", "log_every=5", "checkpoint_every=10", "tracking=none", "tuned=none"]

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("surroundings")]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "run.py", *arguments]
    env = {**os.environ, **environment}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, errors="replace", timeout=300)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("plain") / "run"
    done = run(*SMALL, f"hydra.run.dir={path}")
    assert done.returncode == 0, done.stderr
    return path


HOMELESS = {
    **dict.fromkeys(("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), "/dev/null/nobody"),
    "RAVEFORCE_CACHE": str(cache_folder()),
}


@pytest.mark.parametrize(
    "environment",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"},
        {"LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8"},
        {"COLUMNS": "20", "TERM": "dumb"},
        {"PYTHONOPTIMIZE": "2"},
        {"TZ": "Pacific/Kiritimati"},
        HOMELESS,
    ],
    ids=["ascii", "Turkish", "German", "20 columns", "-OO", "time zone", "no home"],
)
def test_another_environment(plain: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    done = run(*SMALL, f"hydra.run.dir={tmp_path / 'run'}", **environment)
    assert done.returncode == 0, done.stderr
    assert compare(tmp_path / "run", plain) == []


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "full"
    path.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", str(path)], capture_output=True)
    if mounted.returncode:
        pytest.skip("mounting a small file system needs root")
    (path / "filling").write_bytes(bytes(4096))
    yield path
    subprocess.run(["umount", str(path)], check=True)


def test_a_full_folder_for_temporary_files(plain: Path, tmp_path: Path, full_disk: Path) -> None:
    done = run(*SMALL, f"hydra.run.dir={tmp_path / 'run'}", TMPDIR=str(full_disk))
    assert done.returncode == 0, done.stderr
    assert compare(tmp_path / "run", plain) == []


def test_a_run_that_was_moved_goes_on(plain: Path, tmp_path: Path) -> None:
    first = run(*SMALL, "total_timesteps=10", f"hydra.run.dir={tmp_path / 'here' / 'run'}")
    assert first.returncode == 0, first.stderr
    shutil.move(tmp_path / "here", tmp_path / "there")
    moved = tmp_path / "there" / "run"
    done = run(f"resume={moved}", "total_timesteps=20")
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "here").exists()
    assert compare(moved, plain) == []


def test_a_run_whose_reader_leaves(plain: Path, tmp_path: Path) -> None:
    command = [sys.executable, "run.py", *SMALL, f"hydra.run.dir={tmp_path / 'run'}"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        process.stderr.close()
        assert process.wait(300) == 0
    assert compare(tmp_path / "run", plain) == []
