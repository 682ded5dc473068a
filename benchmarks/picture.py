"""The benchmark's figures as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

if TYPE_CHECKING:
    from benchmarks.growth import Line
    from benchmarks.workloads import Measured

__all__ = ["draw"]


def draw(measured: Sequence[Measured], lines: Sequence[Line], path: Path) -> None:
    """Draw bars for the contenders and lines for the growth."""
    figure = Figure(figsize=(11, 8), dpi=100, layout="constrained")
    bars, below = figure.subfigures(2, 1, squeeze=False, height_ratios=[3, 2])[:, 0]
    workloads = list(dict.fromkeys(one.workload for one in measured))
    for axis, workload in zip(bars.subplots(1, len(workloads), squeeze=False)[0], workloads, strict=True):
        rows = [one for one in measured if one.workload == workload][::-1]
        colours = ["C0" if "RaveForce, engine" in one.name else "0.7" for one in rows]
        drawn = axis.barh([one.name for one in rows], [one.microseconds for one in rows], color=colours)
        axis.bar_label(drawn, [f" {one.microseconds:,.0f}" for one in rows], fontsize=8)
        axis.set(xscale="log", title=workload, xlabel="µs a sound, new parameters every time")
        axis.set_xlim(right=6 * max(one.microseconds for one in rows))
        axis.tick_params(axis="y", labelsize=8)
    for axis, line in zip(below.subplots(1, len(lines), squeeze=False)[0], lines, strict=True):
        slope, intercept, r2 = line.fit
        axis.plot(line.sizes, line.microseconds, "o", color="C0")
        axis.plot(line.sizes, [slope * size + intercept for size in line.sizes], color="C0", linewidth=1)
        axis.set(xlabel=line.size, ylabel="µs", title=f"native: {slope:.3g} µs a {line.size.rstrip('s')}, r² {r2:.3f}")
        axis.set_ylim(bottom=0)
    figure.savefig(path)
