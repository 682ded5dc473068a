"""One render of a policy beside many renders of a search, on targets that neither heard before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from experiments.figures.picture import FIGURES, Picture
from experiments.figures.source import Source
from experiments.figures.style import looks, new_figure

__all__ = ["draw"]


@FIGURES.register("match")
def draw(source: Source) -> list[Picture]:
    """Draw medians against renders; with the quartiles and the policy's training, where the table has them."""
    record = source.json("match", "python -m benchmarks.match run=DIR targets=200 write=true")
    history = record["training"].get("history")
    figure = new_figure(height=3.9 if history else 2.3)
    axes = figure.subplots(2 if history else 1, 1, squeeze=False)[:, 0]
    _search(axes[0], record)
    if history:
        renders, distances = zip(*history, strict=True)
        axes[1].plot(renders, distances, color=looks(["policy"])["policy"].colour)
        axes[1].set(xlabel="renders in training", ylabel="policy's distance (mss)", ylim=(0, None))
        axes[1].locator_params(axis="x", nbins=4)
        axes[1].xaxis.set_major_formatter("{x:,.0f}")
    training = record["training"]
    nearer = ", ".join(
        f"{name} renders on {share:.0%}" for name, share in record["part of targets where the policy is nearer"].items()
    )
    return [
        Picture(
            "match",
            figure,
            shows=f"""
                Distances (mss, medians over {record["targets"]} targets never heard in training) against renders a
                target.
                The policy ({training["agent"]}, trained on {training["renders"]:,} renders in
                {training["seconds"] / 60:.0f} minutes) answers with one; it is nearer than {nearer} of the targets.
                {"Shaded: quartiles." if "quartiles, by renders" in record else ""}
                {"Below: the policy's evaluations while it was trained." if history else ""}
                """,
            seeds="1,000,000 and up for the targets, 0 and up for the searches",
            measured=record,
        )
    ]


def _search(axis: Axes, record: Mapping[str, Any]) -> None:
    shown = looks(["policy", *record["search, by renders"]])
    quartiles = record.get("quartiles, by renders", {})
    for name, medians in record["search, by renders"].items():
        renders = [int(at) for at in medians]
        look = shown[name]
        axis.plot(
            renders, list(medians.values()), color=look.colour, marker=look.marker, linestyle=look.line, label=name
        )
        if name in quartiles:
            low, high = np.array([quartiles[name][str(at)] for at in renders]).T
            axis.fill_between(renders, low, high, color=look.colour, alpha=0.15, linewidth=0)
    own, look = record["policy, one render"], shown["policy"]
    spread = record.get("policy, quartiles")
    axis.axhline(own, color=look.colour, linewidth=0.8, linestyle=":")
    axis.errorbar(
        [1],
        [own],
        None if spread is None else [[own - spread[0]], [spread[1] - own]],
        color=look.colour,
        marker=look.marker,
        markersize=7,
        linestyle="none",
        capsize=2,
        label="policy, one render",
    )
    axis.set(xscale="log", xlabel="renders a target", ylabel="distance (mss)", ylim=(0, None))
    axis.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1,000"])
    axis.minorticks_off()
    axis.legend()
