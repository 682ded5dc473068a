"""A run may be killed at any of its writes: what is there goes on, and ends as if nothing had happened."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from omegaconf import DictConfig

from benchmarks.soak import compare
from experiments.config.resume import is_started
from experiments.train import train

Configure = Callable[..., DictConfig]

# A server that has imported everything and run nothing forks children that begin at once.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["experiments.train"])

EVENTS = ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod")
"""What Python tells its auditors of before it is done."""

OFTEN = ["total_timesteps=40", "log_every=7", "evaluate_every=15", "checkpoint_every=9"]


def writes(event: str, arguments: tuple[object, ...], folder: str) -> str:
    """What is about to be done to a run folder, such as ``os.rename summary.json``; empty where it is not touched."""
    if event not in EVENTS or (event == "open" and not int(str(arguments[2])) & (os.O_WRONLY | os.O_RDWR)):
        return ""
    # A file is renamed to what it is to be called in the end.
    path = arguments[1] if event == "os.rename" else arguments[0]
    text = os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else ""
    return f"{event} {text.removeprefix(folder).lstrip('/')}" if text.startswith(folder) else ""


def doomed(cfg: DictConfig, path: Path, note: Path, moment: int) -> None:
    """Train in a process of its own, which kills itself before its write number ``moment``; 0 for never."""
    count = 0

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal count
        what = writes(event, arguments, str(path))
        if not what:
            return
        count += 1
        os.write(log, f"{what}\n".encode())
        if count == moment:
            metrics = path / "metrics.csv"
            if what == "open metrics.csv" and metrics.exists() and metrics.stat().st_size:  # in the midst of a row
                with metrics.open("a") as file:
                    file.write("7,0.")
            os.kill(os.getpid(), signal.SIGKILL)

    log = os.open(note, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    sys.addaudithook(watch)
    train(cfg, path, resume=is_started(path))


def run(cfg: DictConfig, path: Path, moment: int = 0) -> list[str]:
    """What was written, up to the moment of the kill."""
    note = path.with_suffix(".log")
    process = FORKS.Process(target=doomed, args=(cfg, path, note, moment))
    process.start()
    process.join(300)
    assert process.exitcode == (-signal.SIGKILL if moment else 0)
    return note.read_text().splitlines()


@pytest.fixture(scope="module")
def whole(configure: Configure, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A run that nothing disturbed, and what it wrote."""
    path = tmp_path_factory.mktemp("whole") / "run"
    return path, run(configure(*OFTEN), path)


def check(cfg: DictConfig, path: Path, whole: Path, moment: int) -> None:
    run(cfg, path, moment)
    train(cfg, path, resume=is_started(path))
    assert compare(path, whole) == []
    assert not list(path.glob("**/.partial-*"))


@pytest.mark.parametrize(
    "write", ["os.rename config.yaml", "open metrics.csv", "os.rename checkpoints/000000018", "os.rename summary.json"]
)
def test_killed_while_it_writes(
    configure: Configure, whole: tuple[Path, list[str]], tmp_path: Path, write: str
) -> None:
    path, written = whole
    last = len(written) - written[::-1].index(write)
    check(configure(*OFTEN), tmp_path / "run", path, last)


@pytest.mark.slow
@pytest.mark.parametrize("agent", ["sac", "ppo"])
def test_killed_before_any_of_its_writes(configure: Configure, tmp_path: Path, agent: str) -> None:
    cfg = configure(f"agent={agent}", *OFTEN)
    written = run(cfg, tmp_path / "whole")
    assert len(written) > 80
    for moment in range(1, len(written) + 1):
        check(cfg, tmp_path / f"killed-{moment}", tmp_path / "whole", moment)
