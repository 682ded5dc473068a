"""How a distance becomes a reward."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from raveforce.distances import Distance, Features, make_distance, measure_rows
from raveforce.registry import Registry

__all__ = ["REWARDS", "UNTIL", "Reward", "RewardKind", "RewardTarget", "make_reward"]

Floats: TypeAlias = NDArray[np.float64]

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
    noise : measures the distance of full-scale white noise to each target, float64 [rows]
    samples : how much of the sounds is compared
    """

    features: Features
    silence: NDArray[np.float64]
    noise: Callable[[], NDArray[np.float64]] = field(repr=False, compare=False)
    samples: int

    @cached_property
    def worst(self) -> NDArray[np.float64]:
        """Distances beyond this count as this, float64 [rows]: twice that of silence or noise, whichever is farther."""
        return 2 * np.maximum(self.silence, self.noise())

    def take(self, rows: Sequence[int]) -> RewardTarget:
        """What is known of some of the targets, in any order, any of them several times."""
        features = tuple(array[rows] for array in self.features)
        return replace(self, features=features, silence=self.silence[rows], noise=lambda: self.noise()[rows])

    def bound(self, distance: NDArray[np.float64]) -> NDArray[np.float64]:
        """Distances [rows], but no more than the worst."""
        # Noise is measured only where it can matter: with a new target in every row at every step, as in match, that
        # takes as long as measuring what was played, and hardly a sound is twice as far as silence.
        if np.all(distance <= 2 * self.silence):
            return distance
        return np.minimum(distance, self.worst)


RewardKind: TypeAlias = "Callable[[Floats, Floats, RewardTarget], Floats]"
"""Rewards [rows] for distances [rows], those of the step before (of silence at first), and the targets."""

REWARDS: Registry[RewardKind] = Registry("reward kind", group="raveforce.rewards")
"""How rewards are made of a distance, by name."""


@REWARDS.register("negative")
def negative(distance: Floats, before: Floats, target: RewardTarget) -> Floats:
    """Minus the distance."""
    return -distance


@REWARDS.register("normalised")
def normalised(distance: Floats, before: Floats, target: RewardTarget) -> Floats:
    """Minus the distance, divided by that of silence: silence gets -1 and the target itself 0."""
    return -distance / target.silence


@REWARDS.register("improvement")
def improvement(distance: Floats, before: Floats, target: RewardTarget) -> Floats:
    """What the step brought nearer, divided by the distance of silence: a potential's difference.

    (Ng, Harada & Russell 1999.) With d the distance at the end and d₀ that of silence, an episode's rewards sum to
    1 - d/d₀, or with ``until="now"`` to -d/d₀: those of the normalised kind at its end.
    """
    return (before - distance) / target.silence


@REWARDS.register("inverse")
def inverse(distance: Floats, before: Floats, target: RewardTarget) -> Floats:
    """1 / clip(d, 0.1, 5), the reward of SynthRL (Shin & Lee 2025) for its distance; 10 at best, 0.2 at worst."""
    return 1 / np.clip(distance, 0.1, 5)


@dataclass(frozen=True)
class Reward:
    """A reward made from one distance.

    Rewards are bounded below: distances larger than ``RewardTarget.worst``, twice that of silence or of
    full-scale white noise (whichever is farther from the target), count as the worst; so does broken sound.

    Parameters
    ----------
    distance : measures the sound so far against the target
    kind : a name in ``REWARDS``, or the path ``package.module:function`` of another
    until : one of ``UNTIL``
    """

    distance: Distance
    kind: str = "negative"
    until: str = "end"
    _rule: RewardKind = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_rule", REWARDS.get(self.kind))
        if self.until not in UNTIL:
            raise ValueError(f"a reward compares until {' or '.join(UNTIL)}, not {self.until!r}")

    def prepare(self, targets: NDArray[np.float32]) -> RewardTarget:
        """Compute the targets' side once, for targets [rows, samples]."""
        features = self.distance.features(targets)
        silence = np.zeros(targets.shape[-1], np.float32)

        def to(sound: NDArray[np.float32]) -> NDArray[np.float64]:
            return measure_rows(self.distance, np.broadcast_to(sound, targets.shape), features)

        return RewardTarget(features, to(silence), cache(lambda: to(white_noise(len(silence)))), len(silence))

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
        return self._rule(target.bound(distance), target.bound(before), target)


def white_noise(samples: int) -> NDArray[np.float32]:
    """Noise in [-1, 1), always the same, float32 [samples]."""
    return 2 * np.random.default_rng(0).random(samples, dtype=np.float32) - 1


def make_reward(
    spec: str | Distance | Reward | Mapping[str, Any],
    sample_rate: int = 44100,
    kind: str = "negative",
    until: str = "end",
    **options: Any,
) -> Reward:
    """Make a reward.

    Parameters
    ----------
    spec : what ``make_distance`` takes: a name, a distance, weights by name; or all of the following in a mapping
        whose ``distance`` is that; or a reward, which is returned as it is
    sample_rate : Hz
    kind : a name in ``REWARDS``
    until : one of ``UNTIL``
    **options : what the distance takes

    Raises
    ------
    ValueError
        An unknown name, or options that do not fit.

    Examples
    --------
    >>> make_reward({"distance": "mss", "kind": "normalised"})
    Reward(distance=MultiScaleSpectral(...), kind='normalised', until='end')
    >>> make_reward({"mss": 1, "envelope": 2}).distance.name
    'mss+2*envelope'
    """
    if isinstance(spec, Reward):
        return spec
    if isinstance(spec, Mapping) and "distance" in spec:
        chosen: dict[str, Any] = {"kind": kind, "until": until, **options, **spec}
        return make_reward(chosen.pop("distance"), sample_rate, **chosen)
    if isinstance(spec, Mapping) and {"kind", "until"} & spec.keys():
        raise ValueError(
            "a reward that is a mapping names its distance, as in {'distance': 'mss', 'kind': 'normalised'}; "
            f"got {dict(spec)}"
        )
    return Reward(make_distance(spec, sample_rate, **options), kind, until)
