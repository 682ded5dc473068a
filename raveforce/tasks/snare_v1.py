"""Snare drum, second version: a falling sine that fades at two rates, another mode, and noise in two bands."""

from __future__ import annotations

from raveforce.tasks.definition import TASKS, ProgramTask
from raveforce.tasks.environment import TaskEnv
from raveforce.tasks.snare import snare_808
from raveforce.tasks.synthesis import audible

__all__ = ["SnareV1Env", "snare_v1"]

CODE = """\
~hit: imp 0.1
~fall: ~hit >> envperc 0.0001 {body_sweep_decay}
~steep: ~fall >> mul ~fall
~pitch: ~steep >> mul ~steep >> mul {body_sweep} >> add {body_freq}
~tail: ~hit >> envperc {body_attack} {body_tail}
~late: ~tail >> mul ~tail >> mul {body_tail_level}
~strike: ~hit >> envperc {body_attack} {body_decay}
~loud: ~strike >> mul ~strike >> add ~late
body: sin ~pitch >> mul ~loud >> mul {body}
~ring: ~hit >> envperc {mode_attack} {mode_decay}
mode: sin {mode_freq} >> mul ~ring >> mul ~ring >> mul {mode}
~rattle: ~hit >> envperc 0.0003 {low_decay}
~wires: ~rattle >> mul ~rattle
low: noise 7 >> lpf {low_below} {low_q} >> mul ~wires >> mul ~wires >> mul {low}
~hiss: ~hit >> envperc 0.0003 {high_decay}
~air: ~hiss >> mul ~hiss
high: noise 600007 >> hpf {high_above} {high_q} >> mul ~air >> mul ~air >> mul {high}
"""
"""The noises' envelopes are squared twice: wires fade faster than the shell."""


def _parameters(sample_rate: int) -> dict[str, tuple[str, float, float]]:
    """From fits of 10 recorded snares: what most of them took, and twice as far (see docs/sounds.md)."""
    return {
        "body_sweep_decay": ("exp", 0.003, 0.25),  # seconds
        "body_sweep": ("exp", 5, 1500),  # Hz above body_freq at the attack
        "body_freq": ("exp", 60, 450),  # Hz
        "body_attack": ("exp", 0.0003, 0.05),  # seconds
        "body_tail": ("exp", 0.025, 2),  # seconds
        "body_tail_level": ("exp", 0.02, 1),
        "body_decay": ("exp", 0.03, 1.5),  # seconds
        "body": ("exp", 0.04, 1.5),  # gain, as are mode, low and high
        "mode_attack": ("exp", 0.0003, 0.04),  # seconds
        "mode_decay": ("exp", 0.01, 1),  # seconds
        "mode_freq": ("exp", 130, 2500),  # Hz
        "mode": ("exp", 0.01, 1.5),
        "low_decay": ("exp", 0.03, 2.5),  # seconds
        "low_below": audible(250, 10000, sample_rate),
        "low_q": ("exp", 0.4, 3),
        "low": ("exp", 0.02, 3),
        "high_decay": ("exp", 0.008, 1.5),  # seconds
        "high_above": ("exp", 1000, 10000),  # Hz
        "high_q": ("exp", 0.4, 3),
        "high": ("exp", 0.0025, 0.4),
    }


snare_v1 = TASKS.register("snare_v1")(
    ProgramTask(
        name="snare_v1",
        id="Snare-v1",
        code=CODE,
        parameters=_parameters,
        synthesise=snare_808,
        history={
            "v1": "a template for recordings: squared envelopes, two modes, noise in two bands.",
            "v0": "seven numbers, still there as ``snare``.",
        },
    )
)


class SnareV1Env(TaskEnv, task=snare_v1):
    """Imitate a snare drum, also a recorded one.

    One step: two modes of the shell, of which one falls in pitch and fades at two rates, and noise in two bands,
    against a synthesised 808-style snare of 0.3 s or a recording.
    """
