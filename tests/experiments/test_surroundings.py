"""A run is the same wherever it is made."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.soak import compare

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


@pytest.mark.parametrize(
    "environment",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"},
        {"COLUMNS": "20", "TERM": "dumb"},
    ],
    ids=["ascii", "20 columns"],
)
def test_another_environment(plain: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    done = run(*SMALL, f"hydra.run.dir={tmp_path / 'run'}", **environment)
    assert done.returncode == 0, done.stderr
    assert compare(tmp_path / "run", plain) == []
