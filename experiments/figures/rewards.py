"""What training on each reward does to every other distance: a matrix a task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from experiments.figures.picture import FIGURES, Picture
from experiments.figures.source import MissingTable, Source, listed_seeds
from experiments.figures.style import OKABE_ITO, SMALL, new_figure
from raveforce.distances import DISTANCES

__all__ = ["draw", "matrix"]

STUDY = "rewards"
WORST = 4.0
"""Colours end where a distance is so many times the least of its column."""

Floats = NDArray[np.float64]


@FIGURES.register("rewards")
def draw(source: Source) -> list[Picture]:
    """Draw a matrix for each task and agent of a study of rewards."""
    runs = source.study_runs(STUDY)
    cells: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for run in runs:
        cells.setdefault((str(run["task"]), str(run["agent"])), []).append(run)
    several = {group: rows for group, rows in cells.items() if len({row["reward"] for row in rows}) > 1}
    if not several:
        raise MissingTable(
            f"no agent was trained on two rewards in {source.study_path(STUDY, 'runs.csv')}; "
            f"a study that does so is made by: python -m experiments.study study={STUDY}"
        )
    alone = len({agent for _, agent in several}) == 1
    return [
        _draw(f"rewards_{task}" if alone else f"rewards_{task}_{agent}", task, agent, rows, source)
        for (task, agent), rows in several.items()
    ]


def matrix(runs: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[str], Floats]:
    """Medians over runs of the policy's distances, divided by those of silence.

    Parameters
    ----------
    runs : with their ``reward``, and ``policy.NAME`` and ``silence.NAME`` of every distance

    Returns
    -------
    trained : the rewards
    measured : the distances
    shares : float [trained, measured]
    """
    trained = sorted({str(run["reward"]) for run in runs}, key=_place)
    measured = [name for name in DISTANCES if all(run.get(f"policy.{name}") is not None for run in runs)]
    shares = np.array(
        [
            [
                np.median([run[f"policy.{name}"] / run[f"silence.{name}"] for run in runs if run["reward"] == reward])
                for name in measured
            ]
            for reward in trained
        ]
    )
    return trained, measured, shares


def _draw(name: str, task: str, agent: str, runs: Sequence[Mapping[str, Any]], source: Source) -> Picture:
    trained, measured, shares = matrix(runs)
    figure = new_figure(height=0.24 * len(trained) + 1.55)
    axis = figure.subplots()
    _cells(axis, trained, measured, shares)
    axis.set_title(f"{task}, {agent}")
    seeds = len({run["seed"] for run in runs})
    over = f"Medians over {seeds} seeds" if seeds > 1 else "One seed"
    rows = [
        {"trained_on": reward} | dict(zip(measured, np.round(line, 4).tolist(), strict=True))
        for reward, line in zip(trained, shares, strict=True)
    ]
    return Picture(
        name,
        figure,
        shows=f"""
            What {agent} plays in the end on the task {task}, trained on each reward (rows), under every distance
            (columns), as a share of silence's distance: 0 is the target, 1 as far as silence. {over}.
            Colours compare within a column: how many times the least distance that training on any reward
            came to. Framed: the distance that was trained on.
            """,
        seeds=listed_seeds(runs),
        measured=source.about_study(STUDY, runs),
        tables={name: rows},
        sources=source.stored(STUDY, "runs.csv"),
    )


def _cells(axis: Axes, trained: Sequence[str], measured: Sequence[str], shares: Floats) -> None:
    ratio = np.clip(shares / np.maximum(shares.min(axis=0), 1e-9), 1, WORST)
    image = axis.imshow(ratio, cmap="cividis_r", norm=LogNorm(1, WORST), aspect="auto")
    for (row, column), value in np.ndenumerate(shares):
        dark = ratio[row, column] > np.sqrt(WORST)
        text = f"{value:.2f}" if value < 9.995 else f"{value:.0f}"
        axis.text(column, row, text, ha="center", va="center", fontsize=SMALL, color="white" if dark else "black")
        if trained[row] == measured[column]:
            frame = Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor=OKABE_ITO["vermilion"], lw=1.2)
            axis.add_patch(frame)
    axis.set_xticks(range(len(measured)), measured, rotation=45, ha="right", rotation_mode="anchor")
    axis.set_yticks(range(len(trained)), trained)
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    axis.set(xlabel="measured with (share of silence)", ylabel="trained on (reward)")
    bar = axis.figure.colorbar(image, ax=axis, aspect=25, ticks=[1, 2, 4], label="times the least of the column")
    bar.ax.set_yticklabels(["1", "2", "≥ 4"])
    bar.ax.minorticks_off()


def _place(reward: str) -> tuple[int, str]:
    """Rewards in the order of the distances, those of several or others last."""
    names = list(DISTANCES)
    return (names.index(reward) if reward in names else len(names), reward)
