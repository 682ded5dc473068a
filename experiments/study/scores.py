"""Statistics of a table of runs: scores, aggregates with intervals, profiles, who beats whom.

A run's score on a task is 0 at the median of random search with the same number of renders and 1 at the best that any
run of the table met. Aggregates and their intervals are those of ``experiments.statistics``, over groups of tasks: each
sweep's, and all tasks together for the agents that played all of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.statistics import (
    Array,
    Estimate,
    baseline,
    interquartile_mean,
    optimality_gap,
    probability_of_improvement,
    profile_with_interval,
    task_scores,
    with_interval,
)

__all__ = ["Scores", "score_runs", "statistics_of"]

RANDOM = "random"
MEASURES = ("policy", "best")
THRESHOLDS = np.round(np.linspace(-0.5, 1.0, 61), 3)
"""Scores at which profiles are taken."""

Row = Mapping[str, Any]
Task = tuple[str, str]
"""A task and the reward that was trained on."""


@dataclass(frozen=True)
class Scores:
    """Scores of a table's runs.

    Attributes
    ----------
    rows : a row a run, with ``policy_score`` and ``best_score``
    tasks : by task and reward, the distances that score 0 and 1
    left_out : what has no scores, and why
    """

    rows: Sequence[Row]
    tasks: Mapping[Task, tuple[float, float]]
    left_out: Sequence[str]


def score_runs(rows: Sequence[Row]) -> Scores:
    """Turn distances into scores.

    Parameters
    ----------
    rows : of a table of runs; only those that are done count
    """
    runs = [row for row in rows if row["state"] == "done" and None not in (row["policy"], row["best"])]
    left_out = [f"{row['folder']}: {row['failure'] or row['state']}" for row in rows if row not in runs]
    tasks: dict[Task, tuple[float, float]] = {}
    for task in dict.fromkeys(_task(row) for row in runs):
        here = [row for row in runs if _task(row) == task]
        searches = [row for row in here if row["agent"] == RANDOM]
        name = f"{task[0]} with reward {task[1]}"
        if not searches:
            left_out.append(f"{name}: no random search to compare with")
            continue
        lengths = {row["renders"] for row in searches} | {row["total_timesteps"] for row in here}
        if max(lengths) > 1.1 * min(lengths):
            left_out.append(f"{name}: runs of {min(lengths)} to {max(lengths)} renders cannot be compared")
            continue
        zero = float(baseline([[row["best"]] for row in searches])[0])
        one = min(min(row["best"], row["policy"]) for row in here)
        if one >= zero:
            left_out.append(f"{name}: nothing beats random search")
            continue
        tasks[task] = (zero, one)
    scored = []
    for row in runs:
        if _task(row) not in tasks:
            continue
        zero, one = tasks[_task(row)]
        numbers = {f"{of}_score": float(task_scores([[row[of]]], baseline=[zero], best=[one])[0, 0]) for of in MEASURES}
        keys = ("sweep", "task", "agent", "reward", "seed")
        scored.append({**{key: row[key] for key in keys}, **numbers, "baseline": zero, "best_known": one})
    return Scores(scored, tasks, left_out)


def statistics_of(scores: Scores, *, seed: int = 0, confidence: float = 0.95, resamples: int = 2000) -> dict[str, Any]:
    """Aggregate scores, by groups of tasks and by agents.

    Parameters
    ----------
    scores : what ``score_runs`` gives
    seed : of the bootstrap; the same gives the same intervals
    confidence, resamples : of the intervals

    Returns
    -------
    plain data, as ``statistics.json`` holds it
    """
    options = {"seed": seed, "confidence": confidence, "resamples": resamples}
    sweeps = dict.fromkeys(row["sweep"] for row in scores.rows)
    parts = {name: [row for row in scores.rows if row["sweep"] == name] for name in sweeps}
    if len(sweeps) > 1:
        parts["all"] = list(scores.rows)
    left_out, groups = list(scores.left_out), {}
    for name, rows in parts.items():
        groups[name] = _group(name, rows, scores, options, left_out)
    return {**options, "groups": groups, "left_out": left_out}


def _group(
    name: str, rows: Sequence[Row], scores: Scores, options: Mapping[str, Any], left_out: list[str]
) -> dict[str, Any]:
    tasks = list(dict.fromkeys(_task(row) for row in rows))
    tables: dict[str, dict[str, Array]] = {}
    for agent in dict.fromkeys(row["agent"] for row in rows):
        table, why = _table([row for row in rows if row["agent"] == agent], tasks)
        if table is not None:
            tables[agent] = table
        if why:
            left_out.append(f"{name}, {agent}: {why}")
    return {
        "tasks": [
            {"task": task, "reward": reward, "baseline": scores.tasks[task, reward][0], "best_known": one}
            for task, reward in tasks
            for one in [scores.tasks[task, reward][1]]
        ],
        "agents": {
            agent: {"runs": len(table["policy"]), **{of: _aggregates(table[of], tasks, options) for of in MEASURES}}
            for agent, table in tables.items()
        },
        "profile_thresholds": THRESHOLDS.tolist(),
        "improvement": [
            {"agent": one, "over": other, "of": of, "probability": _numbers(found)}
            for of in MEASURES
            for one, other in itertools.combinations(tables, 2)
            for found in [probability_of_improvement(tables[one][of], tables[other][of], **options)]
        ],
    }


def _table(rows: Sequence[Row], tasks: Sequence[Task]) -> tuple[dict[str, Array] | None, str]:
    """An agent's scores [runs, tasks] by measure, and what was left out; None where it cannot be aggregated."""
    by_task = {task: {row["seed"]: row for row in rows if _task(row) == task} for task in tasks}
    absent = [f"{task} ({reward})" for (task, reward), runs in by_task.items() if not runs]
    if absent:
        return None, f"no runs on {', '.join(absent)}"
    seeds = sorted(set.intersection(*(set(runs) for runs in by_task.values())))
    dropped = sorted(set.union(*(set(runs) for runs in by_task.values())) - set(seeds))
    why = f"without seed {', '.join(map(str, dropped))}, which is not there on every task" if dropped else ""
    if len(seeds) < 2:
        return None, f"fewer than two seeds on every task; {why}".rstrip("; ")
    return {
        of: np.array([[by_task[task][seed][f"{of}_score"] for task in tasks] for seed in seeds]) for of in MEASURES
    }, why


def _aggregates(scores: Array, tasks: Sequence[Task], options: Mapping[str, Any]) -> dict[str, Any]:
    profile = profile_with_interval(scores, THRESHOLDS, **options)
    each = {_name(task, tasks): scores[:, [index]] for index, task in enumerate(tasks)}
    return {
        "iqm": _numbers(with_interval(interquartile_mean, scores, **options)),
        "optimality_gap": _numbers(with_interval(optimality_gap, scores, **options)),
        "profile": {part: np.round(getattr(profile, part), 4).tolist() for part in ("value", "low", "high")},
        "tasks": {
            name: _numbers(with_interval(interquartile_mean, column, **options)) for name, column in each.items()
        },
    }


def _name(task: Task, tasks: Sequence[Task]) -> str:
    """A task's name; with its reward where a task stands there with several."""
    return task[0] if [one for one, _ in tasks].count(task[0]) == 1 else f"{task[0]}, {task[1]}"


def _numbers(estimate: Estimate) -> list[float]:
    return [float(estimate.value), float(estimate.low), float(estimate.high)]


def _task(row: Row) -> Task:
    return row["task"], row["reward"]
