"""Tone, second version: a sine bent by another whose grip loosens, a second partial, and the stroke's noise."""

from __future__ import annotations

from raveforce.tasks.definition import TASKS, ProgramTask
from raveforce.tasks.environment import TaskEnv
from raveforce.tasks.tone import bell_tone

__all__ = ["ToneV1Env", "tone_v1"]

CODE = """\
~hit: imp 0.1
~grip: ~hit >> envperc 0.0003 {depth_decay}
~depth: ~grip >> mul ~grip >> mul {depth}
~bend: sin {modulator} >> mul ~depth >> add {freq}
~fade: ~hit >> envperc {attack} {decay}
tone: sin ~bend >> mul ~fade >> mul ~fade >> mul {tone}
~ring: ~hit >> envperc {partial_attack} {partial_decay}
partial: sin {partial_freq} >> mul ~ring >> mul ~ring >> mul {partial}
~stroke: ~hit >> envperc 0.0003 {high_decay}
high: noise 600007 >> hpf {high_above} 0.7 >> mul ~stroke >> mul ~stroke >> mul {high}
"""
"""Frequency modulation whose index falls makes what is struck bright at first (Chowning 1973)."""

# From fits of 9 recorded bells, blips and tablas: what most of them took, and twice as far (see docs/sounds.md).
PARAMETERS = {
    "depth_decay": ("exp", 0.01, 2),  # seconds
    "depth": ("exp", 2, 5000),  # Hz
    "modulator": ("exp", 15, 6000),  # Hz
    "freq": ("exp", 60, 3000),  # Hz
    "attack": ("exp", 0.0003, 0.1),  # seconds
    "decay": ("exp", 0.01, 4),  # seconds
    "tone": ("exp", 0.05, 1.5),  # gain, as are partial and high
    "partial_attack": ("exp", 0.0003, 0.05),  # seconds
    "partial_decay": ("exp", 0.01, 3),  # seconds
    "partial_freq": ("exp", 80, 6000),  # Hz
    "partial": ("exp", 0.005, 1),
    "high_decay": ("exp", 0.003, 1),  # seconds
    "high_above": ("exp", 1000, 8000),  # Hz
    "high": ("exp", 0.002, 0.3),
}

tone_v1 = TASKS.register("tone_v1")(
    ProgramTask(
        name="tone_v1",
        id="Tone-v1",
        code=CODE,
        parameters=PARAMETERS,
        synthesise=bell_tone,
        history={
            "v1": "a template for recordings: a modulation that fades, a second partial, noise.",
            "v0": "nine numbers, still there as ``tone``.",
        },
    )
)


class ToneV1Env(TaskEnv, task=tone_v1):
    """Imitate a struck tone: bells, blocks, blips.

    One step: a sine under a frequency modulation that fades, another partial and a stroke of noise, against a
    synthesised tone of 0.5 s or a recording.
    """
