"""How fast sounds are made, beside what else could make them, and how times grow."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from experiments.figures.picture import FIGURES, Picture
from experiments.figures.source import Source
from experiments.figures.style import OKABE_ITO, SMALL, new_figure

__all__ = ["draw"]

SECONDS = {"kick": 0.3, "bass": 2.0}


@FIGURES.register("speed")
def draw(source: Source) -> list[Picture]:
    """Draw bars for the contenders and lines for the growth."""
    record = source.json("speed", "python -m benchmarks.render rounds=200 write=true")
    workloads: dict[str, list[Mapping[str, Any]]] = {}
    for row in record["render"]:
        workloads.setdefault(row["workload"], []).append(row)
    counts = [len(rows) for rows in workloads.values()]
    above = 0.26 * sum(counts) + 0.5 * len(counts)
    figure = new_figure(height=above + 1.35)
    bars, below = figure.subfigures(2, 1, squeeze=False, height_ratios=[above, 1.35])[:, 0]
    axes = bars.subplots(len(workloads), 1, sharex=True, squeeze=False, height_ratios=counts)[:, 0]
    for axis, (workload, rows) in zip(axes, workloads.items(), strict=True):
        _bars(axis, workload, rows)
    axes[-1].set_xlabel("time for a sound in µs")
    lines = below.subplots(1, len(record["growth"]), squeeze=False)[0]
    for axis, grown in zip(lines, record["growth"], strict=True):
        _growth(axis, grown)
    lines[0].set_ylabel("native: time in µs")
    return [
        Picture(
            "speed",
            figure,
            shows="""
                Median time from new parameters to a sound, on one machine, the contenders taking turns (blue:
                RaveForce); compare ratios, not microseconds. Where a contender plays many rows at a time, the time is
                that of one. Below: how the native engine's time grows with the length of a sound, with the rows of a
                batch and with the nodes of a program, on one thread; lines are least squares.
                """,
            seeds="parameters of round k are drawn with seed k",
            measured=record,
        )
    ]


def _bars(axis: Axes, workload: str, rows: Sequence[Mapping[str, Any]]) -> None:
    rows = sorted(rows, key=lambda row: -row["microseconds"])
    ours = ["RaveForce, engine" in row["name"] for row in rows]
    drawn = axis.barh(
        range(len(rows)),
        [row["microseconds"] for row in rows],
        color=[OKABE_ITO["blue"] if own else "#bdbdbd" for own in ours],
        height=0.7,
    )
    axis.bar_label(drawn, [f"{row['microseconds']:,.0f}" for row in rows], fontsize=SMALL, padding=2)
    axis.set_yticks(range(len(rows)), [_wrapped(row["name"]) for row in rows])
    axis.set(xscale="log", title=f"{workload}, {SECONDS[workload]:g} s" if workload in SECONDS else workload)
    axis.margins(x=0.2, y=0.02)
    axis.minorticks_off()
    # Written out: the exponents of powers of ten would be too small to read.
    axis.xaxis.set_major_formatter(_plain)


def _plain(number: float, place: float = 0) -> str:
    """A number without trailing zeros, in thousands from there on.

    >>> _plain(100.0), _plain(10000.0)
    ('100', '10k')
    """
    return f"{number / 1000:g}k" if number >= 1000 else f"{number:g}"


def _growth(axis: Axes, grown: Mapping[str, Any]) -> None:
    sizes, times = np.array(grown["sizes"], dtype=float), np.array(grown["microseconds"], dtype=float)
    slope, intercept = np.polyfit(sizes, times, 1)
    axis.plot(sizes, slope * sizes + intercept, color=OKABE_ITO["blue"])
    axis.plot(sizes, times, "o", color=OKABE_ITO["black"], markersize=2.5)
    axis.set_title(f"{slope:.3g} µs a {grown['size'].rstrip('s')}\nr² {grown['r2']:.3f}", fontsize=SMALL)
    axis.set_xlabel(grown["size"])
    axis.set(xlim=(0, None), ylim=(0, None))


def _wrapped(name: str, width: int = 26) -> str:
    """A name in lines of some width, broken at commas where that does.

    >>> _wrapped("DawDreamer (Faust), block 512").splitlines()
    ['DawDreamer (Faust),', 'block 512']
    """
    lines: list[str] = []
    for part in name.replace(", ", ",|").split("|"):
        if lines and len(lines[-1]) + 1 + len(part) <= width:
            lines[-1] += f" {part}"
        else:
            lines += textwrap.wrap(part, width, break_on_hyphens=False)
    return "\n".join(lines)
