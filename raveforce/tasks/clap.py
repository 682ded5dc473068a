"""Clap: three strokes of noise, the last of which rings on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from raveforce.tasks.definition import TASKS, ProgramTask
from raveforce.tasks.environment import TaskEnv
from raveforce.tasks.synthesis import audible, band, peaked

__all__ = ["ClapEnv", "clap", "clap_808"]

CODE = """\
~hit: imp 0.1
~second: ~hit >> delayms {gap}
~third: ~second >> delayms {gap}
~hits: ~hit >> add ~second >> add ~third
~burst: ~hits >> envperc 0.0003 {burst}
~tail: ~third >> envperc 0.0003 {tail}
~late: ~tail >> mul ~tail >> mul {tail_level}
~hands: ~burst >> mul ~burst >> add ~late
~under: noise 300007 >> lpf {mid_above} 0.7 >> mul -1.0
mid: noise 300007 >> add ~under >> lpf {mid_below} {mid_q} >> mul ~hands >> mul {mid}
~room: ~hit >> envperc 0.0003 {low_decay}
low: noise 7 >> lpf {low_below} {low_q} >> mul ~room >> mul ~room >> mul {low}
"""


def _parameters(sample_rate: int) -> dict[str, tuple[str, float, float]]:
    """Wide: there are few claps among the free recordings (see docs/sounds.md)."""
    return {
        "gap": ("exp", 2, 30),  # milliseconds
        "burst": ("exp", 0.003, 0.15),  # seconds
        "tail": ("exp", 0.03, 1),  # seconds
        "tail_level": ("exp", 0.03, 1),
        "mid_above": ("exp", 300, 6000),  # Hz
        "mid_below": audible(800, 18000, sample_rate),
        "mid_q": ("exp", 0.4, 4),
        "mid": ("exp", 0.02, 3),  # gain, as is low
        "low_decay": ("exp", 0.01, 1),  # seconds
        "low_below": audible(200, 8000, sample_rate),
        "low_q": ("exp", 0.4, 3),
        "low": ("exp", 0.01, 3),
    }


def clap_808(sample_rate: int = 44100, seconds: float = 0.35) -> NDArray[np.float32]:
    """Synthesise a clap in the manner of the TR-808: noise around 1 kHz, struck three times within 20 ms, and a room.

    Parameters
    ----------
    sample_rate : Hz
    seconds : length

    Returns
    -------
    float32 array [samples], peak 0.9
    """
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    noise = band(np.random.default_rng(808).normal(size=len(time)), sample_rate, 700, 2500)
    hands = sum(np.exp(-np.maximum(time - begin, 0) / 0.004) * (time >= begin) for begin in (0, 0.01, 0.02))
    room = 0.5 * np.exp(-np.maximum(time - 0.02, 0) / 0.06) * (time >= 0.02)
    fade = np.clip((seconds - time) / (0.1 * seconds), 0, 1)
    return peaked(np.tanh(0.7 * noise * (hands + room)) * fade)


clap = TASKS.register("clap")(
    ProgramTask(name="clap", id="Clap-v0", code=CODE, parameters=_parameters, synthesise=clap_808)
)


class ClapEnv(TaskEnv, task=clap):
    """Imitate a clap.

    One step: noise in a band, struck three times with one gap and then ringing on, over low noise, against a
    synthesised 808-style clap of 0.35 s or a recording.
    """
