"""Does learning find what chance finds? ``python -m benchmarks.kick`` compares the default run with random search.

Five runs of ``python run.py`` (seeds 0 to 4) against 2,000 random renders of the same task, five times. Writes
``results/paper/kick.json``, and the picture and sound of the first seed's best.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from experiments.versions import versions
from raveforce.episodes import Episodes
from raveforce.observations import make_observation
from raveforce.rewards import make_reward
from raveforce.tasks import kick

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "results" / "paper"


def random_search(renders: int, seed: int) -> float:
    """The best ``mss`` distance among random parameters, drawn evenly from the action space."""
    rng = np.random.default_rng(seed)
    task = kick()
    episodes = Episodes(task, 1, reward=make_reward("mss"), observation=make_observation("waveform"))
    best = np.inf
    for action in rng.uniform(-1, 1, (renders, 1, len(task.parameters.free))):
        episodes.reset([rng])
        best = np.fmin(best, episodes.step(action).distances[0])
    episodes.close()
    return float(best)


def default_run(seed: int, folder: Path, agent: str) -> dict[str, Any]:
    """The summary of ``python run.py`` with this seed."""
    command = [sys.executable, "run.py", f"seed={seed}", f"agent={agent}", "progress=false", f"hydra.run.dir={folder}"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    summary: dict[str, Any] = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    return summary


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--agent", default="sac")
    parser.add_argument("--renders", type=int, default=2000, help="of random search")
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    RESULTS.mkdir(parents=True, exist_ok=True)

    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        for seed in range(options.seeds):
            chance = random_search(options.renders, seed)
            summary = default_run(seed, Path(temporary) / str(seed), options.agent)
            row = {
                "seed": seed,
                "random": chance,
                "best": summary["best"]["distances"]["mss"],
                "policy": summary["policy"]["distances"]["mss"],
                "seconds": summary["wall_seconds"],
            }
            rows.append(row)
            print("  ".join(f"{name} {value:.4g}" for name, value in row.items()), flush=True)
        for name in ("comparison.png", "best.wav", "target.wav", "best.glicol"):
            shutil.copy(Path(temporary) / "0" / name, RESULTS / f"kick_{options.agent}_{name}")

    median = {name: float(np.median([row[name] for row in rows])) for name in ("random", "best", "policy", "seconds")}
    print("median  " + "  ".join(f"{name} {value:.4g}" for name, value in median.items()))
    result = {
        "command": f"python -m benchmarks.kick --agent {options.agent}",
        "distance": "mss",
        "random_renders": options.renders,
        "runs": rows,
        "median": median,
        "versions": versions(),
    }
    (RESULTS / f"kick_{options.agent}.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
