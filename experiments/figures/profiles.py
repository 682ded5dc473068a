"""Performance profiles: which share of an agent's runs scores above any level."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from experiments.figures.picture import FIGURES, Picture
from experiments.figures.source import Source, listed_seeds
from experiments.figures.style import Look, looks, new_figure
from experiments.figures.table import STUDY, groups_of, read_statistics

__all__ = ["draw"]


@FIGURES.register("profiles")
def draw(source: Source) -> list[Picture]:
    """Draw the profiles of every group of tasks that the same agents played."""
    found = read_statistics(source)
    groups = groups_of(found)
    shown = looks(agent for group in groups.values() for agent in group["agents"])
    figure = new_figure(height=1.55 * len(groups) + 0.25 + 0.17 * -(-len(shown) // 4))
    axes = figure.subplots(len(groups), 1, sharex=True, squeeze=False)[:, 0]
    for axis, group in zip(axes, groups.values(), strict=True):
        _panel(axis, group, shown)
    axes[-1].set_xlabel("score τ")
    figure.supylabel("share of runs with a score > τ", fontsize="medium")
    handles = {text: h for axis in axes for h, text in zip(*axis.get_legend_handles_labels(), strict=True)}
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=4)
    runs = source.study_runs(STUDY)
    return [
        Picture(
            "profiles",
            figure,
            shows="""
                Performance profiles (Agarwal et al. 2021) of what agents play without exploration: the share of
                runs that score above τ, tasks counting alike, for each group of tasks that the same agents played.
                A score of 0 is random search's median after as many renders, 1 the best that any run met. Shaded:
                pointwise 95 % stratified bootstrap intervals.
                """,
            seeds=f"{listed_seeds(runs)}; bootstrap: {found['seed']}",
            measured=source.about_study(STUDY, runs),
            sources=source.stored(STUDY, "runs.csv", "statistics.json"),
        )
    ]


def _panel(axis: Axes, group: Mapping[str, Any], shown: Mapping[str, Look]) -> None:
    thresholds = np.asarray(group["profile_thresholds"], dtype=float)
    for agent, record in group["agents"].items():
        profile, look = record["policy"]["profile"], shown[agent]
        axis.plot(thresholds, profile["value"], color=look.colour, linestyle=look.line, label=agent)
        axis.fill_between(thresholds, profile["low"], profile["high"], color=look.colour, alpha=0.18, linewidth=0)
    axis.set(ylim=(0, 1.02), xlim=(thresholds[0], thresholds[-1]), yticks=[0, 0.5, 1])
    axis.set_title(", ".join(task["task"] for task in group["tasks"]))
