"""Hi-hat: high noise under an envelope."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from raveforce.tasks.definition import TASKS, ProgramTask
from raveforce.tasks.environment import TaskEnv
from raveforce.tasks.synthesis import peaked

__all__ = ["HiHatEnv", "hihat", "hihat_808"]

CODE = """\
~env: imp 0.1 >> envperc {attack} {decay} >> mul {gain}
hat: noise 7 >> hpf {cutoff} {resonance} >> mul ~env
"""

PARAMETERS = {
    "attack": ("exp", 0.0002, 0.02),  # seconds
    "decay": ("exp", 0.01, "max(duration, 0.02)"),  # seconds
    "gain": ("exp", 0.05, 2),
    "cutoff": ("exp", 4000, 16000),  # Hz
    "resonance": ("exp", 0.5, 4),
}


def hihat_808(sample_rate: int = 44100, seconds: float = 0.15) -> NDArray[np.float32]:
    """Synthesise a closed hi-hat in the manner of the TR-808: six square waves out of tune, high-passed.

    The squares lie between 205 and 800 Hz (their frequencies: Werner, Abel & Smith, ICMC 2014); what is heard are
    their upper partials and a little noise, above 7 kHz.

    Parameters
    ----------
    sample_rate : Hz
    seconds : length

    Returns
    -------
    float32 array [samples], peak 0.9
    """
    from scipy import signal

    time = np.arange(round(seconds * sample_rate)) / sample_rate
    squares = np.zeros_like(time)
    for freq in (205.3, 304.4, 369.6, 522.7, 540.0, 800.0):
        squares += np.sign(np.sin(2 * np.pi * freq * time))
    metal = squares / 6 + 0.3 * np.random.default_rng(808).normal(size=len(time))
    cutoff = min(7000, 0.4 * sample_rate)
    high = signal.sosfilt(signal.butter(3, cutoff, "highpass", fs=sample_rate, output="sos"), metal)
    fade = np.clip((seconds - time) / (0.1 * seconds), 0, 1)
    return peaked(high * (1 - np.exp(-time / 0.0004)) * np.exp(-time / 0.03) * fade)


hihat = TASKS.register("hihat")(
    ProgramTask(
        name="hihat",
        id="HiHat-v0",
        code=CODE,
        parameters=PARAMETERS,
        synthesise=hihat_808,
    )
)


class HiHatEnv(TaskEnv, task=hihat):
    """Imitate a hi-hat with five numbers.

    One step: high-passed noise under a percussive envelope, against a synthesised 808-style closed hi-hat of
    0.15 s or a recording.
    """
