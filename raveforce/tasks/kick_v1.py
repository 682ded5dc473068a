"""Kick drum, second version: a falling sine that fades at two rates, another mode, and noise in two bands."""

from __future__ import annotations

from raveforce.tasks.definition import TASKS, ProgramTask
from raveforce.tasks.environment import TaskEnv
from raveforce.tasks.kick import kick_808

__all__ = ["KickV1Env", "kick_v1"]

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
~thump: ~hit >> envperc 0.0003 {low_decay}
low: noise 7 >> lpf {low_below} 0.7 >> mul ~thump >> mul ~thump >> mul {low}
~click: ~hit >> envperc 0.0003 {high_decay}
high: noise 600007 >> hpf {high_above} 0.7 >> mul ~click >> mul ~click >> mul {high}
"""
"""Squared envelopes fade as recordings do: fast at first, and then more and more slowly, to silence.

The noises' seeds lie far apart, since seeds are places in one sequence: neighbours would be echoes of each other.
"""

# From fits of 18 recorded kicks: what most of them took, and twice as far (see docs/sounds.md).
PARAMETERS = {
    "body_sweep_decay": ("exp", 0.004, 0.6),  # seconds
    "body_sweep": ("exp", 5, 1000),  # Hz above body_freq at the attack
    "body_freq": ("exp", 25, 110),  # Hz
    "body_attack": ("exp", 0.0003, 0.05),  # seconds
    "body_tail": ("exp", 0.05, 2),  # seconds
    "body_tail_level": ("exp", 0.01, 1),
    "body_decay": ("exp", 0.03, 2),  # seconds
    "body": ("exp", 0.2, 1.5),  # gain, as are mode, low and high
    "mode_attack": ("exp", 0.0003, 0.04),  # seconds
    "mode_decay": ("exp", 0.006, 0.6),  # seconds
    "mode_freq": ("exp", 40, 2000),  # Hz
    "mode": ("exp", 0.003, 0.8),
    "low_decay": ("exp", 0.003, 1.5),  # seconds
    "low_below": ("exp", 50, 6000),  # Hz
    "low": ("exp", 0.004, 3),
    "high_decay": ("exp", 0.001, 0.6),  # seconds
    "high_above": ("exp", 1000, 10000),  # Hz
    "high": ("exp", 0.0003, 0.3),
}

kick_v1 = TASKS.register("kick_v1")(
    ProgramTask(
        name="kick_v1",
        id="Kick-v1",
        code=CODE,
        parameters=PARAMETERS,
        synthesise=kick_808,
        history={
            "v1": "a template for recordings: squared envelopes, two modes, noise in two bands.",
            "v0": "six numbers, still there as ``kick``.",
        },
    )
)


class KickV1Env(TaskEnv, task=kick_v1):
    """Imitate a kick drum, also a recorded one.

    One step: a sine whose pitch falls and which fades at two rates, a second mode, a low thump and a high click of
    noise, against a synthesised 808-style kick of 0.4 s or a recording.
    """
