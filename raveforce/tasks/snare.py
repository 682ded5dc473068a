"""Snare drum: filtered noise over a short tone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from raveforce.tasks.definition import TASKS, ProgramTask
from raveforce.tasks.environment import TaskEnv
from raveforce.tasks.synthesis import band, peaked

__all__ = ["SnareEnv", "snare", "snare_808"]

CODE = """\
~snap: imp 0.1 >> envperc 0.001 {noise_decay} >> mul {noise}
~thud: imp 0.1 >> envperc 0.001 {body_decay} >> mul {body}
~low: noise 7 >> lpf {low} 0.7 >> mul -1.0
snares: noise 7 >> add ~low >> lpf {high} 0.7 >> mul ~snap
drum: sin {freq} >> mul ~thud
"""

PARAMETERS = {
    "noise_decay": ("exp", 0.02, "max(duration, 0.04)"),  # seconds
    "noise": ("exp", 0.05, 2),  # gain
    "body_decay": ("exp", 0.01, "max(duration, 0.04)"),  # seconds
    "body": ("exp", 0.05, 2),  # gain
    "low": ("exp", 100, 4000),  # Hz: the noise below is taken away
    "high": ("exp", 2000, 16000),  # Hz: the noise above is damped
    "freq": ("exp", 80, 500),  # Hz
}


def snare_808(sample_rate: int = 44100, seconds: float = 0.3) -> NDArray[np.float32]:
    """Synthesise a snare drum in the manner of the TR-808: two modes of the shell and high-passed noise.

    The modes ring at 180 and 330 Hz, the noise is cut below some 1 kHz and fades with two rates, so no program of
    the snare task reaches it exactly.

    Parameters
    ----------
    sample_rate : Hz
    seconds : length

    Returns
    -------
    float32 array [samples], peak 0.9
    """
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    fade = np.clip((seconds - time) / (0.1 * seconds), 0, 1)
    shell = np.sin(2 * np.pi * 180 * time) * np.exp(-time / 0.06) + 0.5 * np.sin(2 * np.pi * 330 * time) * np.exp(
        -time / 0.03
    )
    noise = band(np.random.default_rng(808).normal(size=len(time)), sample_rate, 1000, 9000)
    wires = noise * (0.7 * np.exp(-time / 0.03) + 0.3 * np.exp(-time / 0.1))
    return peaked(np.tanh((0.8 * shell + 0.45 * wires) * fade))


snare = TASKS.register("snare")(
    ProgramTask(
        name="snare",
        id="Snare-v0",
        code=CODE,
        parameters=PARAMETERS,
        synthesise=snare_808,
    )
)


class SnareEnv(TaskEnv, task=snare):
    """Imitate a snare drum with seven numbers.

    One step: noise between two cutoffs over a sine, each under an envelope of its own, against a synthesised
    808-style snare of 0.3 s or a recording.
    """
