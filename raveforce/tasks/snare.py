"""Snare drum: filtered noise over a short tone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from raveforce.task import Task, define
from raveforce.tasks.base import TASKS, TaskEnv, peaked

__all__ = ["SnareEnv", "snare", "snare_808"]

CODE = """\
~snap: imp 0.1 >> envperc 0.001 {noise_decay} >> mul {noise}
~thud: imp 0.1 >> envperc 0.001 {body_decay} >> mul {body}
~low: noise 7 >> lpf {low} 0.7 >> mul -1.0
snares: noise 7 >> add ~low >> lpf {high} 0.7 >> mul ~snap
drum: sin {freq} >> mul ~thud
"""

PARAMETERS = {
    "noise_decay": ("exp", 0.02, "max(duration, 0.04)"),  # seconds
    "noise": ("exp", 0.05, 2),  # gain
    "body_decay": ("exp", 0.01, "max(duration, 0.04)"),  # seconds
    "body": ("exp", 0.05, 2),  # gain
    "low": ("exp", 100, 4000),  # Hz: the noise below is taken away
    "high": ("exp", 2000, 16000),  # Hz: the noise above is damped
    "freq": ("exp", 80, 500),  # Hz
}


def snare_808(sample_rate: int = 44100, seconds: float = 0.3) -> NDArray[np.float32]:
    """Synthesise a snare drum in the manner of the TR-808: two modes of the shell and high-passed noise.

    The modes ring at 180 and 330 Hz, the noise is cut below some 1 kHz and fades with two rates, so no program of
    the snare task reaches it exactly.

    Parameters
    ----------
    sample_rate : Hz
    seconds : length

    Returns
    -------
    float32 array [samples], peak 0.9
    """
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    fade = np.clip((seconds - time) / (0.1 * seconds), 0, 1)
    shell = np.sin(2 * np.pi * 180 * time) * np.exp(-time / 0.06) + 0.5 * np.sin(2 * np.pi * 330 * time) * np.exp(
        -time / 0.03
    )
    noise = band(np.random.default_rng(808).normal(size=len(time)), sample_rate, 1000, 9000)
    wires = noise * (0.7 * np.exp(-time / 0.03) + 0.3 * np.exp(-time / 0.1))
    return peaked(np.tanh((0.8 * shell + 0.45 * wires) * fade))


def band(noise: NDArray[np.float64], sample_rate: int, low: float, high: float) -> NDArray[np.float64]:
    """Keep what lies between two frequencies (Hz), with slopes of a second-order Butterworth; unit power."""
    from scipy import signal

    high = min(high, 0.45 * sample_rate)
    kept = signal.sosfilt(signal.butter(2, (low, high), "bandpass", fs=sample_rate, output="sos"), noise)
    return np.asarray(kept / np.sqrt(np.square(kept).mean()))


@TASKS.register("snare")
def snare(
    target: ArrayLike | str | Path | None = None,
    *,
    sample_rate: int = 44100,
    trim: bool = True,
    normalise: bool = True,
) -> Task:
    """The snare task.

    Parameters
    ----------
    target : a recording's path or float array [samples]; None synthesises one (``snare_808``)
    sample_rate : Hz
    trim, normalise : cut silence off a recording's ends, scale it to a peak of 0.9
    """
    return define(
        CODE,
        snare_808(sample_rate) if target is None else target,
        PARAMETERS,
        sample_rate=sample_rate,
        trim=trim,
        normalise=normalise,
        name="snare",
    )


class SnareEnv(TaskEnv):
    """Imitate a snare drum with seven numbers.

    Description
    -----------
    One step: noise between two cutoffs over a sine, each under an envelope of its own, against a synthesised
    808-style snare of 0.3 s or a recording.

    Action Space
    ------------
    ``Box(-1, 1, (7,))``: noise_decay, noise, body_decay, body, low, high, freq.

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

    define = staticmethod(snare)
