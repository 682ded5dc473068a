"""Commands go on where their console is closed, closes or is full."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
SAY = """
import logging, subprocess, sys
from pathlib import Path
from tqdm import tqdm
from raveforce._console import survive_the_console

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
        code = subprocess.run(command, cwd=ROOT, stdout=console, stderr=console, check=False, timeout=300).returncode
    finally:
        os.close(console)
    assert (code, (tmp_path / "record").read_text()) == (0, "done")


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_a_console_that_is_closed_from_the_beginning(tmp_path: Path, closed: str) -> None:
    command = f'"{sys.executable}" -c "$0" "$1" {closed}'
    done = subprocess.run(["sh", "-c", command, SAY, str(tmp_path / "record")], cwd=ROOT, check=False, timeout=300)
    assert (done.returncode, (tmp_path / "record").read_text()) == (0, "done")


def test_an_open_console_hears_everything(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SAY, str(tmp_path / "record")], cwd=ROOT, capture_output=True, text=True, timeout=300
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


def ended(code: str, *options: str) -> tuple[int, str]:
    """How a process ends that says nothing else: its exit code, and its errors."""
    begin = "import sys; from raveforce._console import end_briefly; end_briefly(); sys.argv = ['it.py']\n"
    done = subprocess.run(
        [sys.executable, *options, "-c", begin + code], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    return done.returncode, done.stderr


def test_what_a_user_can_mend_ends_with_a_line() -> None:
    code, said = ended("sys.modules['torch'] = None; import torch")
    assert code == 1
    assert said.startswith("it.py: the package torch is missing; `make setup` installs what")
    assert said.count("\n") == 1
    assert ended("raise MemoryError") == (
        1,
        "it.py: the memory is too small for this (no more of it is free): ask for less\n",
    )
    assert ended("raise KeyboardInterrupt") == (-signal.SIGINT, "it.py: interrupted\n")


COMMANDS = {
    "run.py": ("run.py", "debug=fast"),
    "raveforce": ("-m", "raveforce", "imitate", "kick.wav"),
    "experiments.evaluate": ("-m", "experiments.evaluate", "run=a"),
    "experiments.study": ("-m", "experiments.study", "study=smoke"),
    "benchmarks.render": ("-m", "benchmarks.render"),
}


@pytest.mark.skipif(os.name != "posix", reason="no SIGINT to send")
@pytest.mark.parametrize("moment", ["numpy.version", "gymnasium", "hydra", "torch"])
@pytest.mark.parametrize(
    "name", [name if name == "run.py" else pytest.param(name, marks=pytest.mark.slow) for name in COMMANDS]
)
def test_who_interrupts_a_command_that_is_still_starting_sees_no_traceback(
    tmp_path: Path, name: str, moment: str
) -> None:
    # Python says what it has imported, as it goes.
    command = [sys.executable, "-X", "importtime", *COMMANDS[name]]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    folder = f"hydra.run.dir={tmp_path}"
    with subprocess.Popen(
        [*command, folder] if name == "run.py" else command, cwd=ROOT, stderr=subprocess.PIPE, text=True, env=env
    ) as process:
        assert process.stderr is not None
        said = []
        for line in process.stderr:
            if not line.startswith("import time:"):
                said.append(line)
            elif line.split("|")[-1].strip() == moment:
                process.send_signal(signal.SIGINT)
    if process.returncode == 1:
        pytest.skip(f"{name} ends before it comes to {moment}")
    assert (process.returncode in (130, -signal.SIGINT), said) == (True, [f"{name}: interrupted\n"])


def test_what_only_a_programmer_can_mend_keeps_its_traceback() -> None:
    for code, options in (("import raveforce.nonsense", ()), ("1 / 0", ()), ("raise MemoryError", ("-X", "dev"))):
        assert "Traceback (most recent call last)" in ended(code, *options)[1]


def test_letters_that_a_console_does_not_know_are_escaped() -> None:
    code = "from raveforce._console import survive_the_console; survive_the_console(); print('k\\xe4se \\ud800')"
    env = {**os.environ, "PYTHONIOENCODING": "ascii:strict"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300, env=env)
    assert (done.returncode, done.stdout, done.stderr) == (0, "k\\xe4se \\ud800\n", "")


CLOSED = ["<&-", ">&-", "2>&-", "<&- >&- 2>&-", "> /dev/full 2>&1"]
"""How a shell leaves a command without one of its streams, or with a full one."""


def in_a_shell(streams: str, *command: object) -> int:
    text = f"{shlex.join(map(str, command))} {streams}"
    return subprocess.run(["sh", "-c", text], cwd=ROOT, check=False, timeout=3000).returncode


@pytest.mark.slow
@pytest.mark.xdist_group("console")
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize("streams", CLOSED)
def test_a_run_without_a_console_leaves_its_record(tmp_path: Path, streams: str) -> None:
    settings = ("agent=random", "total_timesteps=10", "log_every=5", "tracking=none", "tuned=none")
    assert in_a_shell(streams, sys.executable, "run.py", *settings, f"hydra.run.dir={tmp_path}") == 0
    assert len((tmp_path / "metrics.csv").read_text().splitlines()) == 3
    assert (tmp_path / "best.wav").read_bytes()[:4] == b"RIFF"


@pytest.mark.slow
@pytest.mark.xdist_group("console")
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize("streams", CLOSED)
def test_a_sound_is_imitated_without_a_console(tmp_path: Path, tone: NDArray[np.float32], streams: str) -> None:
    soundfile.write(tmp_path / "tone.wav", tone, 44100)
    command = (sys.executable, "-m", "raveforce.cli", "imitate", tmp_path / "tone.wav", "--renders", 100)
    assert in_a_shell(streams, *command, "--no-picture", "--out", tmp_path / "out") == 0
    files = {path.name: path.read_bytes() for path in (tmp_path / "out" / "tone").iterdir()}
    assert b">>" in files["program.glicol"]
    assert files["imitation.wav"][:4] == files["target.wav"][:4] == b"RIFF"


@pytest.mark.slow
@pytest.mark.xdist_group("console")
@pytest.mark.parametrize("streams", ["<&-", ">&- 2>&-"])
def test_a_study_without_a_console_leaves_its_settings(tmp_path: Path, streams: str) -> None:
    settings = ("task=kick", "agent=td3", "trials=1", "repeats=1", "total_timesteps=12", "study_name=one")
    small = ("agent.settings.learning_starts=4", "agent.settings.batch_size=4", "tracking=none")
    command = (sys.executable, "-m", "experiments.tune", *settings, *small, f"hydra.run.dir={tmp_path}")
    assert in_a_shell(streams, *command) == 0
    assert "settings:" in (tmp_path / "tuned" / "one.yaml").read_text()


def test_a_list_whose_reader_leaves_ends_quietly() -> None:
    command = f"{shlex.quote(sys.executable)} -m raveforce.cli nodes | head -1"
    done = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert (done.stdout.count("\n"), done.stderr) == (1, "")
