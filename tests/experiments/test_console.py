"""Commands go on where their console is closed, closes or is full."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAY = """
import logging, subprocess, sys
from pathlib import Path
from tqdm import tqdm
from experiments.console import survive_the_console

survive_the_console()
survive_the_console()
logging.basicConfig()
for _ in tqdm(range(3)):
    print("x" * 100_000, flush=True)
    logging.warning("y")
subprocess.run([sys.executable, "-c", "print('of a child')"], check=True)
print("left in a buffer", end="")
with open(sys.argv[1], "w") as file:
    assert file.fileno() > 2, "the record would hear what is printed"
    file.write("done")
"""


def closed_pipe() -> int:
    reading, writing = os.pipe()
    os.close(reading)
    return writing


CONSOLES: dict[str, Callable[[], int]] = {
    "a pipe that nobody reads": closed_pipe,
    "a full disk": lambda: os.open("/dev/full", os.O_WRONLY),
}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize("kind", CONSOLES)
def test_what_it_computes_is_there(tmp_path: Path, kind: str) -> None:
    console = CONSOLES[kind]()
    try:
        command = [sys.executable, "-c", SAY, str(tmp_path / "record")]
        code = subprocess.run(command, cwd=ROOT, stdout=console, stderr=console, check=False, timeout=60).returncode
    finally:
        os.close(console)
    assert (code, (tmp_path / "record").read_text()) == (0, "done")


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_a_console_that_is_closed_from_the_beginning(tmp_path: Path, closed: str) -> None:
    command = f'"{sys.executable}" -c "$0" "$1" {closed}'
    done = subprocess.run(["sh", "-c", command, SAY, str(tmp_path / "record")], cwd=ROOT, check=False, timeout=60)
    assert (done.returncode, (tmp_path / "record").read_text()) == (0, "done")


def test_an_open_console_hears_everything(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SAY, str(tmp_path / "record")], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.count("x") == 300_000
    assert "of a child" in done.stdout
    assert done.stdout.endswith("left in a buffer")
    assert done.stderr.count("WARNING:root:y") == 3


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="no SIGHUP")
def test_nohup_keeps_a_run_going() -> None:
    code = "from experiments.interrupts import endings; print(*(one.name for one in endings()))"
    ignoring = f"trap '' HUP; '{sys.executable}' -c '{code}'"
    done = subprocess.run(["sh", "-c", ignoring], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["SIGINT", "SIGTERM"]
