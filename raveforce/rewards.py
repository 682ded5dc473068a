"""How a distance becomes a reward."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raveforce.distances import Distance, Features, make_distance, measure_rows

__all__ = ["KINDS", "UNTIL", "Reward", "RewardTarget", "make_reward"]

KINDS = ("negative", "normalised", "improvement", "inverse")
"""How rewards are made of a distance d, with d₀ the distance of silence.

negative: -d. normalised: -d/d₀, so silence gets -1 and the target itself 0.
improvement: what the step brought nearer, (d_before - d)/d₀, a potential's difference (Ng, Harada & Russell 1999); an
episode's rewards sum to 1 - d/d₀, or with ``until="now"`` to -d/d₀: those of the normalised kind at its end.
inverse: 1 / clip(d, 0.1, 5), the reward of SynthRL (Shin & Lee 2025) for its distance; 10 at best, 0.2 at worst.
"""

UNTIL = ("end", "now")
"""What a sound in the making is compared with.

end: the whole target, the sound padded with silence. now: the target up to where the sound has come.
"""


@dataclass(frozen=True)
class RewardTarget:
    """What a reward needs to know of its targets.

    Attributes
    ----------
    features : the targets' side of the distance
    silence : distance of silence to each target, float64 [rows]
    worst : distances beyond this count as this, float64 [rows]
    samples : how much of the sounds is compared
    """

    features: Features
    silence: NDArray[np.float64]
    worst: NDArray[np.float64]
    samples: int


@dataclass(frozen=True)
class Reward:
    """A reward made from one distance.

    Rewards are bounded below: distances larger than ``RewardTarget.worst``, twice that of silence or of
    full-scale white noise (whichever is farther from the target), count as the worst; so does broken sound.

    Parameters
    ----------
    distance : measures the sound so far against the target
    kind : one of ``KINDS``
    until : one of ``UNTIL``
    """

    distance: Distance
    kind: str = "negative"
    until: str = "end"

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind of reward {self.kind!r}; the kinds are {', '.join(KINDS)}")
        if self.until not in UNTIL:
            raise ValueError(f"a reward compares until {' or '.join(UNTIL)}, not {self.until!r}")

    def prepare(self, targets: NDArray[np.float32]) -> RewardTarget:
        """Compute the targets' side once, for targets [rows, samples]."""
        features = self.distance.features(targets)
        noise = 2 * np.random.default_rng(0).random(targets.shape[-1], dtype=np.float32) - 1
        silence, noisy = (
            measure_rows(self.distance, np.broadcast_to(sound, targets.shape), features)
            for sound in (np.zeros_like(noise), noise)
        )
        return RewardTarget(features, silence, 2 * np.maximum(silence, noisy), targets.shape[-1])

    def prefix(self, targets: NDArray[np.float32], whole: RewardTarget, samples: int) -> RewardTarget:
        """Compute what a step that ends at ``samples`` is compared with; ``whole`` is what ``prepare`` gave.

        The scale stays that of the whole targets, so that a quiet beginning does not count more.
        """
        if self.until == "end" or samples >= whole.samples:
            return whole
        return replace(whole, features=self.distance.features(targets[:, :samples]), samples=samples)

    def start(self, whole: RewardTarget) -> NDArray[np.float64]:
        """Distances [rows] before the first step."""
        return whole.silence if self.until == "end" else np.zeros_like(whole.silence)

    def measure(self, audio: NDArray[np.float32], target: RewardTarget) -> NDArray[np.float64]:
        """Distances [rows] of sounds [rows, samples]."""
        return measure_rows(self.distance, audio[:, : target.samples], target.features)

    def compute(
        self, distance: NDArray[np.float64], before: NDArray[np.float64], target: RewardTarget
    ) -> NDArray[np.float64]:
        """Rewards [rows] for distances [rows], given those of the step before (of silence at first)."""
        distance = np.minimum(distance, target.worst)
        if self.kind == "negative":
            return -distance
        if self.kind == "inverse":
            return 1 / np.clip(distance, 0.1, 5)
        if self.kind == "normalised":
            return -distance / target.silence
        return (np.minimum(before, target.worst) - distance) / target.silence


def make_reward(
    spec: str | Distance | Reward | Mapping[str, Any],
    sample_rate: int = 44100,
    kind: str = "negative",
    until: str = "end",
    **options: Any,
) -> Reward:
    """Make a reward from the name of a distance (or a distance, or weights by name), a kind and how far it compares.

    Examples
    --------
    >>> make_reward("mss", kind="normalised").distance.name
    'mss'
    """
    if isinstance(spec, Reward):
        return spec
    return Reward(make_distance(spec, sample_rate, **options), kind, until)
