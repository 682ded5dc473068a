"""Learning curves of many runs as one small table: how near they came, by renders.

A run's ``metrics.csv`` has a row every 50 renders and whatever its agent logs; for figures a few dozen rows are enough:
the best distance so far, and that of the policy where it was evaluated.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from experiments.records.log_writers import STEP, read_metrics
from experiments.records.run_folder import RunFolder

__all__ = ["COLUMNS", "POINTS", "learning_rows", "thinned", "write_learning"]

COLUMNS = ("task", "agent", "reward", "seed", "renders", "best", "policy")
POINTS = 24
"""Rows a run, and those of its evaluations."""


def learning_rows(folder: Path, facts: Mapping[str, Any], points: int = POINTS) -> list[dict[str, Any]]:
    """A run's learning curve.

    Parameters
    ----------
    folder : the run's
    facts : its ``task``, ``agent``, ``reward`` and ``seed``, as they are to stand in the table
    points : rows, and those of its evaluations

    Returns
    -------
    a dictionary of ``COLUMNS`` a row, by renders: ``best`` is the best distance so far, ``policy`` that of the policy
    without exploration, where it was played; both of the reward's own distance, None where there is none. Empty for a
    run without metrics.
    """
    run = RunFolder(folder)
    try:
        metrics = read_metrics(run.metrics)
    except OSError:
        return []
    named = {name: facts.get(name) for name in COLUMNS[:4]}
    found: dict[int, dict[str, Any]] = {}
    for row in metrics:
        # A run that broke off may leave half a line.
        if (row.get(STEP) or "").isdecimal():
            renders = int(row[STEP])
            best, policy = _number(row.get("best/distance")), _number(row.get("evaluation/distance"))
            if best is not None or policy is not None:
                found[renders] = {**named, STEP: renders, "best": best, "policy": policy}
    summary = run.read_summary() or {}
    name = (summary.get("reward") or {}).get("distance")
    last = {part: ((summary.get(part) or {}).get("distances") or {}).get(name) for part in ("best", "policy")}
    if last["policy"] is not None:
        end = int(summary["renders"])
        rounded = {part: _number(value) for part, value in last.items()}
        found[end] = {**named, STEP: end, **rounded}
    kept = set(thinned(sorted(found), points))
    return [row for renders, row in sorted(found.items()) if renders in kept or row["policy"] is not None]


def write_learning(
    runs: Iterable[tuple[Mapping[str, Any], Path]],
    path: Path,
    points: int = POINTS,
    joined: Iterable[Mapping[str, Any]] = (),
) -> int:
    """Write the learning curves of many runs as one table.

    Parameters
    ----------
    runs : of each, its facts and its folder, see ``learning_rows``
    path : the table, such as ``learning.csv``
    points : rows a run, and those of its evaluations
    joined : rows of runs that lie elsewhere, as they are

    Returns
    -------
    the number of rows
    """
    rows = [row for facts, folder in runs for row in learning_rows(folder, facts, points)]
    rows += [{name: row.get(name) for name in COLUMNS} for row in joined]

    def write(temporary: Path) -> None:
        with temporary.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    RunFolder(path.parent).write(path.name, write)
    return len(rows)


def thinned(renders: list[int], points: int) -> list[int]:
    """Some of many counts of renders, close at first and farther apart later; the first and the last among them.

    >>> thinned(list(range(50, 3001, 50)), 6)
    [50, 100, 250, 600, 1300, 3000]
    """
    if len(renders) <= points:
        return renders
    places = np.geomspace(renders[0], renders[-1], points)
    nearest = np.abs(np.asarray(renders)[:, None] - places).argmin(axis=0)
    return [renders[place] for place in dict.fromkeys(nearest.tolist())]


def _number(value: Any) -> float | None:
    """A distance of four digits; None where there is none."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return float(f"{number:.4g}") if np.isfinite(number) else None
