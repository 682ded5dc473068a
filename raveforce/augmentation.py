"""Other takes of a recording: played faster or slower, quieter, shorter, in a room, with noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raveforce import audio as audio_files

__all__ = ["Augmentation", "make_augmentation"]

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Augmentation:
    """Changes a recording at random, each part of it drawn anew.

    Speed, gain and decay change every sound; half of the sounds get noise and half a room.

    Parameters
    ----------
    speed : octaves up or down at most; pitch and length change together, as on a turntable
    gain : dB quieter at most
    decay : dB by which the end is quieter at most, falling evenly from the beginning
    noise : level of the noise at most, dB of the sound's peak, and up to 40 dB below; None adds none
    room : level of the reverberation at most, share of the sound's energy

    Examples
    --------
    >>> sound = np.sin(np.arange(4410) / 10).astype(np.float32)
    >>> take = Augmentation(speed=0, decay=0, noise=None, room=0)(sound, np.random.default_rng(0), 44100)
    >>> len(take), bool(np.abs(take).max() < np.abs(sound).max())
    (4410, True)
    """

    speed: float = 0.5
    gain: float = 12.0
    decay: float = 24.0
    noise: float | None = -40.0
    room: float = 0.1

    def __post_init__(self) -> None:
        for name in ("speed", "gain", "decay", "room"):
            if not 0 <= getattr(self, name) < np.inf:
                raise ValueError(f"augment.{name} must be 0 or more, got {getattr(self, name)!r}")
        if self.speed > 4:
            raise ValueError(f"augment.speed is in octaves, at most 4, got {self.speed!r}")

    def __call__(self, sound: Array, rng: np.random.Generator, sample_rate: int) -> Array:
        """Another take of a sound, float32 [samples]; its length changes with the speed."""
        speed, gain, decay, noise, room = rng.uniform(size=5)
        # All are drawn before any is used, so that one setting does not change what the others bring.
        hiss, reverberation, seed = rng.uniform(size=2) < 0.5, rng.uniform(0.05, 0.4), rng.integers(2**63)
        noises = np.random.default_rng(seed)
        peak = float(np.abs(sound).max())
        # A rate in whole tens of Hz, since resampling between rates without common factors is slow.
        rate = round(sample_rate * 2 ** (self.speed * (1 - 2 * speed)), -1)
        take = audio_files.resample(sound, sample_rate, rate) if rate != sample_rate else sound
        take = take * 10 ** (-self.decay * decay / 20 * np.linspace(0, 1, len(take), dtype=np.float32))
        if hiss[0] and self.room:
            take = take + _room(take, noises, reverberation * sample_rate) * np.sqrt(self.room * room)
        if hiss[1] and self.noise is not None:
            level = peak * 10 ** ((self.noise - 40 * noise) / 20)
            take = take + level * noises.standard_normal(len(take), dtype=np.float32)
        take = take * (10 ** (-self.gain * gain / 20) * peak / max(float(np.abs(take).max()), 1e-9))
        return np.asarray(take, dtype=np.float32)


def make_augmentation(spec: bool | Mapping[str, Any] | Augmentation | None) -> Augmentation | None:
    """The augmentation that a setting means: True or a mapping of its parameters; None or False changes nothing.

    Raises
    ------
    ValueError
        Unknown parameters, or values that do not fit.
    """
    if isinstance(spec, Augmentation):
        return spec
    if spec is None or spec is False:
        return None
    options = {} if spec is True else {str(name): value for name, value in spec.items()}
    known = [field.name for field in fields(Augmentation)]
    unknown = set(options) - set(known)
    if unknown:
        raise ValueError(f"augment does not take {', '.join(sorted(unknown))}; it takes {', '.join(known)}")
    return Augmentation(**options)


def _room(sound: Array, rng: np.random.Generator, fading: float) -> Array:
    """A sound's reverberation, of the sound's energy and length: noise that falls by 60 dB in ``fading`` samples."""
    from scipy.signal import oaconvolve  # takes long to import

    time = np.arange(1, min(len(sound), round(fading)) + 1, dtype=np.float32)
    echo = rng.standard_normal(len(time), dtype=np.float32) * 10 ** (-3 * time / np.float32(fading))
    wet = oaconvolve(sound, echo)[: len(sound)]
    energy = float(np.square(wet).sum())
    return np.asarray(wet * np.sqrt(float(np.square(sound).sum()) / max(energy, 1e-12)), dtype=np.float32)
