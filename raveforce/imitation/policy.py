"""A policy that hears any short sound and answers with programs: read and run with NumPy alone.

It answers with a distribution: how likely each template is, and for each template a mixture of Gaussians over its
parameters, since several programs may make one sound. ``experiments.train_policy`` trains it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from raveforce import audio
from raveforce.imitation.network import TrainedNetwork
from raveforce.imitation.picture import SAMPLE_RATE, picture
from raveforce.imitation.weights import PolicyError
from raveforce.parameters import Exp, Lin
from raveforce.task import Task

__all__ = ["FORMAT", "Answer", "Mixture", "Policy", "PolicyError", "load_policy", "template_key"]

Floats = NDArray[np.float32]

FORMAT = 1
"""Version of the file's form and of the picture; a file of another cannot be read."""

SHIPPED = "policy.npz"


@dataclass(frozen=True)
class Mixture:
    """A mixture of Gaussians over actions.

    Attributes
    ----------
    weights : [components], the heaviest first; their sum is 1
    means, stds : [components, parameters], in the order of ``ParameterSpace.free``
    """

    weights: Floats
    means: Floats
    stds: Floats

    @property
    def mode(self) -> Floats:
        """The likeliest answer, [parameters]: the mean of the heaviest component."""
        return self.means[0]

    def sample(self, rng: np.random.Generator, count: int) -> Floats:
        """Answers [count, parameters] in [-1, 1]: the mode, then draws from the mixture."""
        which = rng.choice(len(self.weights), count, p=self.weights / self.weights.sum())
        drawn = rng.normal(self.means[which], self.stds[which])
        drawn[:1] = self.mode
        return np.clip(drawn, -1, 1).astype(np.float32)


@dataclass(frozen=True)
class Answer:
    """What a policy answers to a sound.

    Attributes
    ----------
    probabilities : how likely it is that a template comes nearest, by its name; the likeliest first
    mixtures : where its parameters lie, by the template's name
    """

    probabilities: Mapping[str, float]
    mixtures: Mapping[str, Mixture]


@dataclass(frozen=True)
class Policy(TrainedNetwork):
    """Weights that answer sounds, and what they were trained for."""

    version = FORMAT
    facts = ("templates", "components", "stds")

    @property
    def templates(self) -> dict[str, str]:
        """By name, the key of the text and ranges (``template_key``) that the answers are for."""
        return dict(self.card["templates"])

    def knows(self, template: str, task: Task) -> bool:
        """Whether it was trained for this template as it is now: its text and its ranges."""
        return self.templates.get(template) == template_key(task)

    def hear(self, sound: Floats, sample_rate: int = SAMPLE_RATE) -> Answer:
        """Answer a sound.

        Parameters
        ----------
        sound : float32 [samples], full scale ±1, as targets are: its silence cut off, its peak 0.9
        sample_rate : Hz
        """
        if sample_rate != SAMPLE_RATE:
            sound = audio.resample(np.asarray(sound, np.float32), sample_rate, SAMPLE_RATE)
        hidden = self.listen(picture(np.asarray(sound, np.float32)[None]))
        logits = self.linear("template", hidden)[0]
        likely = np.exp(logits - logits.max())
        likely /= likely.sum()
        names = list(self.templates)
        order = np.argsort(-likely, kind="stable")
        mixtures = {name: self._mixture(f"heads.{name}", hidden) for name in names}
        return Answer({names[index]: float(likely[index]) for index in order}, mixtures)

    def __call__(self, template: str, task: Task, sound: Floats, count: int = 16, seed: int = 0) -> Floats | None:
        """Actions [count, parameters] of a template that answer a sound, the likeliest first.

        None where the policy was not trained for the template as it is now.
        """
        if not self.knows(template, task):
            return None
        mixture = self.hear(sound, task.sample_rate).mixtures[template]
        return mixture.sample(np.random.default_rng(seed), count)

    def _mixture(self, name: str, hidden: Floats) -> Mixture:
        components = int(self.card["components"])
        out = self.linear(name, hidden).reshape(components, -1)
        means, stds = np.split(out[:, 1:], 2, axis=1)
        weights = np.exp(out[:, 0] - out[:, 0].max())
        order = np.argsort(-weights, kind="stable")
        least, most = self.card["stds"]
        spread = np.exp(np.clip(stds, -8, np.log(most))) + np.float32(least)
        return Mixture((weights / weights.sum())[order], np.tanh(means)[order], spread[order])


def template_key(task: Task) -> str:
    """What tells a template from others: the hash of its text and of what its blanks range over.

    Examples
    --------
    >>> from raveforce.tasks import kick, snare
    >>> template_key(kick()) == template_key(kick()), template_key(kick()) == template_key(snare())
    (True, False)
    """
    ranges = {
        name: [type(kind).__name__, kind.low, kind.high] if isinstance(kind, (Lin, Exp)) else type(kind).__name__
        for name, kind in task.parameters.parameters.items()
    }
    return hashlib.sha256(json.dumps([task.program.template, ranges]).encode()).hexdigest()[:16]


@lru_cache(maxsize=1)
def load_policy() -> Policy:
    """The policy that ships with the package.

    Raises
    ------
    PolicyError
        It is missing or damaged.
    """
    return Policy.shipped(SHIPPED, "python -m experiments.train_policy")
