"""Drum loop: which of kick, snare and hat are struck at each of sixteen steps."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from raveforce.tasks.definition import TASKS, ProgramTask
from raveforce.tasks.environment import TaskEnv
from raveforce.tasks.hihat import hihat_808
from raveforce.tasks.kick import kick_808
from raveforce.tasks.snare import snare_808
from raveforce.tasks.synthesis import fading, in_blocks, peaked

__all__ = ["DrumLoopEnv", "break_beat", "drum_loop"]

STEPS = 16

CODE = """\
~beat: imp PULSE
~kick: ~beat >> mul {kick}
~sweep: ~kick >> FADE(0.022) >> mul 125 >> add 49.5
~boom: ~kick >> FADE(0.12) >> mul 0.9
kick: sin ~sweep >> mul ~boom
~snare: ~beat >> mul {snare}
~snap: ~snare >> FADE(0.05) >> mul 0.4
~thud: ~snare >> FADE(0.06) >> mul 0.4
~low: noise 7 >> lpf 1000 0.7 >> mul -1.0
snares: noise 7 >> add ~low >> lpf 9000 0.7 >> mul ~snap
shell: sin 180 >> mul ~thud
~tick: ~beat >> mul {hat} >> FADE(0.03) >> mul 0.2
hat: noise 9 >> hpf 8000 1.0 >> mul ~tick
"""
"""``FADE(seconds)`` stands for a one-pole filter whose answer to an impulse falls from 1 to 1/e in that time.

An ``envperc`` would strike all drums once at the start, whatever is chosen.
"""

PARAMETERS = {name: ("choose", [0, 1]) for name in ("kick", "snare", "hat")}

PATTERN = {"kick": "x.....x...x.....", "snare": "....x.......x..x", "hat": "x.x.x.x.x.x.x.x."}
"""The loop to imitate: x is a stroke."""


def _code(sample_rate: int) -> str:
    def fade(found: re.Match[str]) -> str:
        rate, gain = fading(float(found[1]), sample_rate)
        return f"onepole {rate:.9f} >> mul {gain:.3f}"

    return re.sub(r"FADE\((.*?)\)", fade, CODE)


def break_beat(sample_rate: int = 44100, step_seconds: float = 0.125) -> NDArray[np.float32]:
    """Synthesise a bar of drums with the sounds of the one-drum tasks, in the strokes of ``PATTERN``.

    Parameters
    ----------
    sample_rate : Hz
    step_seconds : length of a step, seconds

    Returns
    -------
    float32 array [samples], 16 steps, peak 0.9
    """
    samples = in_blocks(step_seconds * sample_rate)
    loop = np.zeros(STEPS * samples)
    drums = {"kick": kick_808(sample_rate), "snare": 0.7 * snare_808(sample_rate), "hat": 0.35 * hihat_808(sample_rate)}
    for name, strokes in PATTERN.items():
        for step in (k for k, stroke in enumerate(strokes) if stroke == "x"):
            start = step * samples
            room = loop[start : start + len(drums[name])]
            room += drums[name][: len(room)]
    return peaked(loop)


drum_loop = TASKS.register("drum_loop")(
    ProgramTask(
        name="drum_loop",
        id="DrumLoop-v0",
        code=_code,
        parameters=PARAMETERS,
        synthesise=break_beat,
        steps=STEPS,
        trim=False,
        reward={"distance": "mss", "kind": "improvement", "until": "now"},
        observation={"kind": "log_mel", "step": True, "one_hot": True},
    )
)


class DrumLoopEnv(TaskEnv, task=drum_loop):
    """Play a bar of drums step by step, sixteen steps: the task of the first RaveForce paper.

    At each step of 125 ms any of kick, snare and hat is struck, or none; against a bar synthesised from the
    one-drum tasks' sounds, or a recording.
    """
