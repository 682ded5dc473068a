"""A task, a distance, a kind of reward, an observation and an agent for RaveForce."""

from dataclasses import dataclass

import numpy as np

import raveforce
from agents.search import Search
from raveforce.distances import NamedDistance
from raveforce.observations import SoundObservation


def whistle(seconds: float = 0.1, sample_rate: int = 44100) -> raveforce.Task:
    """A task: any function that returns one; its arguments are the task's options."""
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    return raveforce.define(
        "o: sin {freq} >> mul {level}",
        0.5 * np.sin(2 * np.pi * 1000 * time),
        {"freq": ("exp", 250, 4000), "level": ("lin", 0, 1)},
        sample_rate=sample_rate,
        name="whistle",
        reward={"distance": "my_sounds:ZeroCrossings", "kind": "my_sounds:relative"},
        observation={"kind": "my_sounds:LevelObservation", "segments": 4},
    )


@dataclass(frozen=True)
class ZeroCrossings(NamedDistance):
    """A distance: how differently often two sounds change their sign. Hears pitch, not loudness.

    Sounds are float32 [rows, samples]; features are arrays [rows, ...], computed once for the targets.
    """

    weight: float = 1.0

    def features(self, audio):
        """Changes of sign by samples."""
        return (np.mean(audio[:, 1:] * audio[:, :-1] < 0, axis=1, keepdims=True, dtype=np.float32),)

    def between(self, features, target):
        """Distances, float64 [rows]."""
        return self.weight * np.abs(features[0] - target[0])[:, 0].astype(np.float64)


def relative(distance, before, target):
    """A kind of reward: the distance to the target by the worst one that counts.

    All arrays are [rows]; ``before`` are the distances of the step before, ``target`` knows those of silence.
    """
    return 1 - distance / target.worst


@dataclass(frozen=True)
class LevelObservation(SoundObservation):
    """An observation: the loudness of equal parts of attempt and target."""

    segments: int = 8

    def shape(self, samples):
        """Of one sound's features."""
        return (self.segments,)

    def features(self, audio):
        """Root mean square of each part, float32 [rows, segments] in [0, 1]."""
        parts = np.array_split(audio, self.segments, axis=1)
        return np.clip(np.stack([np.sqrt(np.square(part).mean(axis=1)) for part in parts], axis=1), 0, 1)


class GridSearch(Search):
    """An agent: tries corners and middles of the action space. Algorithms of Stable-Baselines3 are agents too."""

    def ask(self, count, steps):
        """Candidates to try, [count, steps, ...]."""
        low, high = self.action_space.low, self.action_space.high
        places = self.rng.choice([0.0, 0.5, 1.0], (count, steps, *low.shape))
        return (low + places * (high - low)).astype(np.float32)
