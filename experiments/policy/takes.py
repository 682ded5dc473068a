"""What the policy is trained to answer: takes of recordings and of synthesised drums, of a few lengths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from experiments.policy.drums import RATE, drum
from raveforce.augmentation import Augmentation
from raveforce.distances import Distance, Features, measure_rows
from raveforce.imitation.picture import picture
from raveforce.recordings import fit

__all__ = ["LENGTHS", "Takes", "make_takes"]

Array = NDArray[np.float32]

LENGTHS = (8820, 17640, 35280, 70560)
"""Samples; a sound gets the nearest, so that those of one length are rendered together."""


@dataclass(frozen=True, eq=False)
class Takes:
    """Sounds to answer.

    Attributes
    ----------
    sounds : float32 [samples] each
    pictures : float32 [takes, ``PICTURE_SIZE``]
    silence : distance of silence to each, float64 [takes]
    of_length : indices of the takes, by their samples
    """

    sounds: Sequence[Array]
    pictures: Array
    silence: NDArray[np.float64]
    of_length: dict[int, NDArray[np.int64]]

    @classmethod
    def of(cls, sounds: Sequence[Array], distance: Distance) -> Takes:
        """Compute what is needed of every sound."""
        lengths = np.array([len(sound) for sound in sounds])
        silence = [
            float(measure_rows(distance, np.zeros((1, len(sound)), np.float32), features(distance, sound))[0])
            for sound in sounds
        ]
        return cls(
            sounds,
            np.concatenate([picture(sound[None]) for sound in sounds]),
            np.array(silence),
            {int(length): np.flatnonzero(lengths == length) for length in np.unique(lengths)},
        )


def make_takes(
    recordings: Sequence[Array], count: int, share: float, augmentation: Augmentation, rng: np.random.Generator
) -> list[Array]:
    """Sounds to answer, each of one of ``LENGTHS`` and with a peak of 0.9.

    Parameters
    ----------
    recordings : float32 [samples] each, at 44.1 kHz; none of them takes synthesised drums alone
    count : how many takes
    share : of them from recordings
    augmentation : makes a take of a sound
    rng : random numbers
    """
    takes = []
    for _ in range(count):
        recorded = len(recordings) > 0 and rng.random() < share
        sound = recordings[int(rng.integers(len(recordings)))] if recorded else drum(rng)
        take = augmentation(sound, rng, RATE)
        take = fit(take, _nearest_length(len(take)), RATE)
        takes.append((0.9 * take / np.abs(take).max()).astype(np.float32))
    return takes


def _nearest_length(samples: int) -> int:
    return min(LENGTHS, key=lambda length: abs(float(np.log(length / samples))))


def features(distance: Distance, sound: Array) -> Features:
    """The distance's features of one sound."""
    return distance.features(sound[None])
