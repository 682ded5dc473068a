"""Reward against frequency alone, for every reward."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from experiments.figures.landscape import Climb, climb, decoded, first_task, preset_rewards, render, rewards_of
from experiments.figures.picture import FIGURES, Picture
from experiments.figures.source import Source
from experiments.figures.style import GREY, OKABE_ITO, SMALL, new_figure, panels

__all__ = ["draw"]

POINTS = 601
ATTACK = 0.002
"""Seconds; the decay takes what is left of the sound."""
PITCH = 49.5
"""Hz: of the target, but for its first milliseconds."""

Floats = NDArray[np.float64]


@FIGURES.register("sweep")
def draw(source: Source) -> list[Picture]:
    """Draw every reward of one sound whose frequency alone changes."""
    task = first_task()
    target = task.targets.draw(np.random.default_rng(source.seed))
    low, high = 0.0001, task.duration - 0.0001
    frequency = np.linspace(-1, 1, POINTS)[:, None]
    actions = np.concatenate([np.full_like(frequency, 2 * (ATTACK - low) / (high - low) - 1), frequency], axis=1)
    sounds, hertz = render(task, actions), decoded(task, actions)["freq"]
    rewards = preset_rewards()
    lines = {name: rewards_of(reward, sounds, target) for name, reward in rewards.items()}
    silence = {name: float(rewards_of(reward, 0 * target[None], target)[0]) for name, reward in rewards.items()}
    climbs = {name: climb(line, frequency) for name, line in lines.items()}

    rows = -(-len(lines) // 2)
    figure = new_figure(height=1.05 * rows + 0.25)
    axes = panels(figure, len(lines), 2, xlabel="frequency in Hz")
    for axis, (name, line) in zip(axes, lines.items(), strict=True):
        _panel(axis, name, hertz, line, silence[name], climbs[name])
    figure.supylabel("reward", fontsize=SMALL + 0.5)

    table = [_row(name, line, silence[name], climbs[name], hertz) for name, line in lines.items()]
    return [
        Picture(
            "sweep",
            figure,
            shows=f"""
                The reward of the first RaveForce's kick against its frequency alone, at an attack of {ATTACK:g} s:
                {POINTS} sounds, for every reward. Dotted upright: the target's pitch, {PITCH:g} Hz.
                Dashed: silence's reward; where the line lies below it, an agent is better paid for playing nothing.
                Shaded, and in per cent: starting frequencies from which going uphill reaches the best.
                """,
            seeds="none: nothing is random",
            tables={"sweep_frequency": table},
        )
    ]


def _panel(axis: Axes, name: str, hertz: Floats, line: Floats, silence: float, found: Climb) -> None:
    axis.axvline(PITCH, color=GREY, linestyle=":", linewidth=0.8)
    axis.axhline(silence, color=OKABE_ITO["vermilion"], linestyle="--", linewidth=0.8)
    axis.plot(hertz, line, color=OKABE_ITO["blue"])
    bottom, top = axis.get_ylim()
    # Up to the edges, whatever is drawn after.
    axis.fill_between(hertz, bottom, top, where=found.reached.tolist(), color=OKABE_ITO["sky blue"], alpha=0.25, lw=0)
    axis.set(xscale="log", xlim=(hertz[0], hertz[-1]), ylim=(bottom, top), xticks=[10, 100, 1000, 10000])
    axis.set_xticklabels(["10", "100", "1k", "10k"])
    axis.minorticks_off()
    axis.set_title(f"{name}: {found.share:.0%}", fontsize=SMALL)


def _row(name: str, line: Floats, silence: float, found: Climb, hertz: Floats) -> dict[str, Any]:
    return {
        "reward": name,
        "share_reaching_best": round(found.share, 4),
        "rank_correlation": round(found.correlation, 4),
        "local_maxima": found.maxima,
        "best": float(f"{line.max():.5g}"),
        "silence": float(f"{silence:.5g}"),
        "best_frequency_hz": float(f"{hertz[found.best]:.4g}"),
        "share_below_silence": round(float(np.mean(line < silence)), 4),
    }
