"""How near agents come, by renders: the best so far, and what is played without exploration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from experiments.figures.picture import FIGURES, Picture
from experiments.figures.source import MissingTable, Source, listed_seeds, read_rows, stored_name
from experiments.figures.style import Look, log_ticks, looks, new_figure
from experiments.records.learning import learning_rows
from experiments.statistics import interquartile_mean, with_interval

__all__ = ["draw", "middle"]

STUDY = "agents"
PARTS = {"best": "best so far", "policy": "without exploration"}

Floats = NDArray[np.float64]
Rows = Sequence[Mapping[str, Any]]


@FIGURES.register("learning")
def draw(source: Source) -> list[Picture]:
    """Draw the learning curves of a study, a row a task."""
    runs = source.study_runs(STUDY)
    rows = _curves(source, runs)
    tasks = list(dict.fromkeys((row["task"], row["reward"]) for row in rows))
    shown = looks(str(row["agent"]) for row in rows)
    figure = new_figure(height=1.2 * len(tasks) + 0.3 + 0.17 * -(-len(shown) // 4))
    axes = figure.subplots(len(tasks), len(PARTS), sharex="row", sharey="row", squeeze=False)
    for line, (task, reward) in zip(axes, tasks, strict=True):
        own = [row for row in rows if (row["task"], row["reward"]) == (task, reward)]
        for axis, part in zip(line, PARTS, strict=True):
            _panel(axis, own, part, shown)
        line[0].set_ylabel(f"{task}\ndistance ({reward})")
    for axis, title in zip(axes[0], PARTS.values(), strict=True):
        axis.set_title(title)
    for axis in axes[-1]:
        axis.set_xlabel("renders")
    handles = {text: h for axis in axes.flat for h, text in zip(*axis.get_legend_handles_labels(), strict=True)}
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=4)
    return [
        Picture(
            "learning",
            figure,
            shows="""
                Distance to the target against renders, a row of panels a task: on the left the best sound met so
                far, on the right what is played when nothing is explored. Interquartile means over seeds; shaded:
                95 % bootstrap intervals. Searches (random, cma) play the best that they met.
                """,
            seeds=listed_seeds(rows),
            measured=source.about_study(STUDY, runs),
            tables={Path(stored_name(STUDY, "learning.csv")).stem: rows},
            sources=source.stored(STUDY, "runs.csv"),
        )
    ]


def middle(values: Floats, seed: int = 0) -> tuple[float, float, float]:
    """Interquartile mean of some runs [runs], and its interval; without one where there is a single run."""
    if len(values) < 2:
        return float(values[0]), np.nan, np.nan
    found = with_interval(interquartile_mean, values[:, None], seed=seed, resamples=1000)
    return found.value, found.low, found.high


def _curves(source: Source, runs: Rows) -> list[dict[str, Any]]:
    """The rows of ``learning.csv``: as they are stored, or from the folders of the runs."""
    try:
        path = source.study_path(STUDY, "learning.csv")
    except MissingTable:
        if source.study is None:
            raise
    else:
        return read_rows(path, f"python -m experiments.study study={STUDY}")
    assert source.study is not None
    home = source.study.parent if source.study.is_file() else source.study
    rows = [row for run in runs for row in learning_rows(home / str(run["folder"]), run)]
    if not rows:
        raise MissingTable(f"the runs of {home} are not there any more, and neither is {home / 'learning.csv'}")
    return rows


def _panel(axis: Axes, rows: Rows, part: str, shown: Mapping[str, Look]) -> None:
    for agent, look in shown.items():
        points = _points([row for row in rows if row["agent"] == agent], part)
        if len(points):
            renders, value, low, high = points.T
            marker = look.marker if len(points) < 12 else None
            axis.plot(renders, value, color=look.colour, linestyle=look.line, marker=marker, label=agent)
            axis.fill_between(renders, low, high, color=look.colour, alpha=0.18, linewidth=0)
    axis.set(xscale="log", yscale="log")
    log_ticks(axis.xaxis, powers=True)
    log_ticks(axis.yaxis)


def _points(rows: Rows, part: str) -> Floats:
    """Renders, interquartile mean and interval [n, 4], where all of an agent's runs have a value."""
    by_seed: dict[Any, dict[float, float]] = {}
    for row in rows:
        if row[part] is not None:
            by_seed.setdefault(row["seed"], {})[row["renders"]] = row[part]
    if not by_seed:
        return np.zeros((0, 4))
    common = sorted(set.intersection(*(set(curve) for curve in by_seed.values())))
    return np.array([(at, *middle(np.array([curve[at] for curve in by_seed.values()]))) for at in common]).reshape(
        -1, 4
    )
