"""Figures of the benchmark: distance against renders, and what some of the sounds look like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

from benchmarks.drums.sounds import SAMPLE_RATE
from raveforce import spectra

__all__ = ["draw_curves", "draw_sounds"]

# Okabe and Ito's colours, which colour-blind readers tell apart, and a mark each.
STYLES = {
    "random": ("#999999", "o"),
    "cma": ("#0072B2", "s"),
    "de": ("#56B4E9", "^"),
    "ga": ("#009E73", "v"),
    "policy": ("#000000", "*"),
    "best_of": ("#CC79A7", "D"),
    "refine": ("#D55E00", "P"),
    "imitate": ("#E69F00", "X"),
}
DECIBEL_RANGE = (-80, 0)


def draw_curves(table: Sequence[Mapping[str, Any]], distance: str, path: Path) -> None:
    """Medians and their intervals against renders, a panel a class.

    Parameters
    ----------
    table : rows with kind, agent, renders and ``distance``: [median, low, high]
    distance : whose
    path : file to write
    """
    kinds = list(dict.fromkeys(row["kind"] for row in table))
    columns = min(len(kinds), 3)
    lines = -(-len(kinds) // columns)
    size = 2.9 * columns + 0.4, 2.8 * lines + 0.6
    figure, panels = plt.subplots(lines, columns, figsize=size, layout="constrained", squeeze=False, sharex=True)
    for axis in panels.flat[len(kinds) :]:
        axis.set_visible(False)
    for axis, kind in zip(panels.flat, kinds, strict=False):
        for shift, (agent, (colour, mark)) in enumerate(STYLES.items()):
            rows = sorted((r for r in table if r["kind"] == kind and r["agent"] == agent), key=lambda r: r["renders"])
            if not rows:
                continue
            # Side by side, so that intervals do not hide each other.
            renders = np.array([row["renders"] for row in rows]) * 1.05 ** (shift - len(STYLES) / 2)
            middle, low, high = np.array([row[distance] for row in rows], dtype=float).T
            # A bootstrap over few kits may leave the median itself outside.
            error = np.maximum(np.nan_to_num([middle - low, high - middle]), 0)
            axis.errorbar(
                renders, middle, error, color=colour, marker=mark, markersize=5, linewidth=1, capsize=2, label=agent
            )
        # Ratios count: half as far is as much at 0.4 as at 4.
        axis.set(xscale="log", yscale="log", title=kind)
        axis.yaxis.set_major_formatter("{x:g}")
        axis.yaxis.set_minor_formatter("{x:g}")
        axis.tick_params(which="both", labelsize=8)
    for axis in panels[-1]:
        axis.set_xlabel("renders")
    figure.supylabel(f"{distance}, median and 95 % interval over kits")
    handles, labels = panels.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=9)
    figure.savefig(path, dpi=200)
    plt.close(figure)


def draw_sounds(rows: Sequence[tuple[str, Sequence[tuple[str, NDArray[np.float32]]]]], path: Path) -> None:
    """Waveform and spectrogram of some targets and their imitations.

    Parameters
    ----------
    rows : for every sound its title, and what is shown of it: name and float32 [samples]
    path : file to write
    """
    width = max(len(shown) for _, shown in rows)
    figure, axes = plt.subplots(
        2 * len(rows),
        width,
        figsize=(3.2 * width, 2.6 * len(rows)),
        layout="constrained",
        squeeze=False,
        height_ratios=[1, 2] * len(rows),
    )
    for index, (title, shown) in enumerate(rows):
        peak = 1.05 * max(float(np.abs(sound).max()) for _, sound in shown)
        for column, (name, sound) in enumerate(shown):
            seconds = len(sound) / SAMPLE_RATE
            upper, lower = axes[2 * index, column], axes[2 * index + 1, column]
            upper.plot(np.arange(len(sound)) / SAMPLE_RATE, sound, linewidth=0.5, color="k")
            upper.set(xlim=(0, seconds), ylim=(-peak, peak), xticks=[], yticks=[])
            upper.set_title(f"{title}\n{name}" if column == 0 else f"\n{name}", fontsize=8)
            magnitudes = spectra.magnitudes(sound[None], n_fft=1024, hop_length=128)[0]
            lower.imshow(
                20 * np.log10(np.maximum(magnitudes, 10 ** (DECIBEL_RANGE[0] / 20))).T,
                origin="lower",
                aspect="auto",
                extent=(0, seconds, 0, SAMPLE_RATE / 2000),
                vmin=DECIBEL_RANGE[0],
                vmax=DECIBEL_RANGE[1],
                cmap="magma",
            )
            lower.set_yscale("symlog", linthresh=0.5, subs=(2, 5))
            lower.tick_params(labelsize=7)
            if column == 0:
                lower.set_ylabel("kHz", fontsize=8)
            if index == len(rows) - 1:
                lower.set_xlabel("seconds", fontsize=8)
    figure.savefig(path, dpi=150)
    plt.close(figure)
