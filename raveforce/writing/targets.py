"""Hidden programs: sounds of the language itself, which can be reached exactly."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raveforce.audio import AudioError
from raveforce.recordings import SPLITS
from raveforce.writing.grammar import make_grammar
from raveforce.writing.language import Language
from raveforce.writing.player import Player, open_player, play_programs

__all__ = ["HiddenPrograms", "split_of"]

Array = NDArray[np.float32]
Ints = NDArray[np.int64]

QUIETEST, LOUDEST = 0.03, 2.0
"""Peaks between which a program's sound is used."""
FAINTEST = 0.005
"""Root mean square from which it is used: -46 dB. A lone click at full scale has 0.0075 in 0.4 s. Distances are in
shares of the target's level: beside next to nothing every attempt would be thousands of times as far off as silence.
"""
TRIES = 1000
"""Programs in a row of which none fits until the settings are to blame."""


def split_of(tokens: Sequence[int] | Ints) -> str:
    """The split that a program belongs to, from its tokens alone: of ten, one is for the test and one for validation.

    Examples
    --------
    >>> split_of([0, 3, 40, 1, 2])
    'train'
    """
    digest = hashlib.sha256(np.asarray(tokens, np.int32).tobytes()).digest()
    place = int.from_bytes(digest[:8], "big") / 2**64
    return "test" if place < 0.1 else "validation" if place < 0.2 else "train"


class HiddenPrograms:
    """The sounds of random programs of a language; a split's programs are in no other.

    Parameters
    ----------
    language : what the programs are written in
    samples : length of the sounds
    layers : most layers of a program; from one to so many are as likely
    split : one of ``SPLITS``, or None for all

    Raises
    ------
    ValueError
        An unknown split, or more layers than the language has.

    Examples
    --------
    >>> hidden = HiddenPrograms(Language(), samples=4410, layers=1)
    >>> tokens, sound = hidden.draw_program(np.random.default_rng(0))
    >>> Language().spell(tokens)
    'layer tri sweep 56 0 36 close end'
    """

    def __init__(self, language: Language, *, samples: int = 17640, layers: int = 3, split: str | None = None) -> None:
        if split is not None and split not in SPLITS:
            raise ValueError(f"unknown split {split!r}; the splits are {', '.join(SPLITS)}")
        if samples < 1:
            raise ValueError(f"sounds have at least one sample, not {samples}")
        if not 1 <= layers <= language.max_layers:
            raise ValueError(f"hidden programs have from 1 to {language.max_layers} layers, not {layers}")
        self.language = language
        self.samples = samples
        self.layers = layers
        self.split = split
        self._player: Player | None = None

    def draw(self, rng: np.random.Generator) -> Array:
        """The sound of a random program, float32 [samples]."""
        return self.draw_program(rng)[1]

    def draw_program(self, rng: np.random.Generator) -> tuple[Ints, Array]:
        """A random program's tokens and its sound; what is nearly silent, too loud or of another split is passed over.

        Raises
        ------
        AudioError
            A thousand programs in a row do not fit.
        """
        # A stream of its own, so that an agent with the same seed does not draw the same numbers.
        own = np.random.default_rng(rng.integers(2**63))
        grammar = make_grammar(self.language)
        for _ in range(TRIES):
            layers = int(own.integers(1, self.layers + 1))
            tokens = grammar.sample(own.random(self.language.max_tokens), layers=layers)
            if self.split is not None and split_of(tokens) != self.split:
                continue
            if self._player is None:
                self._player = open_player(self.language)
            audio, faults = play_programs(self._player, [tokens], self.samples)
            if not faults and _fits(audio[0]):
                return tokens, audio[0]
        raise AudioError(f"{TRIES} random programs in a row were too quiet, too loud or broke: look at the words")

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_player": None}


def _fits(sound: Array) -> bool:
    """Whether a sound is neither too quiet nor too loud to be a target."""
    level = np.sqrt(np.square(sound, dtype=np.float64).mean())
    return bool(QUIETEST <= np.abs(sound).max() <= LOUDEST and level >= FAINTEST)
