"""What the agent sees: the observation at reset and after some of an episode's steps."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from experiments.figures.picture import FIGURES, Picture
from experiments.figures.source import Source
from experiments.figures.style import SEQUENTIAL, new_figure
from raveforce.env import RaveForceEnv
from raveforce.tasks import drum_loop
from raveforce.tasks.drum_loop import PATTERN

__all__ = ["draw"]

SHOWN = (0, 1, 2, 16)
"""Steps taken when the observation is drawn."""
PARTS = {"attempt": (SEQUENTIAL, 0.0, 0.7), "target": (SEQUENTIAL, 0.0, 0.7), "difference": ("PuOr", -0.5, 0.5)}
"""What is seen, and the colours that it is drawn with. Full scale is near 0.7; only what would clip comes to 1."""


@FIGURES.register("steps")
def draw(source: Source) -> list[Picture]:
    """Draw the observation of the drum loop while its own pattern is played."""
    observation = {"kind": "log_mel", "show": list(PARTS), "as_dict": True}
    env = RaveForceEnv(drum_loop(), observation=observation)
    seen, _ = env.reset(seed=source.seed)
    observed, rewards = {0: seen}, [0.0]
    for step in range(env.task.total_step):
        seen, reward, *_ = env.step(_strokes(step))
        observed[step + 1] = seen
        rewards.append(float(reward))
    seconds = env.task.duration
    ends = [env.task.boundaries[step] / env.task.sample_rate for step in range(env.task.total_step + 1)]
    env.close()

    figure = new_figure(height=3.7)
    axes = figure.subplots(len(SHOWN), len(PARTS), sharex=True, sharey=True)
    images = {}
    for row, step in zip(axes, SHOWN, strict=True):
        for axis, (part, (colours, low, high)) in zip(row, PARTS.items(), strict=True):
            images[part] = axis.imshow(
                observed[step][part].T,
                origin="lower",
                aspect="auto",
                extent=(0, seconds, 0, observed[step][part].shape[1]),
                cmap=colours,
                vmin=low,
                vmax=high,
                interpolation="nearest",
            )
            if part != "target" and 0 < step < env.task.total_step:
                axis.axvline(ends[step], color="white" if part == "attempt" else "black", linewidth=0.6)
        _name_row(row[0], step)
    for axis, part in zip(axes[0], PARTS, strict=True):
        axis.set_title(part)
    for axis in axes[-1]:
        axis.set_xlabel("time in s")
    figure.supylabel("mel band", fontsize="medium")
    for axis, part, label in ((axes[:, :2], "attempt", "log power"), (axes[:, 2:], "difference", "target − attempt")):
        figure.colorbar(images[part], ax=axis, location="bottom", label=label, aspect=25, shrink=0.8, pad=0.02)
    return [
        Picture(
            "steps",
            figure,
            shows=f"""
                The observation of the task drum_loop (log-mel spectrograms of 32 bands; 0 is the floor, full scale
                near 0.7) at reset and after steps 1, 2 and 16, while the target's own pattern is played: the attempt
                so far, the target, and their difference, which is what an agent hears that is still missing. Upright
                lines: how far the episode has come. The rewards of the episode sum to {sum(rewards):.3f} (0 would be
                the target itself).
                """,
            seeds=f"{source.seed}; nothing is random",
        )
    ]


def _strokes(step: int) -> NDArray[np.float32]:
    """The action that strikes what the pattern strikes: the upper half of a choice of two is a stroke."""
    return np.array([0.5 if PATTERN[drum][step] == "x" else -0.5 for drum in ("kick", "snare", "hat")], np.float32)


def _name_row(axis: Axes, step: int) -> None:
    axis.set_ylabel("reset" if step == 0 else f"step {step}")
