"""Tom: a falling sine that fades at two rates, another mode, and noise in two bands."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from raveforce.tasks.definition import TASKS, ProgramTask
from raveforce.tasks.environment import TaskEnv
from raveforce.tasks.kick_v1 import CODE
from raveforce.tasks.synthesis import band, peaked

__all__ = ["TomEnv", "floor_tom", "tom"]

# From fits of 10 recorded toms, congas and tablas: what most of them took, and twice as far (see docs/sounds.md).
PARAMETERS = {
    "body_sweep_decay": ("exp", 0.004, 2),  # seconds
    "body_sweep": ("exp", 1, 800),  # Hz above body_freq at the attack
    "body_freq": ("exp", 50, 500),  # Hz
    "body_attack": ("exp", 0.0003, 0.04),  # seconds
    "body_tail": ("exp", 0.08, 4),  # seconds
    "body_tail_level": ("exp", 0.03, 1),
    "body_decay": ("exp", 0.06, 4),  # seconds
    "body": ("exp", 0.15, 1.5),  # gain, as are mode, low and high
    "mode_attack": ("exp", 0.0003, 0.03),  # seconds
    "mode_decay": ("exp", 0.03, 2.5),  # seconds
    "mode_freq": ("exp", 80, 1500),  # Hz
    "mode": ("exp", 0.0025, 0.6),
    "low_decay": ("exp", 0.005, 2.5),  # seconds
    "low_below": ("exp", 120, 5000),  # Hz
    "low": ("exp", 0.005, 4),
    "high_decay": ("exp", 0.001, 0.5),  # seconds
    "high_above": ("exp", 600, 8000),  # Hz
    "high": ("exp", 0.0005, 0.3),
}


def floor_tom(sample_rate: int = 44100, seconds: float = 0.8) -> NDArray[np.float32]:
    """Synthesise a floor tom: the lowest modes of a membrane, which fall a little as it calms down, and the stick.

    The modes' ratios are those of an ideal circular membrane (1, 1.59, 2.14, 2.30: Rossing 2000).

    Parameters
    ----------
    sample_rate : Hz
    seconds : length

    Returns
    -------
    float32 array [samples], peak 0.9
    """
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    cycles = np.cumsum(92 + 14 * np.exp(-time / 0.05)) / sample_rate
    modes = ((1, 1, 0.22), (1.59, 0.35, 0.1), (2.14, 0.2, 0.06), (2.3, 0.12, 0.05))
    skin = sum(level * np.sin(2 * np.pi * ratio * cycles) * np.exp(-time / decay) for ratio, level, decay in modes)
    stick = band(np.random.default_rng(14).normal(size=len(time)), sample_rate, 300, 5000) * np.exp(-time / 0.006)
    fade = np.clip((seconds - time) / (0.1 * seconds), 0, 1)
    return peaked((skin + 0.15 * stick) * (1 - np.exp(-time / 0.001)) * fade)


tom = TASKS.register("tom")(
    ProgramTask(name="tom", id="Tom-v0", code=CODE, parameters=PARAMETERS, synthesise=floor_tom)
)


class TomEnv(TaskEnv, task=tom):
    """Imitate a tom, a conga or another tuned drum.

    One step: the program of the kick's second version in a tom's ranges, against a synthesised floor tom of 0.8 s or
    a recording.
    """
