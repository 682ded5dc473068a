"""Kick drum: a sine with a falling pitch under a percussive envelope."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from raveforce.tasks.definition import TASKS, ProgramTask
from raveforce.tasks.environment import TaskEnv
from raveforce.tasks.synthesis import peaked

__all__ = ["KickEnv", "kick", "kick_808"]

CODE = """\
~sweep: imp 0.1 >> envperc 0.001 {sweep_decay} >> mul {sweep} >> add {freq}
~env: imp 0.1 >> envperc {attack} {decay} >> mul {gain}
kick: sin ~sweep >> mul ~env
"""

PARAMETERS = {
    "sweep_decay": ("exp", 0.01, 0.1),  # seconds
    "sweep": ("exp", 20, 400),  # Hz above freq at the attack
    "freq": ("exp", 35, 110),  # Hz
    "attack": ("exp", 0.0005, 0.01),  # seconds
    "decay": ("exp", 0.05, "max(duration, 0.1)"),  # seconds
    "gain": ("lin", 0.3, 1.2),
}


def kick_808(sample_rate: int = 44100, seconds: float = 0.4) -> NDArray[np.float32]:
    """Synthesise a kick drum in the manner of the TR-808: a decaying resonance near 50 Hz whose pitch starts high.

    For the first milliseconds the pitch is more than an octave higher, a faint click marks the attack and a soft
    saturation adds odd partials, so no program of the kick task reaches it exactly. (On the original circuit, its
    49.5 Hz and the brief higher pitch of its attack: Werner, Abel & Smith, DAFx 2014.)

    Parameters
    ----------
    sample_rate : Hz
    seconds : length

    Returns
    -------
    float32 array [samples], peak 0.9
    """
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    pitch = 49.5 + 80 * np.exp(-time / 0.006)
    phase = 2 * np.pi * np.cumsum(pitch) / sample_rate
    # The last tenth fades out, so that cutting the decay off does not click.
    fade = np.clip((seconds - time) / (0.1 * seconds), 0, 1)
    body = np.sin(phase) * np.exp(-time / 0.12) * (1 - np.exp(-time / 0.0008)) * fade
    click = 0.12 * np.sin(2 * np.pi * 1300 * time) * np.exp(-time / 0.0025)
    return peaked(np.tanh(1.4 * (body + click)))


kick = TASKS.register("kick")(
    ProgramTask(
        name="kick",
        id="Kick-v0",
        code=CODE,
        parameters=PARAMETERS,
        synthesise=kick_808,
    )
)


class KickEnv(TaskEnv, task=kick):
    """Imitate a kick drum with six numbers.

    One step: a sine whose pitch falls under a percussive envelope, against a synthesised 808-style kick of 0.4 s
    or a recording.
    """
