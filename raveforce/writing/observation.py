"""What a writer sees: the target, what is heard so far, and the tokens so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from raveforce.observations import SoundObservation, make_observation
from raveforce.writing.language import Language

__all__ = ["WritingObservation", "make_writing_observation"]

Array = NDArray[np.float32]


@dataclass(frozen=True)
class WritingObservation:
    """Features of target and attempt, and the tokens so far.

    Parameters
    ----------
    language : whose tokens
    sound : how sounds are shown
    flat : one vector a sound, as Stable-Baselines3's checks want it; else [frames, bands]
    mask : show which tokens may follow, too
    """

    language: Language
    sound: SoundObservation
    flat: bool = True
    mask: bool = False

    def space(self, samples: int, parameters: int = 0) -> gymnasium.spaces.Dict:
        """``target`` and ``attempt`` (features), ``tokens`` (a token's number + 1; 0 where none is yet), ``mask``."""
        low, high = self.sound.bounds
        shape = self.sound.shape(samples)
        box = gymnasium.spaces.Box(low, high, (int(np.prod(shape)),) if self.flat else shape, np.float32)
        count = len(self.language.tokens)
        spaces: dict[str, gymnasium.Space[Any]] = {
            **dict.fromkeys(self.sound.show, box),
            "tokens": gymnasium.spaces.Box(0, count, (self.language.max_tokens,), np.int64),
        }
        if self.mask:
            spaces["mask"] = gymnasium.spaces.MultiBinary(count)
        return gymnasium.spaces.Dict(spaces)

    def features(self, audio: Array) -> Array:
        """What is seen of sounds [rows, samples]."""
        seen = self.sound.features(audio)
        return seen.reshape(len(audio), -1) if self.flat else seen

    def assemble(
        self, target: Array, attempt: Array, tokens: NDArray[np.int64], allowed: NDArray[np.bool_]
    ) -> dict[str, NDArray[Any]]:
        """Observations of features [rows, ...], tokens [rows, max_tokens] (-1 for none) and masks [rows, tokens]."""
        parts = {"target": target, "attempt": attempt}
        seen = {name: parts[name].copy() for name in self.sound.show}
        return {**seen, "tokens": tokens + 1, **({"mask": allowed.astype(np.int8)} if self.mask else {})}


def make_writing_observation(
    spec: str | Mapping[str, Any] | SoundObservation | WritingObservation, language: Language
) -> WritingObservation:
    """Make one.

    Parameters
    ----------
    spec : what ``make_observation`` takes, and in a mapping also ``flat`` and ``mask``; or an observation
    language : whose tokens are shown

    Raises
    ------
    ValueError
        An unknown name, or an observation of something else than target and attempt.
    """
    if isinstance(spec, WritingObservation):
        return spec
    options: dict[str, Any] = {}
    if isinstance(spec, Mapping):
        options = {name: bool(spec[name]) for name in ("flat", "mask") if name in spec}
        spec = {name: value for name, value in spec.items() if name not in (*options, "as_dict")}
    sound = make_observation(spec, language.sample_rate)
    if not isinstance(sound, SoundObservation) or not set(sound.show) <= {"target", "attempt"} or sound.step:
        raise ValueError("a writer sees target, attempt or both, and its tokens: choose show among these, without step")
    return WritingObservation(language, sound, **options)
