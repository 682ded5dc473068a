"""What the shipped policies share: a file's weights, and layers that hear a sound's picture, run with NumPy alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from raveforce.imitation.picture import BANDS, FRAMES
from raveforce.imitation.weights import PolicyError, Weights, read_shipped, read_weights

__all__ = ["TrainedNetwork", "silu"]

Floats = NDArray[np.float32]
Trained = TypeVar("Trained", bound="TrainedNetwork")


@dataclass(frozen=True)
class TrainedNetwork:
    """Weights, and what they were trained for.

    Attributes
    ----------
    weights : float32 arrays by name
    card : facts of the training, as they stand in the file
    sha256 : of the file
    """

    weights: Mapping[str, Floats] = field(repr=False)
    card: Mapping[str, Any]
    sha256: str = ""

    version: ClassVar[int]
    """Of the file's form; a file of another cannot be read."""
    facts: ClassVar[tuple[str, ...]]
    """What a file's card must have to be a policy of this kind."""

    @classmethod
    def load(cls: type[Trained], path: str | Path) -> Trained:
        """Read a policy from a file.

        Raises
        ------
        PolicyError
            The file is missing, damaged, or of another version or kind.
        """
        try:
            return cls.of(read_weights(Path(path).read_bytes(), cls.version))
        except OSError as error:
            raise PolicyError(f"the policy {path} cannot be read: {error}") from error
        except PolicyError as error:
            raise PolicyError(f"{path}: {error}") from error

    @classmethod
    def shipped(cls: type[Trained], name: str, command: str) -> Trained:
        """The policy of a file that ships with the package, and that a command makes.

        Raises
        ------
        PolicyError
            It is missing or damaged.
        """
        return cls.of(read_weights(read_shipped("raveforce.imitation", name, command), cls.version))

    @classmethod
    def of(cls: type[Trained], weights: Weights) -> Trained:
        """A policy with the weights of a file.

        Raises
        ------
        PolicyError
            They are of another kind of policy.
        """
        missing = [fact for fact in cls.facts if fact not in weights.card]
        if missing:
            raise PolicyError(f"this is another kind of policy: its card has no {', '.join(missing)}")
        return cls(weights.arrays, weights.card, weights.sha256)

    def listen(self, heard: Floats) -> Floats:
        """What is known of sounds, [rows, units]: a layer that all frames share, then layers of all.

        Parameters
        ----------
        heard : float32 [rows, numbers], first the levels of the picture, frame by frame
        """
        scaled = np.clip((heard - self.weights["mean"]) / self.weights["std"], -4, 4)
        levels = scaled[:, : FRAMES * BANDS].reshape(len(scaled), FRAMES, BANDS)
        frames = silu(self.linear("frame", levels)).reshape(len(scaled), -1)
        hidden = np.concatenate([frames, scaled[:, FRAMES * BANDS :]], axis=1)
        layer = 0
        while f"trunk.{layer}.weight" in self.weights:
            hidden = silu(self.linear(f"trunk.{layer}", hidden))
            layer += 1
        return hidden

    def linear(self, name: str, inputs: Floats) -> Floats:
        """A layer's outputs, [..., units], of inputs [..., numbers]."""
        result: Floats = inputs @ self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]
        return result


def silu(array: Floats) -> Floats:
    """The sigmoid linear unit, x · sigmoid(x)."""
    return np.asarray(array / (1 + np.exp(-array)))
