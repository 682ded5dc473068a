"""Kills trainings at random moments and has them go on: they must end as if nothing had happened.

python -m benchmarks.soak kills=100 seed=0

Each run is started by the command line of ``run.py`` with ``resume=auto`` and killed (SIGKILL) at a moment drawn from
its whole length, from before its folder is made to after its record is written; the same command, or ``resume=DIR``,
goes on with it. A run that comes to its end is compared with one that nothing disturbed: its metrics, sounds, programs
and picture byte for byte, the weights of its models, its summary but for the time it took. Then another begins.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import json
import multiprocessing
import os
import random
import runpy
import signal
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import torch

import raveforce
from experiments.config import readers
from experiments.config.command_line import quote_path
from experiments.config.errors import ConfigError
from experiments.config.options import LARGEST_SEED, Option, read_options, run_command
from experiments.config.resume import is_started

__all__ = ["RUNS", "compare", "outcome", "soak"]

ROOT = Path(__file__).resolve().parent.parent

_OFTEN = ["log_every=7", "evaluate_every=25", "checkpoint_every=9", "tracking=none", "tuned=none", "progress=false"]
_GOALS = "task=match observation=log_mel_goal num_envs=4 agent.settings.learning_starts=16 agent.settings.batch_size=16"
_SMALL = "agent.settings.policy_kwargs.net_arch=[16]"
RUNS = {
    "sac": f"agent=sac total_timesteps=100 agent.settings.learning_starts=20 agent.settings.batch_size=8 {_SMALL}",
    "ppo": f"agent=ppo total_timesteps=200 agent.settings.n_steps=10 agent.settings.batch_size=10 {_SMALL}",
    "gcsl": f"agent=gcsl total_timesteps=160 {_GOALS} {_SMALL}",
    "grpo": f"agent=grpo total_timesteps=160 {_GOALS} task.attempts=4 agent.settings.supervised=64 {_SMALL}",
}
"""Runs of a few seconds, by name, that write as often as they can."""

OPTIONS = {
    "kills": Option("how many runs are killed", 100, int, least=1, most=10**6),
    "seed": Option("of the moments at which they are", 0, int, least=0, most=LARGEST_SEED),
    "agents": Option(f"of {', '.join(RUNS)}, with commas between them; otherwise all", None, several=True),
    "folder": Option(
        "for the runs, and what they print; otherwise one that goes when all went well", reads=readers.new_folder
    ),
}

_PASSING = ("wall_seconds", "versions")
"""Of a summary: what may differ from run to run."""

_UNLIKE = ("report.html", ".lock", ".hydra", "run.log", "checkpoints")
"""In a run folder: what tells the time, or how the run was started."""

_FORKS = multiprocessing.get_context("fork")


def outcome(folder: Path) -> dict[str, str]:
    """What must be the same however often a run was broken off: a hash of each file that does not tell the time."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name.split("/")[0] not in _UNLIKE:
            found[name] = hashlib.sha256(_content(path)).hexdigest()
    return found


def _content(path: Path) -> bytes:
    if path.name == "summary.json":
        summary = json.loads(path.read_bytes())
        return json.dumps({key: value for key, value in summary.items() if key not in _PASSING}).encode()
    if path.suffix == ".zip":  # a search's is a pickle without weights, whose bytes need not be the same
        return _weights(path) if zipfile.is_zipfile(path) else b""
    return path.read_bytes()


def _weights(path: Path) -> bytes:
    """All numbers in a model's networks and optimisers, with their names."""
    parts = []
    with zipfile.ZipFile(path) as file:
        for name in sorted(name for name in file.namelist() if name.endswith(".pth")):
            state = torch.load(io.BytesIO(file.read(name)), weights_only=True)
            parts.append(f"{name} {_plain(state)}")
    return "\n".join(parts).encode()


def _plain(state: object) -> object:
    if isinstance(state, torch.Tensor):
        return state.shape, state.detach().numpy().tobytes().hex()
    if isinstance(state, dict):
        return {key: _plain(value) for key, value in state.items()}
    return [_plain(value) for value in state] if isinstance(state, list | tuple) else state


def compare(folder: Path, whole: Path) -> list[str]:
    """The files in which a run differs from another, or that only one of them has."""
    one, other = outcome(folder), outcome(whole)
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def start(arguments: Sequence[str], log: Path) -> multiprocessing.process.BaseProcess:
    """Start ``run.py`` in a process of its own that has imported and compiled everything already."""
    process = _FORKS.Process(target=_run, args=(list(arguments), log))
    process.start()
    return process


def _run(arguments: list[str], log: Path) -> None:
    with log.open("ab", buffering=0) as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.chdir(ROOT)
    sys.argv = ["run.py", *arguments]
    runpy.run_path(str(ROOT / "run.py"), run_name="__main__")


def soak(agent: str, kills: int, rng: random.Random, folder: Path) -> Counter[str]:
    """Kill runs of one agent.

    Parameters
    ----------
    agent : in ``RUNS``
    kills : how many
    rng : draws the moments
    folder : for the runs; those that ended well go

    Returns
    -------
    how many kills hit a run, and how many runs came to their end and were like the undisturbed one ("ended")

    Raises
    ------
    ConfigError
        A run did not go on, or differs; it is named, and stays.
    """
    folder.mkdir(parents=True)
    log, whole = folder / "log.txt", folder / "whole"
    began = time.monotonic()
    process = start([*_command(agent, whole), "resume=auto"], log)
    process.join()
    seconds = time.monotonic() - began
    if process.exitcode != 0:
        raise ConfigError(f"the undisturbed run of {agent} ended with {process.exitcode}; see {log}")
    done: Counter[str] = Counter()
    runs, hits = 0, 0
    run = folder / "run 0, käse=1"  # what a path may hold
    while True:
        by_folder = is_started(run) and rng.random() < 0.5
        command = [f"resume={quote_path(run)}"] if by_folder else [*_command(agent, run), "resume=auto"]
        process = start(command, log)
        if done["kills"] < kills:
            # Short lives are as likely as long ones; some reach the end.
            process.join(seconds * rng.random() ** 2 * 1.1)
        else:
            process.join()
        if process.is_alive():
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
            process.join()
            done["kills"] += 1
            hits += 1
            continue
        if process.exitcode == -signal.SIGKILL:
            continue
        if process.exitcode != 0:
            raise ConfigError(f"{run} ended with {process.exitcode} after {hits} kills; see {log}")
        different = compare(run, whole)
        if different:
            raise ConfigError(f"{run}, killed {hits} times, differs from {whole} in {', '.join(different)}")
        done["ended"] += 1
        done["most"] = max(done["most"], hits)
        if done["kills"] >= kills:
            return done
        runs, hits = runs + 1, 0
        run = folder / f"run {runs}, käse=1"


def _warm() -> None:
    """Load what every run needs, so that it lies in the memory that they share."""
    importlib.import_module("experiments.train")
    torch.set_num_threads(1)
    sound = raveforce.render("o: sin 440", 0.1, engine="native")
    raveforce.measure(sound, sound)


def _command(agent: str, folder: Path) -> list[str]:
    return [*RUNS[agent].split(), *_OFTEN, f"hydra.run.dir={quote_path(folder)}"]


def main(arguments: Sequence[str]) -> None:
    """Kill, and print how it went."""
    options, _ = read_options(arguments, OPTIONS, doc=__doc__)
    agents = options["agents"] or tuple(RUNS)
    unknown = sorted(set(agents) - set(RUNS))
    if unknown:
        raise ConfigError(f"there is no run of {unknown[0]}; there are {', '.join(RUNS)}")
    _warm()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(options["folder"] or temporary)
        for place, agent in enumerate(agents):
            share = options["kills"] // len(agents) + (place < options["kills"] % len(agents))
            rng = random.Random(f"{options['seed']} {agent}")
            began = time.monotonic()
            done = soak(agent, share, rng, folder / agent)
            print(
                f"{agent:5} {done['kills']} kills, at most {done['most']} of one run; {done['ended']} runs came to "
                f"their end, each like the undisturbed one; {time.monotonic() - began:.0f} s",
                flush=True,
            )


if __name__ == "__main__":
    run_command("benchmarks.soak", main)
