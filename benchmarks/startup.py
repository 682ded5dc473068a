"""How long one waits before anything sounds: ``python -m benchmarks.startup``.

Every command runs in an interpreter of its own, in rounds, after one round that fills the caches. On a machine that
does something else too, look at the processor's time, and at its ratio to what importing NumPy takes.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from experiments.config.options import Option, read_options, run_command

__all__ = ["COMMANDS", "startup"]

ROOT = Path(__file__).resolve().parent.parent
PLACE = ROOT / "results" / "paper" / "startup.json"

COMMANDS: Mapping[str, Sequence[str]] = {
    "import numpy": ("-c", "import numpy"),
    "import raveforce": ("-c", "import raveforce"),
    "first render": ("-c", "import raveforce; raveforce.render('o: sin 440', 0.1)"),
    "run.py --help": ("run.py", "--help"),
    "run.py debug=fast": ("run.py", "debug=fast", "progress=false"),
}
"""Arguments of Python by name; the first is what the others are compared with."""

OPTIONS = {
    "rounds": Option("how often each command runs", 5, int, least=1, most=10**6),
    "write": Option("write results/paper/startup.json", False, bool),
}


def startup(rounds: int) -> dict[str, dict[str, float]]:
    """Medians of each command: seconds on the clock, of the processor, and the latter as a ratio to NumPy's import."""
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in COMMANDS}
    for _ in range(rounds + 1):
        for name, arguments in COMMANDS.items():
            seconds[name].append(_run(arguments))
    medians = {
        name: [statistics.median(kind) for kind in zip(*runs[1:], strict=True)] for name, runs in seconds.items()
    }
    numpy = medians["import numpy"][1]
    return {name: {"wall": wall, "cpu": cpu, "cpu_ratio": cpu / numpy} for name, (wall, cpu) in medians.items()}


def _run(arguments: Sequence[str]) -> tuple[float, float]:
    # Bytecode is kept, as it is wherever a package was installed.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as folder:
        run_dir = [f"hydra.run.dir={folder}/run"] if "debug=fast" in arguments else []
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(
            [sys.executable, *arguments, *run_dir],
            check=True,
            cwd=ROOT,
            env={**env, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(arguments: Sequence[str]) -> None:
    """Measure, print a table, and write it where that is asked for."""
    options, _ = read_options(arguments, OPTIONS, doc=__doc__)
    found = startup(options["rounds"])
    print(f"{'':18} {'wall':>7} {'cpu':>7}   x numpy")
    for name, each in found.items():
        print(f"{name:18} {each['wall']:6.2f}s {each['cpu']:6.2f}s {each['cpu_ratio']:9.1f}")
    if options["write"]:
        said = {"command": f"python -m benchmarks.startup rounds={options['rounds']} write=true", "medians": found}
        PLACE.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    run_command("benchmarks.startup", main)
