"""Kick drum: a sine with a falling pitch under a percussive envelope."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from raveforce.task import Task, define
from raveforce.tasks.base import TASKS, TaskEnv, peaked

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


@TASKS.register("kick")
def kick(
    target: ArrayLike | str | Path | None = None,
    *,
    sample_rate: int = 44100,
    trim: bool = True,
    normalise: bool = True,
) -> Task:
    """The kick task.

    Parameters
    ----------
    target : a recording's path or float array [samples]; None synthesises one (``kick_808``)
    sample_rate : Hz
    trim, normalise : cut silence off a recording's ends, scale it to a peak of 0.9
    """
    return define(
        CODE,
        kick_808(sample_rate) if target is None else target,
        PARAMETERS,
        sample_rate=sample_rate,
        trim=trim,
        normalise=normalise,
        name="kick",
    )


class KickEnv(TaskEnv):
    """Imitate a kick drum with six numbers.

    Description
    -----------
    One step: a sine whose pitch falls under a percussive envelope, against a synthesised 808-style kick of 0.4 s
    or a recording.

    Action Space
    ------------
    ``Box(-1, 1, (6,))``: sweep_decay, sweep, freq, attack, decay, gain.

    Observation Space
    -----------------
    Log-mel spectrograms of attempt and target, flattened, in [0, 1].

    Rewards
    -------
    Minus the multi-resolution STFT distance to the target divided by that of silence: -1 for silence, 0 at best.

    Starting State
    --------------
    Silence.

    Episode End
    -----------
    After one step.

    Arguments
    ---------
    target : a recording's path or float array [samples]; None synthesises one
    sample_rate : Hz
    trim, normalise : what to do with a recording
    reward, observation, actions, engine, engine_options, render_mode : see RaveForceEnv

    Version History
    ---------------
    v0: first version.
    """

    define = staticmethod(kick)
