"""How much sooner two workers end a sweep than one: ``python -m benchmarks.sweep``.

The same sweep, whole commands from start to end, by one worker and by two in turn. Run it on a machine that does
nothing else: two workers want two free cores. ``--write`` keeps the figures in ``results/paper/sweep.json``.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.kept import Kept, unfinished
from experiments.config.options import Option, read_options, run_command

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "results" / "paper" / "sweep.json"
OPTIONS = {
    "jobs": Option("of the sweep", 4, int, least=2, most=10_000),
    "timesteps": Option("renders a job", 3000, int, least=1, most=10**9),
    "rounds": Option("measurements of each", 1, int, least=1, most=1000),
    "write": Option("keep the figures in results/paper/sweep.json", False, bool),
}


def seconds(workers: int, *, jobs: int, timesteps: int) -> float:
    """Wall time of a sweep of SAC on the kick, its jobs alike but for their seeds."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "run.py",
            "-m",
            f"hydra.sweep.dir={folder}",
            "tracking=none",
            "task=kick",
            "agent=sac",
        ]
        command += [f"total_timesteps={timesteps}", f"seed=range({jobs})"]
        command += ["hydra/launcher=joblib", f"hydra.launcher.n_jobs={workers}"]
        began = time.perf_counter()
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"the sweep failed:\n{done.stderr}")
        return time.perf_counter() - began


def main(arguments: Sequence[str]) -> None:
    """Measure, print, and write if asked to."""
    options, _ = read_options(arguments, OPTIONS, doc=__doc__)
    size = {"jobs": options["jobs"], "timesteps": options["timesteps"]}
    with unfinished("sweep", size) as (rows, _):
        compare(options, arguments, rows)


def compare(options: Mapping[str, Any], arguments: Sequence[str], rows: Kept) -> None:
    """Measure what is left to measure; then print, and write if asked to."""
    taken: dict[int, list[float]] = {1: [], 2: []}
    load = os.getloadavg()[0]
    for number in range(options["rounds"]):
        for workers in (1, 2) if number % 2 == 0 else (2, 1):
            measure = partial(seconds, workers, jobs=options["jobs"], timesteps=options["timesteps"])
            taken[workers].append(rows.row({"workers": workers, "round": number}, measure))
            print(f"{workers} worker{'s' * (workers > 1)}: {taken[workers][-1]:.1f} s", flush=True)
    one, two = (statistics.median(taken[workers]) for workers in (1, 2))
    print(f"two workers end {one / two:.2f} times as soon as one (load before: {load:.1f} on {os.cpu_count()} cores)")
    if options["write"]:
        figures = {
            "command": f"python -m benchmarks.sweep {' '.join(arguments)}",
            "seconds": taken,
            "speed_up": one / two,
            "load_before": load,
            "cores": os.cpu_count(),
        }
        RESULTS.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    run_command("benchmarks.sweep", main)
