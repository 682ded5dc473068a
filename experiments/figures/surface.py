"""Reward over attack and frequency: the first RaveForce's published picture, and every other reward beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import SubFigure
from numpy.typing import NDArray

from experiments.figures.landscape import Climb, climb, decoded, first_task, preset_rewards, render, rewards_of
from experiments.figures.picture import FIGURES, Picture
from experiments.figures.source import Source
from experiments.figures.style import OKABE_ITO, SEQUENTIAL, SMALL, new_figure, panels

__all__ = ["draw"]

GRID = 48, 128
"""Attacks and frequencies of the maps."""

Floats = NDArray[np.float64]


@FIGURES.register("surface")
def draw(source: Source) -> list[Picture]:
    """Draw the surface of the waveform reward over random renders, and maps of the other rewards over a grid."""
    task = first_task()
    target = task.targets.draw(np.random.default_rng(source.seed))
    drawn = np.random.default_rng(source.seed).uniform(-1, 1, (source.renders, 2))
    sides = [np.linspace(-1, 1, points) for points in GRID]
    grid = np.stack(np.meshgrid(*sides, indexing="ij"), axis=-1).reshape(-1, 2)
    sounds = render(task, grid)
    rewards = preset_rewards()
    maps = {name: rewards_of(reward, sounds, target).reshape(GRID) for name, reward in rewards.items()}
    climbs = {name: climb(heights, grid) for name, heights in maps.items()}

    waveform = rewards_of(rewards["waveform"], render(task, drawn), target)
    chosen, axes = decoded(task, drawn), decoded(task, grid)
    figure = new_figure(height=6.6)
    above, below = figure.subfigures(2, 1, squeeze=False, height_ratios=[2.3, 4.3])[:, 0]
    _surface(above, chosen["attack"], chosen["freq"], waveform, climbs["waveform"])
    attacks, frequencies = (axes[name].reshape(GRID) for name in ("attack", "freq"))
    _maps(below, attacks[:, 0], frequencies[0], {n: m for n, m in maps.items() if n != "waveform"}, climbs)

    silence = {name: rewards_of(reward, 0 * target[None], target)[0] for name, reward in rewards.items()}
    table = [_row(name, maps[name], climbs[name], silence[name], axes) for name in maps]
    return [
        Picture(
            "surface",
            figure,
            shows=f"""
                Above: the reward of {source.renders:,} random programs of the first RaveForce's kick, its negative
                mean squared error of the samples, over attack and frequency, as its README has it (its target was a
                recording of a TR-808, which is synthesised here). Below: every other reward over the same two
                parameters, a grid of {GRID[0]} attacks and {GRID[1]} frequencies, each scaled from its worst to its
                best; the cross is the best. Per cent: starting points of the grid from which steepest ascent (to the
                highest of eight neighbours) reaches the best. ρ: rank correlation of reward and nearness to the best
                in the action space. surface.csv has these numbers for all rewards, silence's reward and where the
                best lies.
                """,
            seeds=f"{source.seed} (random programs above; the maps have none)",
            tables={"surface": table},
        )
    ]


def _surface(above: SubFigure, attack: Floats, frequency: Floats, reward: Floats, found: Climb) -> None:
    axis: Any = above.add_axes((0.0, 0.08, 0.80, 0.86), projection="3d")
    surface = axis.plot_trisurf(attack, frequency, reward, cmap="viridis", linewidth=0.1, rasterized=True)
    axis.set_title(f"waveform, as first published: {_measures(found)}", y=1.0)
    axis.set_xlabel("Attack in seconds", labelpad=-8)
    axis.set_ylabel("Frequency in Hz", labelpad=-5)
    axis.set_zlabel("Reward for agent", labelpad=-4)
    axis.set(xticks=[0, 0.1, 0.2], yticks=[0, 4000, 8000])
    axis.tick_params(pad=-4)
    axis.tick_params(axis="y", pad=-3)
    axis.tick_params(axis="z", pad=-1)
    axis.set_box_aspect((1.25, 1.25, 0.9), zoom=1.0)
    bar = above.add_axes((0.86, 0.28, 0.03, 0.45))
    above.colorbar(surface, cax=bar)


def _maps(
    below: SubFigure, attacks: Floats, frequencies: Floats, maps: dict[str, Floats], climbs: dict[str, Climb]
) -> None:
    axes = panels(below, len(maps), 3, xlabel="frequency in Hz", sharey=True)
    for axis, (name, heights) in zip(axes, maps.items(), strict=True):
        scaled = (heights - heights.min()) / (heights.max() - heights.min())
        mesh = axis.pcolormesh(frequencies, attacks, scaled, cmap=SEQUENTIAL, vmin=0, vmax=1, rasterized=True)
        row, column = np.unravel_index(climbs[name].best, heights.shape)
        axis.plot(
            frequencies[column], attacks[row], "+", color=OKABE_ITO["vermilion"], markersize=7, markeredgewidth=1.2
        )
        axis.set_title(f"{name}\n{_measures(climbs[name])}", fontsize=SMALL)
        axis.set(xscale="log", xticks=[10, 100, 1000, 10000], yticks=[0, 0.1, 0.2])
        axis.set_xticklabels(["10", "100", "1k", "10k"])
        axis.minorticks_off()
    axes[len(axes) // 2 // 3 * 3].set_ylabel("attack in seconds")
    bar = below.colorbar(mesh, ax=axes, location="bottom", aspect=40, shrink=0.6, ticks=[0, 1], pad=0.02)
    bar.set_ticklabels(["worst reward", "best reward"])


def _measures(found: Climb) -> str:
    return f"{found.share:.0%}, ρ {found.correlation:.2f}"


def _row(name: str, heights: Floats, found: Climb, silence: float, axes: dict[str, Floats]) -> dict[str, Any]:
    return {
        "reward": name,
        "share_reaching_best": round(found.share, 4),
        "rank_correlation": round(found.correlation, 4),
        "local_maxima": found.maxima,
        "best": float(f"{heights.max():.5g}"),
        "worst": float(f"{heights.min():.5g}"),
        "silence": float(f"{silence:.5g}"),
        "best_attack_seconds": float(f"{axes['attack'][found.best]:.4g}"),
        "best_frequency_hz": float(f"{axes['freq'][found.best]:.4g}"),
    }
