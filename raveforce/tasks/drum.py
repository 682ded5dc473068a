"""Drum: any one-shot percussion, of two modes and two bands of noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from raveforce.tasks.definition import TASKS, ProgramTask
from raveforce.tasks.environment import TaskEnv
from raveforce.tasks.synthesis import audible, band, peaked

__all__ = ["DrumEnv", "drum", "struck_wood"]

CODE = """\
~hit: imp 0.1
~fall: ~hit >> envperc 0.0001 {body_sweep_decay}
~steep: ~fall >> mul ~fall
~pitch: ~steep >> mul ~steep >> mul {body_sweep} >> add {body_freq}
~strike: ~hit >> envperc {body_attack} {body_decay}
body: sin ~pitch >> mul ~strike >> mul ~strike >> mul {body}
~ring: ~hit >> envperc {mode_attack} {mode_decay}
mode: sin {mode_freq} >> mul ~ring >> mul ~ring >> mul {mode}
~rattle: ~hit >> envperc 0.0003 {low_decay}
low: noise 7 >> lpf {low_below} {low_q} >> mul ~rattle >> mul ~rattle >> mul {low}
~hiss: ~hit >> envperc 0.0003 {high_decay}
~air: ~hiss >> mul ~hiss
high: noise 600007 >> hpf {high_above} {high_q} >> mul ~air >> mul ~air >> mul {high}
"""


def _parameters(sample_rate: int) -> dict[str, tuple[str, float, float]]:
    """The ranges of kick, snare, tom, hi-hat and cymbal together."""
    return {
        "body_sweep_decay": ("exp", 0.004, 1),  # seconds
        "body_sweep": ("exp", 2, 1500),  # Hz above body_freq at the attack
        "body_freq": ("exp", 25, 1000),  # Hz
        "body_attack": ("exp", 0.0003, 0.05),  # seconds
        "body_decay": ("exp", 0.01, 4),  # seconds
        "body": ("exp", 0.001, 1.5),  # gain, as are mode, low and high
        "mode_attack": ("exp", 0.0003, 0.05),  # seconds
        "mode_decay": ("exp", 0.006, 4),  # seconds
        "mode_freq": ("exp", 40, 6000),  # Hz
        "mode": ("exp", 0.001, 1.5),
        "low_decay": ("exp", 0.003, 3),  # seconds
        "low_below": audible(50, 10000, sample_rate),
        "low_q": ("exp", 0.4, 3),
        "low": ("exp", 0.001, 3),
        "high_decay": ("exp", 0.002, 5),  # seconds
        "high_above": ("exp", 1000, 15000),  # Hz
        "high_q": ("exp", 0.4, 4),
        "high": ("exp", 0.0003, 0.4),
    }


def struck_wood(sample_rate: int = 44100, seconds: float = 0.3) -> NDArray[np.float32]:
    """Synthesise a struck wooden block: three modes of a bar, and the stick.

    The modes' ratios are those of a free bar (1, 2.76, 5.40: Rossing 2000).

    Parameters
    ----------
    sample_rate : Hz
    seconds : length

    Returns
    -------
    float32 array [samples], peak 0.9
    """
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    modes = ((1, 1, 0.045), (2.76, 0.5, 0.02), (5.4, 0.2, 0.008))
    bar = sum(level * np.sin(2 * np.pi * 620 * ratio * time) * np.exp(-time / decay) for ratio, level, decay in modes)
    stick = band(np.random.default_rng(5).normal(size=len(time)), sample_rate, 1500, 9000) * np.exp(-time / 0.004)
    fade = np.clip((seconds - time) / (0.1 * seconds), 0, 1)
    return peaked((bar + 0.2 * stick) * (1 - np.exp(-time / 0.0003)) * fade)


drum = TASKS.register("drum")(
    ProgramTask(name="drum", id="Drum-v0", code=CODE, parameters=_parameters, synthesise=struck_wood)
)


class DrumEnv(TaskEnv, task=drum):
    """Imitate any single stroke of percussion.

    One step: a sine whose pitch falls, another mode and noise in two bands, each from hardly there to loud, against a
    synthesised wooden block of 0.3 s or a recording. Where the kind of sound is known, its own task is searched
    faster.
    """
