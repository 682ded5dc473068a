"""The language that programs are written in: its words as tokens, and its limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from raveforce.registry import did_you_mean
from raveforce.writing.elements import GESTURES, Element, make_elements, on_scale, rounded

__all__ = ["CLOSE", "END", "LAYER", "Kind", "Language", "Token"]

LAYER, CLOSE, END = range(3)
"""Tokens that every language has: begin a layer, end it, end the program."""

LIMITS = {"bins": (2, 4096), "max_tokens": (8, 4096), "max_layers": (1, 256), "max_processors": (0, 256)}
"""Least and most of a language's limits: tables of all words and numbers are made, and programs are played."""


class Kind(Enum):
    """What a token is."""

    LAYER = "begins a layer"
    CLOSE = "ends a layer"
    END = "ends the program"
    SOURCE = "source"
    PROCESSOR = "processor"
    GESTURE = "gesture"
    NUMBER = "number"


@dataclass(frozen=True)
class Token:
    """A word of the language."""

    name: str
    kind: Kind


@dataclass(frozen=True)
class Language:
    """Words and limits of the programs that are written.

    Parameters
    ----------
    bins : numbers on the scale of every parameter
    max_tokens : longest program, tokens, the last of which ends it
    max_layers : most layers in a program
    max_processors : most processors in a layer, its gain among them
    words : which of the sources, processors and gestures there are; None for all
    sample_rate : Hz; frequencies stay below half of it

    Raises
    ------
    ValueError
        Limits that leave no program, or an unknown word.

    Examples
    --------
    >>> language = Language(bins=8, words=("sin", "mul", "env"))
    >>> [token.name for token in language.tokens]
    ['layer', 'close', 'end', 'sin', 'mul', 'env', '0', '1', '2', '3', '4', '5', '6', '7']
    """

    bins: int = 64
    max_tokens: int = 64
    max_layers: int = 6
    max_processors: int = 5
    words: tuple[str, ...] | None = None
    sample_rate: int = 44100
    elements: tuple[Element, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name, (least, most) in LIMITS.items():
            value = getattr(self, name)
            if not (least <= value <= most and value == int(value)):
                raise ValueError(f"{name} must be a whole number between {least} and {most}, not {value!r}")
        if self.words is not None:
            object.__setattr__(self, "words", tuple(self.words))
        object.__setattr__(self, "elements", self._chosen())

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        # Whatever is kept by language asks for it. Of numbers alone, whose hashes are the same in every process.
        limits = self.bins, self.max_tokens, self.max_layers, self.max_processors
        return hash((*limits, self.sample_rate, len(self.words or ())))

    def _chosen(self) -> tuple[Element, ...]:
        elements = make_elements()
        if self.words is None:
            return elements
        known = {word for each in elements for word in (each.word, each.gesture) if word}
        for word in self.words:
            if word not in known:
                raise ValueError(
                    f"no program is written with {word!r}{did_you_mean(word, known) or ';'} the words are "
                    f"{', '.join(sorted(known))}"
                )
        chosen = [each for each in elements if {each.word, each.gesture} - {""} <= set(self.words)]
        if not any(each.node.is_source for each in chosen):
            raise ValueError(f"the words {', '.join(self.words)} have no source: add sin, noise or another")
        return tuple(chosen)

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """The words; a token is a place in them."""
        words = dict.fromkeys(each.word for each in self.elements)
        sources = {each.word for each in self.elements if each.node.is_source}
        gestures = [name for name in GESTURES if any(each.gesture == name for each in self.elements)]
        return (
            *(Token(kind.name.lower(), kind) for kind in (Kind.LAYER, Kind.CLOSE, Kind.END)),
            *(Token(word, Kind.SOURCE) for word in words if word in sources),
            *(Token(word, Kind.PROCESSOR) for word in words if word not in sources),
            *(Token(name, Kind.GESTURE) for name in gestures),
            *(Token(str(number), Kind.NUMBER) for number in range(self.bins)),
        )

    @cached_property
    def ids(self) -> dict[str, int]:
        """Tokens by their names."""
        return {token.name: place for place, token in enumerate(self.tokens)}

    @property
    def first_number(self) -> int:
        """The token of the least number; all tokens from there on are numbers."""
        return len(self.tokens) - self.bins

    @cached_property
    def element_of(self) -> dict[int, int]:
        """Place of an element without a gesture, by the token of its word."""
        return {self.ids[each.word]: place for place, each in enumerate(self.elements) if not each.gesture}

    @cached_property
    def moved_element_of(self) -> dict[tuple[int, int], int]:
        """Place of an element with a gesture, by the tokens of both."""
        return {
            (self.ids[each.word], self.ids[each.gesture]): place
            for place, each in enumerate(self.elements)
            if each.gesture
        }

    @cached_property
    def values(self) -> tuple[dict[str, NDArray[np.float64]], ...]:
        """By element: the values of its numbers, float64 [bins] by name; they are those of float32."""
        places = np.linspace(0, 1, self.bins)
        return tuple(
            {name: rounded(each, on_scale(each, places, self.sample_rate)) for name, each in element.numbers.items()}
            for element in self.elements
        )

    def spell(self, tokens: Sequence[int]) -> str:
        """Tokens as words.

        Examples
        --------
        >>> Language().spell([0, Language().ids["sin"], Language().first_number + 7, 1, 2])
        'layer sin 7 close end'
        """
        return " ".join(self.tokens[token].name for token in tokens)

    def read(self, words: str) -> NDArray[np.int64]:
        """Words as tokens: what ``spell`` gives."""
        return np.array([self.ids[word] for word in words.split()], np.int64)
