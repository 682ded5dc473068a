"""Cymbal: three resonant bands of noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from raveforce.tasks.definition import TASKS, ProgramTask
from raveforce.tasks.environment import TaskEnv
from raveforce.tasks.synthesis import audible, band, peaked

__all__ = ["CymbalEnv", "crash", "cymbal"]

CODE = """\
~hit: imp 0.1
~wash: ~hit >> envperc 0.0003 {low_decay}
~body: ~wash >> mul ~wash
low: noise 7 >> lpf {low_below} {low_q} >> mul ~body >> mul ~body >> mul {low}
~ring: ~hit >> envperc {mid_attack} {mid_decay}
~metal: ~ring >> mul ~ring
mid: noise 300007 >> hpf {mid_above} {mid_q} >> lpf {mid_below} 0.7 >> mul ~metal >> mul ~metal >> mul {mid}
~hiss: ~hit >> envperc {high_attack} {high_decay}
~air: ~hiss >> mul ~hiss
high: noise 600007 >> hpf {high_above} {high_q} >> mul ~air >> mul ~air >> mul {high}
"""
"""Envelopes are squared twice, and so fade as recordings do."""


def _parameters(sample_rate: int) -> dict[str, tuple[str, float, float]]:
    """From fits of 6 recorded cymbals: what most of them took, and twice as far (see docs/sounds.md)."""
    return {
        "low_decay": ("exp", 0.015, 8),  # seconds
        "low_below": audible(150, 5000, sample_rate),
        "low_q": ("exp", 0.4, 4),
        "low": ("exp", 0.02, 1),  # gain, as are mid and high
        "mid_attack": ("exp", 0.0003, 0.06),  # seconds
        "mid_decay": ("exp", 0.02, 6),  # seconds
        "mid_above": ("exp", 2500, 12000),  # Hz
        "mid_q": ("exp", 0.4, 4),
        "mid_below": audible(1500, 18000, sample_rate),
        "mid": ("exp", 0.01, 0.6),
        "high_attack": ("exp", 0.0003, 0.1),  # seconds
        "high_decay": ("exp", 0.04, 6),  # seconds
        "high_above": ("exp", 4000, 15000),  # Hz
        "high_q": ("exp", 0.4, 4),
        "high": ("exp", 0.02, 0.6),
    }


def crash(sample_rate: int = 44100, seconds: float = 1.2) -> NDArray[np.float32]:
    """Synthesise a crash cymbal: many modes out of tune over noise, of which the highest fade first.

    Parameters
    ----------
    sample_rate : Hz
    seconds : length

    Returns
    -------
    float32 array [samples], peak 0.9
    """
    random = np.random.default_rng(1887)
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    sound = np.zeros_like(time)
    for freq in np.geomspace(250, 0.4 * sample_rate, 60) * random.uniform(0.97, 1.03, 60):
        level = random.uniform(0.2, 1) / (1 + (freq / 6000) ** 2)
        sound += level * np.sin(2 * np.pi * (freq * time + random.uniform())) * np.exp(-time * (1.5 + freq / 2500))
    hiss = band(random.normal(size=len(time)), sample_rate, 3000, 16000)
    fade = np.clip((seconds - time) / (0.1 * seconds), 0, 1)
    return peaked((sound + 2.5 * hiss * np.exp(-time / 0.25)) * (1 - np.exp(-time / 0.002)) * fade)


cymbal = TASKS.register("cymbal")(
    ProgramTask(name="cymbal", id="Cymbal-v0", code=CODE, parameters=_parameters, synthesise=crash)
)


class CymbalEnv(TaskEnv, task=cymbal):
    """Imitate a cymbal.

    One step: three bands of noise with envelopes and resonances of their own, against a synthesised crash of 1.2 s or
    a recording.
    """
