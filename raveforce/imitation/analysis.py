"""Answers to a sound from what can be measured in it: its pitch, its colour, how its bands rise and fade. No learning.

A template's parameters say by their names what they are: ``body_freq``, ``body_sweep``, ``low_decay``, ``high_above``
... What is measured is written under these names; what has no measure is left in the middle of its range.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from raveforce.parameter_space import ParameterSpace
from raveforce.parameters import Exp, Lin, Rel
from raveforce.task import Task

__all__ = ["analyse"]

Floats = NDArray[np.float64]

TONES = ("body", "mode", "tone", "partial")
NOISES = ("low", "mid", "high")
ANSWERS = 12
DOUBT = 0.2
"""Standard deviation of the answers around what was measured."""
HOP = 64
"""Samples between two measures of a level."""
ATTACKS = np.array([0.0005, 0.001, 0.002, 0.005, 0.01, 0.02])
DECAYS = np.geomspace(0.005, 6, 48)
FALLS = np.geomspace(0.008, 1, 24)


def analyse(template: str, task: Task, sound: NDArray[np.float32]) -> Floats | None:
    """Actions that should come near a sound; a ``Proposer``.

    Parameters
    ----------
    template : its name, which does not matter here
    task : program and parameters
    sound : float32 [samples]

    Returns
    -------
    float64 array [12, d]: the answer, and others around it; None for a template whose parameters have other names

    Examples
    --------
    >>> from raveforce.tasks.kick_v1 import kick_v1
    >>> task = kick_v1()
    >>> analyse("kick_v1", task, task.targets.audio).shape
    (12, 18)
    """
    space = task.parameters
    parts = [
        part
        for part in TONES + NOISES
        if {part, _name(part, "decay"), _name(part, "freq" if part in TONES else "decay")} <= set(space.parameters)
    ]
    if not parts:
        return None
    values = _measured(space, parts, np.asarray(sound, dtype=float), task.sample_rate)
    # A search takes its first steps from how far the answers lie apart: little where something was measured, and
    # anywhere where nothing was.
    random = np.random.default_rng(0)
    known = np.array([name in values for name in space.free])
    answer = _encode(space, values)
    around = answer + DOUBT * random.normal(size=(ANSWERS - 1, len(answer)))
    anywhere = random.uniform(-1, 1, around.shape)
    return np.clip(np.concatenate([answer[None], np.where(known, around, anywhere)]), -1, 1)


def _name(part: str, what: str) -> str:
    """A parameter's name; the main part of a tone has names without a prefix."""
    return what if part == "tone" else f"{part}_{what}"


def _measured(space: ParameterSpace, parts: list[str], sound: Floats, rate: int) -> dict[str, float]:
    values: dict[str, float] = {}
    taken: list[float] = []
    for part in parts:
        band = _band(part, space, values, rate)
        if part in TONES:
            low, high = band
            freq = _peak(sound, low, high, taken, rate)
            if _name(part, "sweep") in space.parameters:
                freq, sweep, fall = _fall(sound, low, high, rate)
                values |= {_name(part, "sweep"): sweep, _name(part, "sweep_decay"): fall}
            values[_name(part, "freq")] = freq
            # Beside the strongest partial, others are measured narrowly.
            wide = (0.7, 1.5) if not taken else (0.92, 1.08)
            band = (wide[0] * freq, wide[1] * freq + values.get(_name(part, "sweep"), 0.0))
            taken.append(freq)
        attack, decay, level = _envelope(_between(sound, *band, rate), rate, 2 if part in TONES else 3)
        values |= {_name(part, "attack"): attack, _name(part, "decay"): decay, part: level}
        # A second stage, where there is one, begins as a faint and longer copy of the first.
        values |= {_name(part, "tail"): 1.6 * decay, _name(part, "tail_level"): 0.1}
    return values


def _band(part: str, space: ParameterSpace, values: Mapping[str, float], rate: int) -> tuple[float, float]:
    """Where a part is looked for, Hz."""
    if part in TONES:
        freq = space.parameters[_name(part, "freq")]
        assert isinstance(freq, (Lin, Exp))
        return freq.low, min(freq.high, 0.4 * rate)
    return {"low": (250.0, 2500.0), "mid": (2500.0, 7000.0), "high": (5000.0, 0.45 * rate)}[part]


def _between(sound: Floats, low: float, high: float, rate: int) -> Floats:
    low, high = max(low, 20.0), min(high, 0.45 * rate)
    sections = signal.butter(2, (low, max(high, 1.2 * low)), "bandpass", fs=rate, output="sos")
    return np.asarray(signal.sosfiltfilt(sections, sound, padlen=min(len(sound) - 1, 3000)))


def _peak(sound: Floats, low: float, high: float, taken: list[float], rate: int) -> float:
    """Frequency of the strongest partial in a range that is not near one that is taken."""
    power = np.abs(np.fft.rfft(sound, max(len(sound), rate // 2))) ** 2
    frequencies = np.fft.rfftfreq(max(len(sound), rate // 2), 1 / rate)
    free = (frequencies >= low) & (frequencies <= high)
    for freq in taken:
        free &= np.abs(np.log(np.maximum(frequencies, 1) / freq)) > 0.25
    return float(frequencies[np.argmax(power * free)]) if free.any() else float(np.sqrt(low * high))


def _fall(sound: Floats, low: float, high: float, rate: int) -> tuple[float, float, float]:
    """Fit ``freq + sweep * (1 - t / decay)^4`` to the pitch: frequency and sweep in Hz, decay in seconds."""
    padded = np.pad(_between(sound, 0.7 * low, 3 * high, rate), 256)
    turning = signal.hilbert(padded)[256:-256]
    step = turning[1:] * np.conj(turning[:-1])
    count = len(step) // HOP
    means = step[: count * HOP].reshape(count, HOP).sum(axis=1)
    pitch = np.angle(means) * rate / (2 * np.pi)
    time = (np.arange(count) + 0.5) * HOP / rate
    heard = (pitch > 0.5 * low) & (pitch < 6 * high)
    best = (np.inf, float(np.sqrt(low * high)), 1.0, 0.05)
    if heard.sum() < 4:
        return best[1:]
    pitch, time, weight = pitch[heard], time[heard], np.sqrt(np.abs(means[heard]))
    root = np.sqrt(weight)
    for decay in FALLS:
        shape = np.clip(1 - time / decay, 0, 1) ** 4
        columns = np.stack([np.ones_like(shape), shape], axis=1)
        (freq, sweep), *_ = np.linalg.lstsq(columns * root[:, None], pitch * root, rcond=None)
        freq, sweep = float(np.clip(freq, low, high)), float(max(sweep, 1.0))
        error = float((weight * np.square(pitch - freq - sweep * shape)).sum())
        if error < best[0]:
            best = (error, freq, sweep, float(decay))
    return best[1:]


def _envelope(sound: Floats, rate: int, power: int) -> tuple[float, float, float]:
    """Attack and decay (seconds) and amplitude of the ``envperc`` to a power that follows a sound's level best."""
    squares = np.concatenate([[0.0], np.cumsum(np.square(np.pad(sound, 2 * HOP)))])
    starts = np.arange(0, len(sound), HOP)
    # Square roots of levels, so that quiet ends count too.
    level = np.sqrt(np.sqrt(np.maximum(squares[starts + 4 * HOP] - squares[starts], 0) / (4 * HOP)))
    time = starts / rate
    attack, decay = (grid.ravel() for grid in np.meshgrid(ATTACKS, DECAYS, indexing="ij"))
    rising = np.minimum(time / attack[:, None], 1)
    shapes = (rising * np.clip(1 - (time - attack[:, None]) / decay[:, None], 0, 1)) ** (power / 2)
    energy = np.maximum(np.square(shapes).sum(axis=1), 1e-12)
    gain = shapes @ level / energy
    best = int(np.argmax(gain**2 * energy))
    return float(attack[best]), float(decay[best]), float(np.sqrt(2) * gain[best] ** 2)


def _encode(space: ParameterSpace, values: Mapping[str, float]) -> Floats:
    """The action for values, kept in their ranges; what has no value is in the middle."""
    action = []
    for name in space.free:
        kind = space.parameters[name]
        assert not isinstance(kind, Rel)
        if name in values and isinstance(kind, (Lin, Exp)):
            value = np.clip(np.array([values[name]]), kind.low, kind.high)
            action.append(float(np.clip(2 * kind.encode(value)[0] - 1, -1, 1)))
        else:
            action.append(0.0)
    return np.array(action)
