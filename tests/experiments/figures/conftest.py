"""Tables of a few numbers, from which every figure can be made."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments import statistics
from experiments.figures import surface, sweep
from experiments.figures.picture import FIGURES, Picture
from experiments.figures.source import Source
from experiments.figures.style import style
from raveforce import audio

VERSIONS = {"raveforce": "1.2.3", "glicol": "0.4.0", "glicol_sha256": "abc123"}


@pytest.fixture(scope="session", autouse=True)
def _coarse() -> Iterator[None]:
    """Landscapes of few points."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(surface, "GRID", (6, 9))
        patched.setattr(sweep, "POINTS", 21)
        yield


@pytest.fixture(scope="session")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of stored tables, not to be changed."""
    folder = tmp_path_factory.mktemp("tables")
    for name, table in (("speed", _speed()), ("match", _match()), ("drums_box", _drums()), ("kick", _kick())):
        (folder / f"{name}.json").write_text(json.dumps(table))
    time = np.arange(2205) / 44100
    for name, hertz in (("target", 60.0), ("best", 62.0)):
        sound = np.sin(2 * np.pi * hertz * time) * np.exp(-40 * time)
        audio.write(folder / f"kick_sac_{name}.wav", sound.astype(np.float32), 44100)
    _write_study(folder)
    return folder


@pytest.fixture
def tables(stored: Path, tmp_path: Path) -> Path:
    """A folder of stored tables, to be changed."""
    return shutil.copytree(stored, tmp_path / "tables")


@pytest.fixture(scope="session")
def draw(stored: Path) -> Callable[..., list[Picture]]:
    """Draws a figure by name from these tables."""

    def _draw(name: str, **options: Any) -> list[Picture]:
        with style():
            return list(FIGURES.get(name)(Source(**{"tables": stored, "renders": 30, **options})))

    return _draw


@pytest.fixture(scope="session")
def drawn(draw: Callable[..., list[Picture]]) -> Callable[[str], list[Picture]]:
    """Figures by name, each drawn once."""
    return cache(draw)


AGENTS = {"random": 0.0, "cma": 0.3, "sac": 0.5}
"""How much nearer than random search they come."""
TASKS = {"kick": "mss", "bass_line": "mss_so_far"}


def _write_study(folder: Path) -> None:
    """A study's tables, under the names of stored ones."""
    rng = np.random.default_rng(0)
    runs, learning = [], []
    for task, reward in TASKS.items():
        for agent, nearer in AGENTS.items():
            for seed in range(3):
                run = {"study": "agents", "task": task, "agent": agent, "reward": reward, "seed": seed}
                distance = float(1 - nearer + 0.1 * rng.random())
                runs.append(_run(run, {"mss": distance}))
                learning += [
                    {**{key: run[key] for key in ("task", "agent", "reward", "seed")}, "renders": renders}
                    | {"best": 1 + distance / renders, "policy": 2 + distance / renders if renders > 50 else ""}
                    for renders in (50, 100, 200)
                ]
    _write_table(folder / "agents_runs.csv", runs)
    _write_table(folder / "agents_learning.csv", learning)
    groups = {
        "one_step": _group(runs, ["kick"]),
        "bass_line": _group(runs, ["bass_line"]),
        "all": _group(runs, [*TASKS]),
    }
    (folder / "agents_statistics.json").write_text(json.dumps({"seed": 0, "groups": groups}))
    trained = [
        _run(
            {"study": "rewards", "task": task, "agent": "sac", "reward": reward, "seed": seed},
            {name: 0.2 + 0.1 * seed + 0.3 * (name != reward) for name in ("mss", "log_mel", "waveform")},
        )
        for task in ("kick", "snare")
        for reward in ("waveform", "mss", "log_mel")
        for seed in range(3)
    ]
    _write_table(folder / "rewards_runs.csv", trained)


def _run(facts: dict[str, Any], distances: dict[str, float]) -> dict[str, Any]:
    return {
        **facts,
        "state": "done",
        "failure": "",
        **{f"policy.{name}": value for name, value in distances.items()},
        **{f"silence.{name}": 2.0 for name in distances},
        **{f"version.{name}": version for name, version in VERSIONS.items()},
    }


def _group(runs: list[dict[str, Any]], tasks: list[str]) -> dict[str, Any]:
    distances = {
        agent: np.array([[r["policy.mss"] for r in runs if (r["agent"], r["task"]) == (agent, t)] for t in tasks]).T
        for agent in AGENTS
    }
    baseline = statistics.baseline(distances["random"])
    best = np.min([found.min(axis=0) for found in distances.values()], axis=0)
    thresholds = np.linspace(0, 1, 11)
    agents = {}
    for agent, found in distances.items():
        scores = statistics.task_scores(found, baseline=baseline, best=best)
        profile = statistics.profile_with_interval(scores, thresholds, seed=0, resamples=50)
        agents[agent] = {
            "runs": len(scores),
            "policy": {
                "iqm": _interval(scores),
                "profile": {name: getattr(profile, name).tolist() for name in ("value", "low", "high")},
                "tasks": {task: _interval(scores[:, [place]]) for place, task in enumerate(tasks)},
            },
        }
    return {
        "tasks": [{"task": task, "reward": TASKS[task]} for task in tasks],
        "profile_thresholds": thresholds.tolist(),
        "agents": agents,
    }


def _interval(scores: np.ndarray) -> list[float]:
    found = statistics.with_interval(statistics.interquartile_mean, scores, seed=0, resamples=50)
    return [found.value, found.low, found.high]


def _write_table(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def _speed() -> dict[str, Any]:
    names = {"kick": ["RaveForce, engine native", "DawDreamer (Faust), block 512"], "bass": ["RaveForce, engine wasm"]}
    rows = [
        {"name": name, "workload": workload, "rows": 1, "microseconds": 20.0 * 10**place}
        for workload, contenders in names.items()
        for place, name in enumerate(contenders)
    ]
    growth = [
        {"size": size, "sizes": [1, 2, 4], "microseconds": [11.0, 21.0, 41.0], "r2": 1.0}
        for size in ("seconds", "rows", "nodes")
    ]
    return {"command": "measure speed", "machine": {"cores": "2"}, "render": rows, "growth": growth}


def _match() -> dict[str, Any]:
    return {
        "command": "measure match",
        "targets": 7,
        "policy, one render": 0.2,
        "search, by renders": {"random": {"1": 1.0, "10": 0.5}, "cma": {"1": 0.9, "10": 0.3}},
        "part of targets where the policy is nearer": {"cma 10": 0.75},
        "training": {"renders": 5000, "seconds": 120.0, "agent": "gcsl"},
        "versions": VERSIONS,
    }


def _drums() -> dict[str, Any]:
    rows = [
        {"kind": kind, "agent": agent, "renders": renders, "mss": [value, 0.9 * value, 1.1 * value]}
        for kind in ("kick", "snare", "hihat")
        for agent, renders, value in (
            ("silence", 0, 1.5),
            ("random", 1, 2.0),
            ("random", 10, 1.0),
            ("cma", 1, 0.9),
            ("cma", 10, 0.6),
            ("policy", 1, 0.7),
        )
    ]
    # A bootstrap over few kits may leave the median itself outside of its interval.
    rows[-1]["mss"] = [0.7, 0.8, 0.9]
    return {
        "command": "measure drums",
        "distance": "mss",
        "minimised": "mss",
        "sounds": {"kick": 3},
        "medians [low, high]": rows,
        "versions": VERSIONS,
    }


def _kick() -> dict[str, Any]:
    return {"command": "measure kick", "versions": VERSIONS}
