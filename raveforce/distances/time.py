"""Distances that compare sounds along time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from raveforce import spectra
from raveforce.distances.base import DISTANCES, Array, Features, NamedDistance

__all__ = ["Envelope", "Waveform"]


@DISTANCES.register("waveform")
@dataclass(frozen=True)
class Waveform(NamedDistance):
    """Mean squared error of the samples, the distance of the first RaveForce.

    Sensitive to gain, phase and shift: two sines of the same pitch can be far apart. Blind to likeness: silence is
    nearer than another burst of the right noise.

    References
    ----------
    Lan, Tørresen & Jensenius (2019). RaveForce: a deep reinforcement learning environment for music generation. SMC.
    """

    def features(self, audio: Array) -> Features:
        """The samples themselves."""
        return (audio,)

    def between(self, features: Features, target: Features) -> NDArray[np.float64]:
        """Mean over the samples."""
        return np.square(features[0] - target[0]).mean(axis=-1, dtype=np.float64)


@DISTANCES.register("envelope")
@dataclass(frozen=True)
class Envelope(NamedDistance):
    """Mean absolute difference of loudness over time (root mean square of short frames).

    Blind to pitch, timbre and phase; sensitive to gain and to shifts longer than a frame.
    """

    frame_length: int = 512
    hop_length: int = 128

    def features(self, audio: Array) -> Features:
        """Loudness of every frame."""
        return (spectra.envelope(audio, frame_length=self.frame_length, hop_length=self.hop_length),)

    def between(self, features: Features, target: Features) -> NDArray[np.float64]:
        """Mean over frames."""
        return np.abs(features[0] - target[0]).mean(axis=-1, dtype=np.float64)
