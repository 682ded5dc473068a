"""Bass: a plucked or bowed note of saws, a square and a sine, through a low-pass filter that closes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from raveforce.tasks.definition import TASKS, ProgramTask
from raveforce.tasks.environment import TaskEnv
from raveforce.tasks.synthesis import audible, peaked

__all__ = ["BassEnv", "bass", "plucked_string"]

CODE = """\
~hit: imp 0.1
~pitch: sig {freq}
~beside: sig {freq} >> mul {detune}
~second: saw ~beside
~third: squ ~pitch >> mul {square}
~closing: ~hit >> envperc 0.0005 {close}
~cutoff: ~closing >> mul ~closing >> mul {open} >> add {cutoff}
~fade: ~hit >> envperc {attack} {decay}
~env: ~fade >> mul ~fade
string: saw ~pitch >> add ~second >> add ~third >> lpf ~cutoff {resonance} >> mul ~env >> mul {string}
sub: sin ~pitch >> mul ~env >> mul {sub}
"""


def _parameters(sample_rate: int) -> dict[str, tuple[str, float, float]]:
    """From fits of 8 recorded basses: what most of them took, and twice as far (see docs/sounds.md)."""
    # The filter's cutoff is the sum of the two, which has to stay below half the rate.
    highest = audible(15, 5000, sample_rate)
    return {
        "freq": ("exp", 25, 300),  # Hz
        "detune": ("exp", 0.97, 1.03),  # of freq
        "square": ("exp", 0.015, 2),
        "close": ("exp", 0.02, 2),  # seconds
        "open": highest,  # Hz above cutoff at the attack
        "cutoff": ("exp", 30, 1500),  # Hz
        "attack": ("exp", 0.0003, 0.3),  # seconds
        "decay": ("exp", 0.2, 8),  # seconds
        "resonance": ("exp", 0.5, 6),
        "string": ("exp", 0.02, 1),  # gain, as are square and sub
        "sub": ("exp", 0.01, 1),
    }


def plucked_string(sample_rate: int = 44100, seconds: float = 1.0) -> NDArray[np.float32]:
    """Synthesise a plucked string at 73.42 Hz (D2): partials a little sharp, the higher weaker and gone sooner.

    It is plucked at a fifth of its length, so every fifth partial is missing.

    Parameters
    ----------
    sample_rate : Hz
    seconds : length

    Returns
    -------
    float32 array [samples], peak 0.9
    """
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    sound = np.zeros_like(time)
    for n in range(1, 40):
        freq = 73.42 * n * np.sqrt(1 + 0.0001 * n**2)
        if freq < 0.45 * sample_rate:
            level = np.sin(np.pi * n / 5) / n**1.5
            sound += level * np.sin(2 * np.pi * freq * time) * np.exp(-time * (1.6 + 0.5 * n))
    fade = np.clip((seconds - time) / (0.1 * seconds), 0, 1)
    return peaked(sound * np.minimum(time / 0.003, 1) * fade)


bass = TASKS.register("bass")(
    ProgramTask(name="bass", id="Bass-v0", code=CODE, parameters=_parameters, synthesise=plucked_string)
)


class BassEnv(TaskEnv, task=bass):
    """Imitate a plucked or bowed bass note.

    One step: two saws a little apart, a square and a sine, through a resonant low-pass filter that closes, against
    a synthesised plucked string of a second or a recording.
    """
