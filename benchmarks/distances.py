"""What does each distance hear, and cost? ``python -m benchmarks.distances`` prints tables, and the wrong pairs.

Four synthesised sounds (hat, snare, kick, tone) are changed in ways whose order for a listener is beyond doubt: the
next burst of the same noise is nearer than one of half the length, a kick turned upside down is nearer than one that is
higher. A pair is wrong where the distance puts the nearer sound at least as far away as the farther one.

The cost is that of one sound of 0.4 s among 64, against one target, in the processor's time, on one thread. ``--write``
keeps all of it in ``results/paper/distances.json``, where the documentation finds it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from benchmarks.render import machine
from experiments.config.options import Option, read_options, run_command
from raveforce.distances import DISTANCES, Distance, make_distance, measure_rows

Sound = NDArray[np.float32]

RESULTS = Path(__file__).resolve().parent.parent / "results" / "paper" / "distances.json"
OPTIONS = {
    "rounds": Option("how often the cost is measured; the least counts", 50, int, least=1, most=10**6),
    "write": Option("keep the figures in results/paper/distances.json", False, bool),
}

RATE = 44100
TIME = np.arange(round(0.4 * RATE)) / RATE
SILENCE = np.zeros(len(TIME), np.float32)


def _shaped(wave: NDArray[np.float64], decay: float, attack: float, late: float) -> Sound:
    """Fade in and out, and begin some seconds late."""
    fade = np.exp(-TIME / decay) * np.minimum(TIME / attack, 1) * np.clip((TIME[-1] - TIME) / 0.03, 0, 1)
    delay = round(late * RATE)
    return np.concatenate([np.zeros(delay), wave * fade])[: len(TIME)].astype(np.float32)


def hat(
    seed: int = 0,
    *,
    gain: float = 1,
    decay: float = 0.08,
    above: float = 5000,
    below: float | None = None,
    late: float = 0,
) -> Sound:
    """High noise."""
    noise = np.random.default_rng(seed).normal(size=len(TIME) + 2000)
    noise = signal.sosfilt(signal.butter(2, above, "highpass", fs=RATE, output="sos"), noise)
    if below is not None:
        noise = signal.sosfilt(signal.butter(2, below, fs=RATE, output="sos"), noise)
    return _shaped(0.3 * gain * noise[2000:], decay, 0.001, late)


def kick(
    *,
    gain: float = 1,
    freq: float = 50,
    sweep: float = 150,
    fall: float = 0.02,
    decay: float = 0.12,
    phase: float = 0,
    click: float = 0,
    late: float = 0,
) -> Sound:
    """A falling sine, with a click."""
    cycles = np.cumsum(freq + sweep * np.exp(-TIME / fall)) / RATE + phase
    noise = click * np.random.default_rng(1).normal(size=len(TIME)) * np.exp(-TIME / 0.003)
    return _shaped(0.9 * gain * np.sin(2 * np.pi * cycles), decay, 0.003, late) + noise.astype(np.float32)


def snare(
    seed: int = 0,
    *,
    wires: float = 0.7,
    shell: float = 0.6,
    freq: float = 190,
    decay: float = 0.07,
    above: float = 1000,
    late: float = 0,
) -> Sound:
    """A short tone and noise."""
    drum = shell * kick(freq=freq, sweep=60, fall=0.01, decay=0.05, late=late)
    return (drum + wires * hat(seed, decay=decay, above=above, late=late)).astype(np.float32)


def tone(
    freq: float = 440,
    *,
    gain: float = 1,
    decay: float = 0.3,
    partials: Sequence[float] = (1, 0.5, 0.25, 0.12),
    phase: float = 0,
    late: float = 0,
) -> Sound:
    """A plucked note of a few partials."""
    waves = [level * np.sin(2 * np.pi * (n * freq * TIME + phase)) for n, level in enumerate(partials, 1)]
    return _shaped(0.4 * gain * np.sum(waves, axis=0), decay, 0.005, late)


PAIRS: dict[str, tuple[Sound, list[tuple[str, Sound, str, Sound]]]] = {
    "hat": (
        hat(),
        [
            ("next noise", hat(1), "3 dB quieter", hat(gain=0.708)),
            ("next noise", hat(1), "next noise, 3 dB quieter", hat(2, gain=0.708)),
            ("next noise", hat(1), "next noise, 6 dB louder", hat(2, gain=2)),
            ("next noise, 1 dB quieter", hat(2, gain=0.89), "next noise, 6 dB quieter", hat(3, gain=0.5)),
            ("next noise, 3 dB quieter", hat(2, gain=0.708), "silence", SILENCE),
            ("next noise", hat(1), "half the decay", hat(decay=0.04)),
            ("next noise", hat(1), "twice the decay", hat(decay=0.16)),
            ("next noise", hat(1), "from 3 kHz, not 5", hat(above=3000)),
            ("next noise", hat(1), "from 8 kHz, not 5", hat(above=8000)),
            ("next noise", hat(1), "damped above 9 kHz", hat(below=9000)),
            ("next noise", hat(1), "30 ms late", hat(late=0.03)),
            ("next noise", hat(1), "a tone", tone(8000, partials=[1])),
            ("next noise", hat(1), "silence", SILENCE),
            ("1 ms late", hat(late=0.001), "half the decay", hat(decay=0.04)),
        ],
    ),
    "snare": (
        snare(),
        [
            ("next noise", snare(1), "wires 6 dB quieter", snare(wires=0.35)),
            ("next noise", snare(1), "wires 6 dB louder", snare(wires=1.4)),
            ("next noise", snare(1), "wires half as long", snare(decay=0.035)),
            ("next noise", snare(1), "wires from 3 kHz, not 1", snare(above=3000)),
            ("next noise", snare(1), "no wires", snare(wires=0)),
            ("next noise", snare(1), "shell a third higher", snare(freq=240)),
            ("next noise", snare(1), "no shell", snare(shell=0)),
            ("next noise", snare(1), "silence", SILENCE),
            ("1 ms late", snare(late=0.001), "wires 6 dB quieter", snare(wires=0.35)),
        ],
    ),
    "kick": (
        kick(),
        [
            ("upside down", kick(phase=0.5), "5 Hz higher", kick(freq=55)),
            ("upside down", kick(phase=0.5), "half the decay", kick(decay=0.06)),
            ("a quarter cycle on", kick(phase=0.25), "10 Hz higher", kick(freq=60)),
            ("1 ms late", kick(late=0.001), "10 Hz higher", kick(freq=60)),
            ("2 ms late", kick(late=0.002), "an octave higher", kick(freq=100)),
            ("2 Hz higher", kick(freq=52), "an octave higher", kick(freq=100)),
            ("1 dB quieter", kick(gain=0.89), "6 dB quieter", kick(gain=0.5)),
            ("1 dB quieter", kick(gain=0.89), "no sweep", kick(sweep=0)),
            ("a faint click", kick(click=0.02), "half the decay", kick(decay=0.06)),
            ("sweep a fifth longer", kick(fall=0.024), "no sweep", kick(sweep=0)),
            ("10 Hz higher", kick(freq=60), "silence", SILENCE),
            ("an octave higher", kick(freq=100), "silence", SILENCE),
        ],
    ),
    "tone": (
        tone(),
        [
            ("a quarter cycle on", tone(phase=0.25), "a semitone higher", tone(466.2)),
            ("5 ms late", tone(late=0.005), "a semitone higher", tone(466.2)),
            ("5 cents higher", tone(441.3), "a semitone higher", tone(466.2)),
            ("1 dB quieter", tone(gain=0.89), "a semitone higher", tone(466.2)),
            ("a semitone higher", tone(466.2), "a fifth higher", tone(659.3)),
            ("a semitone higher", tone(466.2), "an octave higher", tone(880)),
            ("a semitone higher", tone(466.2), "silence", SILENCE),
            ("20 % longer", tone(decay=0.36), "half as long", tone(decay=0.15)),
            ("a little duller", tone(partials=[1, 0.45, 0.2, 0.08]), "the first partial alone", tone(partials=[1])),
        ],
    ),
}
"""By sound: itself, and a nearer and a farther one, with what was changed."""


def away(distance: Distance, target: Sound, *sounds: Sound) -> NDArray[np.float64]:
    """Distances from a target."""
    return distance.between(distance.features(np.stack(sounds)), distance.features(target[None]))


def wrong_pairs(distance: Distance) -> list[str]:
    """The pairs that a distance gets in the wrong order, in words."""
    found = []
    for name, (target, pairs) in PAIRS.items():
        for nearer, near, farther, far in pairs:
            first, second = away(distance, target, near, far)
            if not first < second:
                found.append(f"{name}: {nearer} ({first:.3g}), {farther} ({second:.3g})")
    return found


def hears(distance: Distance) -> dict[str, float]:
    """Distances of other noises from a hat as shares of silence's, and how many pairs are wrong."""
    target, bursts = hat(), range(1, 13)
    silence = away(distance, target, SILENCE)[0]
    changes: dict[str, dict[str, float]] = {
        "same": {},
        "1 dB": {"gain": 0.891},
        "3 dB": {"gain": 0.708},
        "decay +25 %": {"decay": 0.1},
        "5 to 4 kHz": {"above": 4000},
    }
    shares = {
        name: float(away(distance, target, *(hat(n, **change) for n in bursts)).mean() / silence)
        for name, change in changes.items()
    }
    return {**shares, "wrong": float(len(wrong_pairs(distance)))}


def costs(distances: Sequence[Distance], rounds: int) -> dict[str, float]:
    """µs of the processor a sound of 0.4 s: the least over rounds in which all take turns."""
    target = hat()[None]
    sounds = np.stack([hat(seed) for seed in range(64)])
    features = [distance.features(target) for distance in distances]
    taken: dict[str, list[float]] = {distance.name: [] for distance in distances}
    for _ in range(rounds + 1):
        for distance, wanted in zip(distances, features, strict=True):
            began = time.process_time()  # which other programs do not make longer
            measure_rows(distance, sounds, wanted)
            taken[distance.name].append((time.process_time() - began) / len(sounds) * 1e6)
    return {name: min(times[1:]) for name, times in taken.items()}  # the first one compiles


def main(arguments: Sequence[str]) -> None:
    """Print the tables, and write if asked to."""
    options, _ = read_options(arguments, OPTIONS, doc=__doc__)
    made = [make_distance(name, RATE) for name in DISTANCES]
    rows = {distance.name: hears(distance) for distance in made}
    micros = costs(made, options["rounds"])
    columns = list(next(iter(rows.values())))
    print(
        f"Other noise by change, as a share of silence; wrong ones of {sum(len(p) for _, p in PAIRS.values())} pairs;\n"
        "µs a sound of 0.4 s\n"
    )
    print("| |", " | ".join([*columns, "µs"]), "|\n|---|" + "---|" * (len(columns) + 1))
    for name, row in rows.items():
        print(f"| `{name}` |", " | ".join(f"{row[column]:.3g}" for column in columns), f"| {micros[name]:.0f} |")
    for distance in made:
        print(f"\n{distance.name}:", *(wrong_pairs(distance) or ["none"]), sep="\n- ")
    if options["write"]:
        result = {
            "command": "python -m benchmarks.distances --write",
            "machine": machine(),
            "pairs": sum(len(pairs) for _, pairs in PAIRS.values()),
            "distances": {name: {"microseconds": micros[name], **rows[name]} for name in rows},
        }
        RESULTS.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    run_command("benchmarks.distances", main)
