"""Agents by tasks: scores, with their intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize

from experiments.figures.picture import FIGURES, Picture
from experiments.figures.source import MissingTable, Source, listed_seeds, read_json
from experiments.figures.style import OKABE_ITO, SEQUENTIAL, SMALL, looks, new_figure

__all__ = ["STUDY", "draw", "groups_of", "on_all_tasks", "read_statistics"]

STUDY = "agents"
ALL = "all"
"""The group of the agents that played every task."""

Group = Mapping[str, Any]


@FIGURES.register("table")
def draw(source: Source) -> list[Picture]:
    """Draw scores of agents on tasks, and their mean over all tasks with its interval."""
    found = read_statistics(source)
    groups = groups_of(found)
    cells = {
        (agent, task): interval
        for group in groups.values()
        for agent, record in group["agents"].items()
        for task, interval in record["policy"]["tasks"].items()
    }
    tasks = list(dict.fromkeys(task for _, task in cells))
    whole = on_all_tasks(found)
    order = {agent: record["policy"]["iqm"][0] for agent, record in whole["agents"].items()}
    agents = sorted(dict.fromkeys(agent for agent, _ in cells), key=lambda agent: (-order.get(agent, -np.inf), agent))

    figure = new_figure(height=0.23 * len(agents) + 1.3)
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=[len(tasks), 2.2])
    _cells(left, agents, tasks, cells)
    _means(right, agents, whole)
    runs = source.study_runs(STUDY)
    return [
        Picture(
            "table",
            figure,
            shows=f"""
                Scores of what agents play without exploration: 0 is random search's median after as many renders, 1
                the best that any run met. On the left interquartile means over seeds, task by task; on the right
                those over {_listed_tasks(whole)} with 95 % stratified bootstrap intervals. table.csv has the
                intervals of every cell.
                """,
            seeds=f"{listed_seeds(runs)}; bootstrap: {found['seed']}",
            measured=source.about_study(STUDY, runs),
            tables={"table": [_row(agent, cells, tasks, whole) for agent in agents]},
            sources=source.stored(STUDY, "runs.csv", "statistics.json"),
        )
    ]


def read_statistics(source: Source) -> dict[str, Any]:
    """Read what a study says of its agents' scores.

    Raises
    ------
    MissingTable
        There is none, or it has no scores.
    """
    path = source.study_path(STUDY, "statistics.json")
    found = read_json(path, f"python -m experiments.study study={STUDY}")
    if not groups_of(found):
        raise MissingTable(
            f"there are no scores in {path}, as random search is not in that study; "
            f"one with scores is made by: python -m experiments.study study={STUDY}"
        )
    return found


def groups_of(found: Mapping[str, Any]) -> dict[str, Group]:
    """The groups of tasks that the same agents played, without that of all tasks."""
    groups = found.get("groups", {})
    return {name: group for name, group in groups.items() if name != ALL and group["agents"]}


def on_all_tasks(found: Mapping[str, Any]) -> Group:
    """The group of all tasks; where no two agents played them all, that of most tasks."""
    groups = found["groups"]
    if len(groups.get(ALL, {}).get("agents", ())) > 1:
        whole: Group = groups[ALL]
        return whole
    return max(groups_of(found).values(), key=lambda group: len(group["tasks"]))


def _cells(axis: Axes, agents: list[str], tasks: list[str], cells: Mapping[tuple[str, str], Any]) -> None:
    values = np.array(
        [[cells[agent, task][0] if (agent, task) in cells else np.nan for task in tasks] for agent in agents]
    )
    axis.imshow(values, cmap=SEQUENTIAL, norm=Normalize(0, 1), aspect="auto")
    for row, line in enumerate(values):
        for column, value in enumerate(line):
            if np.isfinite(value):
                text = f"{value:.2f}".replace("-", "−")
                axis.text(
                    column,
                    row,
                    text,
                    ha="center",
                    va="center",
                    fontsize=SMALL,
                    color="black" if value > 0.5 else "white",
                )
    axis.set_xticks(range(len(tasks)), tasks, rotation=45, ha="left", rotation_mode="anchor")
    axis.set_yticks(range(len(agents)), agents)
    axis.tick_params(top=True, labeltop=True, bottom=False, labelbottom=False, length=0)
    axis.spines[:].set_visible(False)
    axis.set_xlabel("score, by task")


def _means(axis: Axes, agents: list[str], whole: Group) -> None:
    shown = looks(agents)
    for row, agent in enumerate(agents):
        if agent in whole["agents"]:
            value, low, high = whole["agents"][agent]["policy"]["iqm"]
            axis.errorbar(
                [value],
                [row],
                xerr=[[max(value - low, 0)], [max(high - value, 0)]],
                color=shown[agent].colour,
                marker="o",
                elinewidth=1.2,
            )
    axis.axvline(0, color=OKABE_ITO["black"], linewidth=0.6, linestyle=":")
    axis.set_xlabel(f"mean score,\n{len(whole['tasks'])} tasks")
    axis.tick_params(left=False)


def _row(agent: str, cells: Mapping[tuple[str, str], Any], tasks: list[str], whole: Group) -> dict[str, Any]:
    """One agent's scores, each as ``value [low, high]``."""
    mean = whole["agents"].get(agent, {}).get("policy", {}).get("iqm")
    shown = {task: cells.get((agent, task)) for task in tasks} | {"iqm": mean}
    return {"agent": agent} | {
        name: "" if one is None else "{:.3f} [{:.3f}, {:.3f}]".format(*one) for name, one in shown.items()
    }


def _listed_tasks(whole: Group) -> str:
    names = [task["task"] for task in whole["tasks"]]
    return ", ".join(names[:-1]) + f" and {names[-1]}" if len(names) > 1 else names[0]
