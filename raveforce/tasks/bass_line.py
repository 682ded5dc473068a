"""Bass line: a note or a rest, and its timbre, at each of sixteen steps."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from raveforce.tasks.definition import TASKS, ProgramTask
from raveforce.tasks.environment import TaskEnv
from raveforce.tasks.synthesis import fading, in_blocks, peaked

__all__ = ["BassLineEnv", "bass_line", "ground_bass"]

STEPS = 16

CODE = """\
bass: saw {note} >> lpf {cutoff} {resonance} >> mul ~env
~env: ~strike >> onepole {damping}
~strike: imp PULSE >> mul {strike} >> mul {strength}
"""
"""A struck note fades as a one-pole filter's answer to an impulse, which is silent before the first one."""

SCALE = (73.42, 82.41, 92.5, 98.0, 110.0, 123.47, 138.59, 146.83)
"""D major from D2 to D3, Hz, equal temperament with A4 at 440 Hz."""


def _parameters(sample_rate: int) -> dict[str, tuple[Any, ...]]:
    return {
        "note": ("choose", SCALE),  # Hz
        "cutoff": ("exp", 100, 4000),  # Hz
        "resonance": ("exp", 0.5, 4),
        "damping": ("exp", fading(0.4, sample_rate)[0], fading(0.03, sample_rate)[0]),  # 400 ms to 30 ms
        "strike": ("choose", [0, 1]),  # at a rest, 0, the last strike fades on
        "strength": ("rel", "damping", "1 / (1 - exp(-2 * pi * x))"),  # the same peak for any damping
    }


def ground_bass(sample_rate: int = 44100, step_seconds: float = 0.125) -> NDArray[np.float32]:
    """Synthesise the ground bass of Pachelbel's canon (about 1690) in eighth notes: D A B F# G D G A.

    A few partials of a bowed or plucked string, each note struck on an odd step and fading in the even one.

    Parameters
    ----------
    sample_rate : Hz
    step_seconds : length of a step, seconds

    Returns
    -------
    float32 array [samples], 16 steps, peak 0.9
    """
    samples = 2 * in_blocks(step_seconds * sample_rate)
    time = np.arange(samples) / sample_rate
    envelope = np.minimum(time / 0.004, 1) * np.exp(-time / 0.09) * np.clip((time[-1] - time) / 0.02, 0, 1)
    notes = []
    for freq in (SCALE[7], SCALE[4], SCALE[5], SCALE[2], SCALE[3], SCALE[0], SCALE[3], SCALE[4]):
        # Higher partials are weaker and fade sooner.
        partials = [
            np.sin(2 * np.pi * n * freq * time) * np.exp(-n * time / 0.4) / n**1.3 / (1 + (n * freq / 600) ** 2)
            for n in range(1, 13)
        ]
        notes.append(np.sum(partials, axis=0) * envelope)
    return peaked(np.concatenate(notes))


bass_line = TASKS.register("bass_line")(
    ProgramTask(
        name="bass_line",
        id="BassLine-v0",
        code=CODE,
        parameters=_parameters,
        synthesise=ground_bass,
        steps=STEPS,
        trim=False,
        reward={"distance": "mss", "kind": "improvement", "until": "now"},
        observation={"kind": "log_mel", "step": True, "one_hot": True},
    )
)


class BassLineEnv(TaskEnv, task=bass_line):
    """Play a bass line note by note, sixteen steps.

    At each step of 125 ms a saw takes a note of the scale of D major, through a resonant low-pass, and is struck or
    rests; against the ground bass of Pachelbel's canon, synthesised, or a recording. At a rest what was struck
    before fades on.
    """
