"""Does learning come as near as search? ``python -m benchmarks.kick`` compares agents on the kick, render for render.

SAC, TD3 and PPO with the settings found for them (``experiment=kick_sac`` ...) against CMA-ES and random search, 3,000
renders and five seeds each. What counts is what is played in the end: the policy without exploration, or the best that
a search found. ``--write`` keeps ``kick.json``, ``kick.png`` and the sound of SAC's first seed in ``results/paper``.
The same command goes on with one that was broken off.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.kept import Kept, unfinished
from experiments.config.options import Option, read_options, run_command
from experiments.figures.picture import save_png
from experiments.figures.style import log_ticks, looks, new_figure, style
from experiments.interrupts import forwarding
from experiments.records.log_writers import read_metrics
from experiments.records.provenance import versions

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "results" / "paper"
AGENTS = {
    "random": ["agent=random", "observation=parameters"],
    "cma": ["agent=cma", "observation=parameters"],
    "ppo": ["experiment=kick_ppo"],
    "sac": ["experiment=kick_sac"],
    "td3": ["experiment=kick_td3"],
}
SHOWN = "sac"
OPTIONS = {
    "seeds": Option("runs of each agent", 5, int, least=1, most=10**6),
    "write": Option("keep the figures in results/paper", False, bool),
}


def play(agent: str, seed: int, folder: Path) -> dict[str, Any]:
    """A run's record: what it plays in the end, the best it met, seconds, and the best so far by renders."""
    settings = [*AGENTS[agent], f"seed={seed}", "progress=false", "tracking=none", "resume=auto"]
    command = [sys.executable, "run.py", *settings, f"hydra.run.dir={folder}"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    with forwarding(process):
        code = process.wait()
    if code:
        sys.exit(code)
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    rows = read_metrics(folder / "metrics.csv")
    return {
        "seed": seed,
        "policy": summary["policy"]["distances"]["mss"],
        "best": summary["best"]["distances"]["mss"],
        "seconds": summary["wall_seconds"],
        "renders": [int(row["renders"]) for row in rows],
        "best so far": [float(row["best/distance"]) for row in rows],
    }


def draw(runs: Mapping[str, Sequence[Mapping[str, Any]]], path: Path) -> None:
    """The best so far against renders, and the policies at the end."""
    with style():
        figure = new_figure(2.6)
        axis = figure.subplots()
        for index, ((name, records), look) in enumerate(zip(runs.items(), looks(runs).values(), strict=True)):
            curves = np.array([record["best so far"] for record in records])
            renders = records[0]["renders"]
            axis.plot(renders, np.median(curves, axis=0), color=look.colour, linestyle=look.line, label=name)
            axis.fill_between(renders, curves.min(axis=0), curves.max(axis=0), color=look.colour, alpha=0.15, lw=0)
            ends = [record["policy"] for record in records]
            axis.plot([3060 + 60 * index] * len(ends), ends, look.marker, color=look.colour, alpha=0.7)
        axis.set(xlabel="renders", ylabel="distance (mss)", yscale="log")
        axis.set_title("kick: best so far (median, range), policies at the end")
        log_ticks(axis.yaxis)
        axis.legend(ncols=2)
        save_png(figure, path)


def main(arguments: Sequence[str]) -> None:
    """Compare the agents; print, and write if asked to."""
    options, _ = read_options(arguments, OPTIONS, doc=__doc__)
    with unfinished("kick", {}) as (rows, folder):
        compare(options, rows, folder)


def compare(options: Mapping[str, Any], rows: Kept, folder: Path) -> None:
    """Play what is left to play, each run in a folder of its own; then print, and write if asked to."""
    runs: dict[str, list[dict[str, Any]]] = {}
    for agent in AGENTS:
        runs[agent] = [
            rows.row({"agent": agent, "seed": seed}, partial(play, agent, seed, folder / agent / str(seed)))
            for seed in range(options["seeds"])
        ]
        policies = [run["policy"] for run in runs[agent]]
        print(f"{agent:7}" + "  ".join(f"{policy:.4f}" for policy in policies), flush=True)
    if options["write"]:
        for name in ("comparison.png", "best.wav", "target.wav", "best.glicol"):
            shutil.copy(folder / SHOWN / "0" / name, RESULTS / f"kick_{SHOWN}_{name}")

    cma = min(run["best"] for run in runs["cma"])
    median = {
        agent: {of: float(np.median([run[of] for run in records])) for of in ("policy", "best", "seconds")}
        | {"worst policy": max(run["policy"] for run in records)}
        for agent, records in runs.items()
    }
    for agent, row in median.items():
        far = row["policy"] / cma - 1
        print(f"{agent:7}" + "  ".join(f"{of} {value:.4g}" for of, value in row.items()) + f"  {far:+.1%} of CMA-ES's")
    if not options["write"]:
        return
    draw(runs, RESULTS / "kick.png")
    figures = ("seed", "policy", "best", "seconds")
    result = {
        "command": "python -m benchmarks.kick --write",
        "distance": "mss, after 3,000 renders",
        "best of CMA-ES": cma,
        "median": median,
        "runs": {agent: [{of: run[of] for of in figures} for run in records] for agent, records in runs.items()},
        "versions": versions(),
    }
    (RESULTS / "kick.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    run_command("benchmarks.kick", main)
