"""A policy that hears any short sound and answers with programs: read and run with NumPy alone.

It answers with a distribution: how likely each template is, and for each template a mixture of Gaussians over its
parameters, since several programs may make one sound. ``experiments.train_policy`` trains it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raveforce import audio
from raveforce.imitation.picture import BANDS, FRAMES, SAMPLE_RATE, picture
from raveforce.imitation.weights import PolicyError, Weights, read_shipped, read_weights
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
class Policy:
    """Weights, and what they were trained for.

    Attributes
    ----------
    templates : by name, the key of the text and ranges (``template_key``) that the answers are for
    card : facts of the training, as they stand in the file
    sha256 : of the file
    """

    weights: Mapping[str, Floats] = field(repr=False)
    templates: Mapping[str, str]
    card: Mapping[str, Any]
    sha256: str

    @classmethod
    def load(cls, path: str | Path) -> Policy:
        """Read a policy from a file.

        Raises
        ------
        PolicyError
            The file is missing, damaged, or of another version.
        """
        try:
            return cls.of(read_weights(Path(path).read_bytes(), FORMAT))
        except OSError as error:
            raise PolicyError(f"the policy {path} cannot be read: {error}") from error
        except PolicyError as error:
            raise PolicyError(f"{path}: {error}") from error

    @classmethod
    def of(cls, weights: Weights) -> Policy:
        """A policy with the weights of a file."""
        return cls(weights.arrays, dict(weights.card["templates"]), weights.card, weights.sha256)

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
        hidden = self._hidden(picture(np.asarray(sound, np.float32)[None]))
        logits = self._linear("template", hidden)[0]
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

    def _hidden(self, pictures: Floats) -> Floats:
        scaled = np.clip((pictures - self.weights["mean"]) / self.weights["std"], -4, 4)
        frames = _silu(self._linear("frame", scaled[:, :-1].reshape(len(scaled), FRAMES, BANDS)))
        hidden = np.concatenate([frames.reshape(len(scaled), -1), scaled[:, -1:]], axis=1)
        layer = 0
        while f"trunk.{layer}.weight" in self.weights:
            hidden = _silu(self._linear(f"trunk.{layer}", hidden))
            layer += 1
        return hidden

    def _linear(self, name: str, inputs: Floats) -> Floats:
        result: Floats = inputs @ self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]
        return result

    def _mixture(self, name: str, hidden: Floats) -> Mixture:
        components = int(self.card["components"])
        out = self._linear(name, hidden).reshape(components, -1)
        means, stds = np.split(out[:, 1:], 2, axis=1)
        weights = np.exp(out[:, 0] - out[:, 0].max())
        order = np.argsort(-weights, kind="stable")
        least, most = self.card["stds"]
        spread = np.exp(np.clip(stds, -8, np.log(most))) + np.float32(least)
        return Mixture((weights / weights.sum())[order], np.tanh(means)[order], spread[order])


def _silu(array: Floats) -> Floats:
    return np.asarray(array / (1 + np.exp(-array)))


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
    content = read_shipped("raveforce.imitation", SHIPPED, "python -m experiments.train_policy")
    return Policy.of(read_weights(content, FORMAT))
