"""Hi-hat, second version: two resonant bands of noise."""

from __future__ import annotations

from raveforce.tasks.definition import TASKS, ProgramTask
from raveforce.tasks.environment import TaskEnv
from raveforce.tasks.hihat import hihat_808
from raveforce.tasks.synthesis import audible

__all__ = ["HiHatV1Env", "hihat_v1"]

CODE = """\
~hit: imp 0.1
~ring: ~hit >> envperc {mid_attack} {mid_decay}
~metal: ~ring >> mul ~ring
mid: noise 300007 >> hpf {mid_above} {mid_q} >> lpf {mid_below} 0.7 >> mul ~metal >> mul ~metal >> mul {mid}
~hiss: ~hit >> envperc {high_attack} {high_decay}
~air: ~hiss >> mul ~hiss
high: noise 600007 >> hpf {high_above} {high_q} >> mul ~air >> mul ~air >> mul {high}
"""
"""Envelopes are squared twice, and so fade as recordings do."""


def _parameters(sample_rate: int) -> dict[str, tuple[str, float, float]]:
    """From fits of 3 recorded hats and 6 cymbals: what most of them took, and twice as far (see docs/sounds.md)."""
    return {
        "mid_attack": ("exp", 0.0003, 0.04),  # seconds
        "mid_decay": ("exp", 0.02, 4),  # seconds
        "mid_above": ("exp", 2500, 12000),  # Hz
        "mid_q": ("exp", 0.4, 4),
        "mid_below": audible(1500, 18000, sample_rate),
        "mid": ("exp", 0.008, 0.8),  # gain, as is high
        "high_attack": ("exp", 0.0003, 0.04),  # seconds
        "high_decay": ("exp", 0.02, 4),  # seconds
        "high_above": ("exp", 3000, 15000),  # Hz
        "high_q": ("exp", 0.4, 4),
        "high": ("exp", 0.01, 0.8),
    }


hihat_v1 = TASKS.register("hihat_v1")(
    ProgramTask(
        name="hihat_v1",
        id="HiHat-v1",
        code=CODE,
        parameters=_parameters,
        synthesise=hihat_808,
        history={
            "v1": "a template for recordings: two bands of noise, envelopes squared twice.",
            "v0": "five numbers, still there as ``hihat``.",
        },
    )
)


class HiHatV1Env(TaskEnv, task=hihat_v1):
    """Imitate a hi-hat, also a recorded one.

    One step: two bands of noise, each with an attack, a decay and a resonance of its own, against a synthesised
    808-style closed hi-hat of 0.15 s or a recording.
    """
