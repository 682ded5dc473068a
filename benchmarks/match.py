"""Does an answer beat a search? ``python -m benchmarks.match run=DIR`` plays a trained policy on sounds it never heard.

The policy answers each target in one render; random search and CMA-ES look for the same target with many. Distances are
``mss``; what is printed are medians over targets, by renders. ``--write`` keeps ``match.json`` and ``match.png`` in
``results/paper``. On recordings: ``task.target=FOLDER task.split=test``.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from omegaconf import OmegaConf
from stable_baselines3.common.callbacks import BaseCallback
from tqdm import tqdm

from agents.build import load_agent, make_agent
from benchmarks.kept import unfinished
from experiments.config import readers
from experiments.config.build import build_env_spec
from experiments.config.errors import ConfigError
from experiments.config.options import Option, read_options, run_command
from experiments.config.overrides import parse
from experiments.config.resume import read_config
from experiments.config.settings import with_changes
from experiments.figures.__main__ import main as draw_figures
from experiments.records.log_writers import read_metrics
from experiments.records.provenance import versions
from experiments.records.run_folder import RunFolder
from raveforce.distances import make_distance, measure_rows
from raveforce.env import RaveForceEnv
from raveforce.sb3 import BatchVecEnv
from raveforce.targets import FixedTarget
from raveforce.task import Task

RESULTS = Path(__file__).resolve().parent.parent / "results" / "paper"
OPTIONS = {
    "run": Option("folder of a run of the match task", reads=readers.folder),
    "targets": Option("how many sounds to answer", 200, int, least=1, most=10**6),
    "write": Option("keep the figures in results/paper", False, bool),
}
UNSEEN = 1_000_000
"""Seed of the first target; those of training are small."""
BUDGETS = {"random": (1000, 100), "cma": (1000, 1)}
"""Renders, and how many side by side: CMA-ES gets one at a time, so that its generations are its own."""

Floats = NDArray[np.float64]


class Distances(BaseCallback):
    """Keeps the distance of every render."""

    def __init__(self) -> None:
        super().__init__()
        self.distances: list[float] = []

    def _on_step(self) -> bool:
        self.distances += [info["distances"]["mss"] for info in self.locals["infos"]]
        return True


def answers(agent: Any, env: RaveForceEnv, count: int) -> tuple[Floats, list[NDArray[np.float32]]]:
    """The policy's distance to each target, and the targets."""
    distance = make_distance("mss", env.task.sample_rate)
    distances, targets = [], []
    for index in range(count):
        observation, _ = env.reset(seed=UNSEEN + index)
        action, _ = agent.predict(observation, deterministic=True)
        env.step(action)
        targets.append(env.target.copy())
        distances.append(measure_rows(distance, env.audio[None], distance.features(env.target[None]))[0])
    return np.array(distances), targets


def search(name: str, task: Task, target: NDArray[np.float32], seed: int) -> list[float]:
    """The best distance after each render of a search for one target."""
    renders, rows = BUDGETS[name]
    single = replace(task, targets=FixedTarget(target), total_step=1)
    envs = BatchVecEnv(single, rows, reward="mss", observation="parameters", actions="box")
    record = Distances()
    make_agent(name, envs, seed=seed).learn(renders, callback=record)
    envs.close()
    # A sound that broke has no distance.
    best: list[float] = np.fmin.accumulate(np.array(record.distances[:renders])).tolist()
    return best


def history(run: RunFolder) -> list[tuple[int, float]]:
    """Renders and the policy's distance, for each of its training's evaluations."""
    rows = [row for row in read_metrics(run.metrics) if row.get("evaluation/distance")]
    return [(int(row["renders"]), float(row["evaluation/distance"])) for row in rows]


def main(arguments: Sequence[str]) -> None:
    """Compare as the command line says."""
    options, others = read_options(
        arguments,
        OPTIONS,
        doc=__doc__,
        settings="other settings of the run, such as task.target=FOLDER",
    )
    if options["run"] is None:
        raise ConfigError("name a run of the match task: python -m benchmarks.match run=DIR")
    run, count = RunFolder(Path(options["run"])), options["targets"]
    given = {override.key_or_group: override.value() for override in parse(others)}
    cfg = with_changes(read_config(run.path), given, OPTIONS)
    if (task := cfg.task.get("name")) != "match":
        raise ConfigError(f"{run.path} is a run of task={task}, which has one target; name one of task=match")
    env = RaveForceEnv(build_env_spec(cfg))
    try:
        agent = load_agent(cfg.agent.algorithm, run.model)
    except ValueError as error:
        raise ConfigError(str(error)) from error

    policy, targets = answers(agent, env, count)
    model = hashlib.sha256(run.model.read_bytes()).hexdigest()
    about = {"config": OmegaConf.to_container(cfg, resolve=True), "model": model}
    with unfinished("match", about) as (rows, _):
        results = {
            name: np.array(
                [
                    rows.row({"search": name, "target": seed}, partial(search, name, env.task, target, seed))
                    for seed, target in enumerate(tqdm(targets, desc=name, disable=not sys.stderr.isatty()))
                ]
            )
            for name in BUDGETS
        }
    medians, quartiles = (
        {
            name: {str(at): np.quantile(best[:, at - 1], level).tolist() for at in (1, 10, 100, 200, 500, 1000)}
            for name, best in results.items()
        }
        for level in (0.5, (0.25, 0.75))
    )
    better = {
        f"{name} {at}": float(np.mean(policy < results[name][:, at - 1]))
        for name, at in (("random", 1000), ("cma", 200))
    }
    trained = json.loads(run.summary.read_text(encoding="utf-8"))
    report = {
        "command": f"python -m benchmarks.match run=DIR targets={count} --write",
        "settings": given,
        "distance": "mss, median over targets never heard in training",
        "targets": count,
        "policy, one render": float(np.median(policy)),
        "policy, quartiles": np.quantile(policy, (0.25, 0.75)).tolist(),
        "search, by renders": medians,
        "quartiles, by renders": quartiles,
        "part of targets where the policy is nearer": better,
        "training": {
            "renders": trained["renders"],
            "seconds": trained["wall_seconds"],
            "agent": cfg.agent.algorithm,
            "history": history(run),
        },
        "versions": versions(),
    }
    print(json.dumps({name: value for name, value in report.items() if name != "versions"}, indent=2))
    if options["write"]:
        (RESULTS / "match.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
        draw_figures(["figure=match", "write=true"])


if __name__ == "__main__":
    run_command("benchmarks.match", main)
