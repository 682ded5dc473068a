"""How long it takes from new parameters to a sound: ``python -m benchmarks.render``.

Every contender renders the same patch with other parameters each time. They take turns, so that a machine that slows
down slows all of them down; compare ratios of one run. ``--write`` also measures the whole step, the memory and how
times grow, and keeps everything in ``results/paper/speed.json`` and ``speed.png``.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

import numpy as np

from benchmarks import ours
from benchmarks.by_hand import by_hand
from benchmarks.growth import growth
from benchmarks.peers import dawdreamer, signalflow
from benchmarks.step import memory_growth, steps
from benchmarks.supercollider import supercollider
from benchmarks.workloads import BASS, KICK, Measured, Missing, Render, Workload
from experiments.config.options import Option, read_options, run_command
from experiments.figures.__main__ import main as draw_figures

OPTIONS = {
    "rounds": Option("sounds that each contender renders", 200, int, least=1, most=10**6),
    "write": Option("measure everything, and keep it in results/paper", False, bool),
}
RESULTS = Path(__file__).resolve().parent.parent / "results" / "paper" / "speed.json"
TURN = 10
"""Sounds in a row before the next contender's turn, lest one pay for another's use of the caches."""


@dataclass(frozen=True)
class Contender:
    """Something that renders.

    Attributes
    ----------
    name : in the table
    workload : what it renders
    make : opens it
    rows : sounds it renders at once
    every : it renders only one of so many rounds, being slow
    """

    name: str
    workload: Workload
    make: Callable[[], Render]
    rows: int = 1
    every: int = 1


NATIVE = "RaveForce, engine native"
DAWDREAMER = "DawDreamer (Faust), block 512"
CONTENDERS = [
    Contender(NATIVE, KICK, lambda: ours.engine(KICK, "native")),
    Contender(f"{NATIVE}, 64 rows", KICK, lambda: ours.engine(KICK, "native", 64, num_threads=1), rows=64),
    Contender("RaveForce, engine wasm", KICK, lambda: ours.engine(KICK, "wasm")),
    Contender("bare loop on wasmtime", KICK, lambda: ours.bare_loop(KICK)),
    Contender("first RaveForce's loop", KICK, lambda: ours.first_raveforce(KICK), every=10),
    Contender("numba, by hand", KICK, lambda: ours.hand_written(KICK)),
    Contender("numba, by hand, 64 rows", KICK, lambda: by_hand(KICK, 64), rows=64),
    Contender(DAWDREAMER, KICK, lambda: dawdreamer(KICK)),
    Contender("SignalFlow, block 2048", KICK, lambda: signalflow(KICK)),
    Contender("SuperCollider, non-real-time", KICK, lambda: supercollider(KICK), every=10),
    Contender(NATIVE, BASS, lambda: ours.engine(BASS, "native")),
    Contender(f"{NATIVE}, 64 rows, 2 threads", BASS, lambda: ours.engine(BASS, "native", 64, num_threads=2), rows=64),
    Contender("numba, by hand, 64 rows, 2 threads", BASS, lambda: by_hand(BASS, 64, 2), rows=64),
    Contender("RaveForce, engine wasm", BASS, lambda: ours.engine(BASS, "wasm")),
    Contender(DAWDREAMER, BASS, lambda: dawdreamer(BASS)),
    Contender("SignalFlow, block 2048", BASS, lambda: signalflow(BASS)),
]


def open_all(contenders: list[Contender]) -> dict[Contender, Render]:
    """Open what this machine has, and name what it lacks."""
    opened = {}
    for contender in contenders:
        try:
            opened[contender] = contender.make()
        except Missing as missing:
            print(f"missing: {missing}")
    return opened


def check(opened: dict[Contender, Render]) -> None:
    """See that ours all make the same sound, and that the others make one (their patches differ in detail)."""
    for contender, render in opened.items():
        values = contender.workload.values(contender.rows, 0)
        sound = render(values)
        if not (np.isfinite(sound).all() and 0.1 < np.abs(sound).max() < 10):
            raise SystemExit(f"{contender.name} makes no proper {contender.workload.name}")
        if any(part in contender.name for part in ("RaveForce", "bare", "hand, 64")):
            truth = ours.engine(contender.workload, "wasm", contender.rows)(values)
            # Some print numbers with more digits than float32 has.
            if not np.abs(truth - sound).max() < 1e-4:
                raise SystemExit(f"{contender.name} differs by {np.abs(truth - sound).max():.2g}")


def measure(opened: dict[Contender, Render], rounds: int) -> list[Measured]:
    """Median µs a sound of each contender."""
    times: dict[Contender, list[float]] = {contender: [] for contender in opened}
    for turn in range(0, rounds, TURN):
        for contender, render in opened.items():
            for index in range(turn, min(turn + TURN, rounds)):
                if (index % contender.every) == 0 and not (contender.rows > 1 and index % 2):
                    values = contender.workload.values(contender.rows, index)
                    start = time.perf_counter()
                    render(values)
                    times[contender].append((time.perf_counter() - start) / contender.rows)
    return [
        Measured(contender.name, contender.workload.name, contender.rows, 1e6 * statistics.median(taken))
        for contender, taken in times.items()
    ]


def table(measured: list[Measured]) -> str:
    """Figures as text, by workload, with the ratio to DawDreamer's where it is there, and to our native engine's."""
    lines = []
    for workload in (KICK, BASS):
        rows = [one for one in measured if one.workload == workload.name]
        native = next((one.microseconds for one in rows if one.name == NATIVE), None)
        peer = next((one.microseconds for one in rows if one.name == DAWDREAMER), None)
        lines.append(f"\n{workload.name}, {workload.seconds} s: µs a sound")
        lines.append(f"  {'':34} {'µs':>10} {'÷ native':>10} {'÷ DawDreamer':>13}")
        for one in rows:
            ratios = (one.microseconds / other if other else float("nan") for other in (native, peer))
            lines.append(f"  {one.name:34} {one.microseconds:10.1f} {next(ratios):10.2f} {next(ratios):13.2f}")
    return "\n".join(lines)


def machine() -> dict[str, str]:
    """What was measured on, and with what."""
    found = {"processor": _processor(), "cores": str(os.cpu_count()), "python": platform.python_version()}
    for package in ("raveforce", "numpy", "numba", "wasmtime", "dawdreamer", "signalflow"):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def main(arguments: Sequence[str]) -> None:
    """Measure, and print a table."""
    options, _ = read_options(arguments, OPTIONS, doc=__doc__)
    opened = open_all(CONTENDERS)
    check(opened)
    measured = measure(opened, options["rounds"])
    print(f"medians of {options['rounds']} sounds at 44.1 kHz, new parameters every time\n{table(measured)}")
    if options["write"]:
        write(measured, f"python -m benchmarks.render rounds={options['rounds']} --write")


def write(measured: list[Measured], command: str) -> None:
    """Measure the rest, and keep everything as figures and as a picture."""
    lines = growth()
    pairs = (("mss", "log_mel"), ("log_mel", "log_mel"), ("waveform", "waveform"))
    whole = [steps(reward, observation, rows) for rows in (1, 64) for reward, observation in pairs]
    megabytes = memory_growth()
    for step in whole:
        print(f"step, {step.rows} rows, reward {step.reward}, observation {step.observation}: {step.per_second:.0f}/s")
    for line in lines:
        print(f"growth with {line.size}: r² {line.fit[2]:.4f}")
    print(f"memory after 100,000 episodes: {megabytes:+.1f} MB")
    result = {
        "command": command,
        "machine": machine(),
        "render": [asdict(one) for one in measured],
        "step": [{**asdict(step), "per_second": step.per_second} for step in whole],
        "growth": [{**asdict(line), "r2": line.fit[2]} for line in lines],
        "memory_growth_mb": megabytes,
    }
    RESULTS.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    draw_figures(["figure=speed", "write=true"])


if __name__ == "__main__":
    run_command("benchmarks.render", main)
