"""Recorded drums imitated: distance against renders, a panel a class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from experiments.figures.picture import FIGURES, Picture
from experiments.figures.source import MissingTable, Source
from experiments.figures.style import SMALL, log_ticks, looks, new_figure, panels

__all__ = ["draw"]

AGENTS = ("random", "cma", "de", "ga", "policy", "best_of", "refine", "imitate")
COLUMNS = 2


@FIGURES.register("drums")
def draw(source: Source) -> list[Picture]:
    """Draw every set of drums that has a table."""
    names = sorted(path.stem for path in source.tables.glob("drums_*.json"))
    made_by = "python -m benchmarks.drums FOLDER write=true"
    if not names:
        raise MissingTable(f"there is no {source.tables / 'drums_*.json'}; it is made by: {made_by}")
    return [_draw(name, source.json(name, made_by)) for name in names]


def _draw(name: str, record: Mapping[str, Any]) -> Picture:
    table, distance = record["medians [low, high]"], record["distance"]
    kinds = list(dict.fromkeys(row["kind"] for row in table))
    lines = -(-len(kinds) // COLUMNS)
    figure = new_figure(height=1.55 * lines + 0.75)
    axes = panels(figure, len(kinds), min(COLUMNS, len(kinds)), xlabel="renders")
    for axis, kind in zip(axes, kinds, strict=True):
        _panel(axis, kind, [row for row in table if row["kind"] == kind], distance)
    figure.supylabel(f"distance ({distance})", fontsize=SMALL + 0.5)
    handles = {text: h for axis in axes for h, text in zip(*axis.get_legend_handles_labels(), strict=True)}
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=4)
    counts = ", ".join(f"{count} {kind}" for kind, count in record["sounds"].items())
    return Picture(
        name,
        figure,
        shows=f"""
            Recorded drums ({counts}) imitated with so many renders a sound, {record["minimised"]} being minimised:
            medians over sounds and their 95 % bootstrap intervals over kits. policy is one render of the policy that
            ships, best_of the best of several of its answers, refine CMA-ES begun at them, imitate the command
            raveforce imitate, which chooses its template itself; dotted across: silence.
            """,
        seeds="0",
        measured=record,
    )


def _panel(axis: Axes, kind: str, rows: Sequence[Mapping[str, Any]], distance: str) -> None:
    found = {row["agent"] for row in rows}
    shown = looks(agent for agent in AGENTS if agent in found)
    for place, (agent, look) in enumerate(shown.items()):
        own = sorted((row for row in rows if row["agent"] == agent), key=lambda row: row["renders"])
        # Side by side, so that intervals do not hide each other.
        renders = np.array([row["renders"] for row in own]) * 1.06 ** (place - len(shown) / 2)
        middle, low, high = np.array([row[distance] for row in own], dtype=float).T
        # A bootstrap over few kits may leave the median itself outside.
        error = np.maximum(np.nan_to_num([middle - low, high - middle]), 0)
        axis.errorbar(
            renders,
            middle,
            error,
            color=look.colour,
            marker=look.marker,
            linestyle=look.line,
            elinewidth=0.6,
            label=agent,
        )
    for row in rows:
        if row["agent"] == "silence":
            axis.axhline(row[distance][0], color="black", linestyle=":", linewidth=0.8)
    # Ratios count: half as far is as much at 0.4 as at 4.
    axis.set(xscale="log", yscale="log", title=kind)
    log_ticks(axis.xaxis, powers=True)
    log_ticks(axis.yaxis)
