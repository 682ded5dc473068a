"""Tone: an oscillator of the agent's choice, bent by another and filtered."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from raveforce.tasks.definition import TASKS, ProgramTask
from raveforce.tasks.environment import TaskEnv
from raveforce.tasks.synthesis import peaked

__all__ = ["ToneEnv", "bell_tone", "tone"]

CODE = """\
~bend: sin {modulator} >> mul {depth} >> add 1.0 >> mul {freq}
~env: imp 0.1 >> envperc {attack} {decay} >> mul {gain}
tone: {oscillator} ~bend >> lpf {cutoff} {resonance} >> mul ~env
"""

PARAMETERS = {
    "modulator": ("exp", 20, 2560),  # Hz
    "depth": ("lin", 0, 0.95),  # of freq: the other waves do not run backwards
    "freq": ("exp", 80, 1280),  # Hz
    "attack": ("exp", 0.001, 0.1),  # seconds
    "decay": ("exp", 0.05, "max(duration, 0.1)"),  # seconds
    "gain": ("exp", 0.05, 1.5),
    "oscillator": ("choose", ["sin", "tri", "saw", "squ"]),
    "cutoff": ("exp", 200, 12000),  # Hz
    "resonance": ("exp", 0.5, 4),
}


def bell_tone(sample_rate: int = 44100, seconds: float = 0.5) -> NDArray[np.float32]:
    """Synthesise a tone by frequency modulation (Chowning 1973): A at 220 Hz, modulated an octave below.

    The modulation fades faster than the sound, from index 1.6, so the tone is bright at first; the task's own
    modulation keeps its depth, so no program of it reaches this exactly.

    Parameters
    ----------
    sample_rate : Hz
    seconds : length

    Returns
    -------
    float32 array [samples], peak 0.9
    """
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    index = 1.6 * np.exp(-time / 0.12)
    fade = np.clip((seconds - time) / (0.1 * seconds), 0, 1)
    envelope = (1 - np.exp(-time / 0.004)) * np.exp(-time / 0.25) * fade
    return peaked(np.sin(2 * np.pi * 220 * time + index * np.sin(2 * np.pi * 110 * time)) * envelope)


tone = TASKS.register("tone")(
    ProgramTask(
        name="tone",
        id="Tone-v0",
        code=CODE,
        parameters=PARAMETERS,
        synthesise=bell_tone,
    )
)


class ToneEnv(TaskEnv, task=tone):
    """Imitate a pitched tone with an oscillator to choose and eight numbers.

    One step: a sine, triangle, saw or square wave whose frequency another sine bends, through a low-pass and an
    envelope, against a synthesised tone of 0.5 s or a recording. What is chosen changes the program's structure.
    """
