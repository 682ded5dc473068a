"""Drums that no template can quite say, made with numpy: targets for the policy beside recordings.

They are made otherwise than templates: bodies of many decaying modes, frequency modulation, hats of square waves, noise
shaped by random spectra, claps of several bursts, and a saturation over all.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import fft

__all__ = ["DRUMS", "drum"]

Array = NDArray[np.float64]
Random = np.random.Generator

RATE = 44100


def drum(rng: Random, kind: str | None = None) -> NDArray[np.float32]:
    """A drum at random, float32 [samples] at 44.1 kHz, peak 0.9, 0.1 to 2.5 seconds long.

    Parameters
    ----------
    rng : random numbers
    kind : a name in ``DRUMS``; None takes any
    """
    name = str(rng.choice(list(DRUMS))) if kind is None else kind
    sound = DRUMS[name](rng)
    # Half of the sounds are driven: odd partials, and a level that falls later.
    drive = _log(rng, 0.3, 4) if rng.random() < 0.5 else 0
    peak = np.abs(sound).max()
    sound = np.tanh(drive * sound / peak) if drive else sound / peak
    loud = np.flatnonzero(np.abs(sound) > 1e-3 * np.abs(sound).max())
    sound = sound[: loud[-1] + 1]
    fade = min(len(sound), 400)
    sound[-fade:] *= np.linspace(1, 0, fade)
    return (0.9 * sound / np.abs(sound).max()).astype(np.float32)


def _kick(rng: Random) -> Array:
    time = _time(rng, 0.2, 1.2)
    low = _log(rng, 35, 110)
    # Two exponential falls of the pitch, a fast one in the attack and a slow one after it.
    pitch = low * (
        1
        + _log(rng, 0.2, 12) * _fall(time, _log(rng, 0.003, 0.03))
        + rng.uniform(0, 0.7) * _fall(time, _log(rng, 0.03, 0.2))
    )
    phase = 2 * np.pi * (np.cumsum(pitch) / RATE + rng.random())
    body = np.sin(phase + rng.uniform(0, 1) * np.sin(phase)) * _body(rng, time, 0.04, 0.5)
    click = _noise(rng, len(time)) * _fall(time, _log(rng, 0.001, 0.02)) * _log(rng, 0.01, 0.6)
    return body + click + _modes(rng, time, 3, 150, 1500, 0.005, 0.1) * _log(rng, 0.01, 0.3)


def _snare(rng: Random) -> Array:
    time = _time(rng, 0.12, 0.7)
    shell = _modes(rng, time, int(rng.integers(2, 7)), 130, 900, 0.02, 0.2, bend=rng.uniform(0, 0.5))
    wires = _noise(rng, len(time)) * _body(rng, time, 0.02, 0.3)
    return shell * _log(rng, 0.1, 1) + wires * _log(rng, 0.1, 1.5)


def _hat(rng: Random) -> Array:
    time = _time(rng, 0.05, 0.6)
    decay = _log(rng, 0.008, 0.3)
    metal = _squares(rng, time) if rng.random() < 0.5 else 0
    return _highs(rng, metal + _noise(rng, len(time)) * _log(rng, 0.1, 2), 1500, 9000) * _body(
        rng, time, decay / 2, decay
    )


def _cymbal(rng: Random) -> Array:
    time = _time(rng, 0.8, 2.5)
    metal = _modes(rng, time, 40, 400, 14000, 0.1, 1.5) + _squares(rng, time) * rng.uniform(0, 0.5)
    hiss = _noise(rng, len(time)) * _body(rng, time, 0.1, 0.8) * _log(rng, 0.2, 2)
    return _highs(rng, metal + hiss, 200, 4000)


def _tom(rng: Random) -> Array:
    time = _time(rng, 0.2, 1.5)
    skin = _modes(rng, time, int(rng.integers(1, 6)), 60, 400, 0.05, 0.5, bend=rng.uniform(0, 0.8))
    return skin + _noise(rng, len(time)) * _fall(time, _log(rng, 0.003, 0.08)) * _log(rng, 0.01, 0.4)


def _clap(rng: Random) -> Array:
    time = _time(rng, 0.15, 0.7)
    onsets = np.cumsum(np.append(0, rng.uniform(0.004, 0.02, int(rng.integers(1, 5)))))
    bursts = sum(_fall(time - onset, _log(rng, 0.002, 0.008)) * rng.uniform(0.4, 1) for onset in onsets)
    tail = _fall(time - onsets[-1], _log(rng, 0.02, 0.2)) * rng.uniform(0.2, 1)
    return _noise(rng, len(time)) * (bursts + tail)


def _bell(rng: Random) -> Array:
    time = _time(rng, 0.1, 1.5)
    if rng.random() < 0.5:
        return _modes(rng, time, int(rng.integers(1, 9)), 150, 4000, 0.02, 0.6)
    pitch, ratio, depth = _log(rng, 80, 1500), rng.uniform(0.3, 4), _log(rng, 0.3, 6)
    modulator = depth * _fall(time, _log(rng, 0.01, 0.3)) * np.sin(2 * np.pi * pitch * ratio * time)
    return np.sin(2 * np.pi * pitch * time + modulator) * _body(rng, time, 0.03, 0.5)


def _bass(rng: Random) -> Array:
    time = _time(rng, 0.3, 1.5)
    pitch = _log(rng, 32, 200)
    partials = np.arange(1, 40)[:, None]
    decay = _log(rng, 0.1, 1) / partials ** rng.uniform(0, 1.2)
    levels = partials ** -rng.uniform(0.5, 2.0) * (1 if rng.random() < 0.5 else partials % 2)
    tones = np.sin(2 * np.pi * partials * pitch * time) * np.exp(-time / decay) * (partials * pitch < RATE / 2)
    return (levels * tones).sum(axis=0) * (1 - _fall(time, _log(rng, 0.0005, 0.02)))


DRUMS: dict[str, Callable[[Random], Array]] = {
    "kick": _kick,
    "snare": _snare,
    "hihat": _hat,
    "cymbal": _cymbal,
    "tom": _tom,
    "clap": _clap,
    "bell": _bell,
    "bass": _bass,
}
"""What they are called, and what makes them."""


def _log(rng: Random, low: float, high: float) -> float:
    """A number between two, each octave as likely."""
    return float(low * (high / low) ** rng.random())


def _time(rng: Random, low: float, high: float) -> Array:
    return np.arange(round(_log(rng, low, high) * RATE)) / RATE


def _fall(time: Array, seconds: float) -> Array:
    """An exponential fall from time 0 on, and nothing before."""
    return np.where(time < 0, 0, np.exp(-np.maximum(time, 0) / seconds))


def _body(rng: Random, time: Array, low: float, high: float) -> Array:
    """A short attack, then two exponential falls."""
    first, second, share = _log(rng, low, high), _log(rng, low, 2 * high), rng.uniform(0, 0.5)
    attack = 1 - _fall(time, _log(rng, 0.0001, 0.004))
    return attack * ((1 - share) * _fall(time, first) + share * _fall(time, second))


def _modes(
    rng: Random, time: Array, count: int, low: float, high: float, short: float, long: float, bend: float = 0
) -> Array:
    """Decaying sines at random pitches, the higher the quieter and shorter; ``bend`` in octaves at the attack."""
    pitches = np.sort([_log(rng, low, high) for _ in range(count)])
    bent = np.cumsum(2 ** (bend * _fall(time, 0.02))) / RATE
    sound = np.zeros_like(time)
    for pitch in pitches:
        decay = _log(rng, short, long) * (pitches[0] / pitch) ** 0.3
        sound += rng.uniform(0.2, 1) * np.sin(2 * np.pi * (pitch * bent + rng.random())) * _fall(time, decay)
    return sound / np.sqrt(count)


def _noise(rng: Random, samples: int) -> Array:
    """Noise whose spectrum is a random smooth curve."""
    spectrum = fft.rfft(rng.standard_normal(samples))
    octaves = np.log2(np.maximum(fft.rfftfreq(samples, 1 / RATE), 20) / 20)
    knots = rng.normal(0, 9, 6) + rng.uniform(-6, 4) * np.linspace(0, 5, 6)
    noise = fft.irfft(spectrum * 10 ** (np.interp(octaves, np.linspace(0, 10, 6), knots) / 20), samples)
    return np.asarray(noise / np.abs(noise).max())


def _highs(rng: Random, sound: Array, low: float, high: float) -> Array:
    """What lies above a random cutoff, of a random steepness."""
    cutoff, order = _log(rng, low, high), rng.uniform(1, 4)
    ratio = np.maximum(fft.rfftfreq(len(sound), 1 / RATE), 1) / cutoff
    return np.asarray(fft.irfft(fft.rfft(sound) / np.sqrt(1 + ratio ** (-2 * order)), len(sound)))


def _squares(rng: Random, time: Array) -> Array:
    """Six square waves, as in the hats of drum machines."""
    base = _log(rng, 200, 800)
    waves = [np.sign(np.sin(2 * np.pi * base * rng.uniform(1, 4) * time)) for _ in range(6)]
    return np.asarray(np.mean(waves, axis=0))
