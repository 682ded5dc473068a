"""Places in a program, and what may follow: made from the language's elements.

Every program that they allow is one that the engine takes, and none is silent because of its structure: an envelope
neither meets a click of a single sample at its beginning, where every envelope is 0, nor sound that a delay brings when
the envelope is over, nor another envelope.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from raveforce.writing.elements import Element
from raveforce.writing.language import CLOSE, END, LAYER, Kind, Language

__all__ = ["Table", "make_table"]

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class _Sound:
    """What is known of the sound of a layer so far.

    Attributes
    ----------
    click : whether it is nothing but one sample
    enveloped : whether it has an envelope
    late : whether it was delayed
    """

    click: bool = False
    enveloped: bool = False
    late: bool = False

    def takes(self, element: Element) -> bool:
        """Whether the element may follow."""
        if not element.gesture or element.word != "mul":
            return True
        envelope = "attack" in element.numbers
        return not self.click and not (envelope and (self.enveloped or self.late))

    def after(self, element: Element) -> _Sound:
        """The sound behind an element."""
        if element.node.is_source:
            return _Sound(click=element.word == "imp")
        return _Sound(
            click=self.click and element.word in ("mul", "delayn"),
            enveloped=self.enveloped or "attack" in element.numbers,
            late=self.late or element.word == "delayn",
        )


# Places in a program: before the first layer; between layers; where a source is due; behind a word whose first number
# a gesture may stand for; where a number is due; in a chain; behind a gain, which is a layer's last; after the end.
@dataclass(frozen=True)
class _Empty:
    pass


@dataclass(frozen=True)
class _Between:
    pass


@dataclass(frozen=True)
class _Source:
    pass


@dataclass(frozen=True)
class _First:
    word: str
    sound: _Sound


@dataclass(frozen=True)
class _Number:
    element: int
    number: int
    sound: _Sound


@dataclass(frozen=True)
class _Chain:
    sound: _Sound


@dataclass(frozen=True)
class _Gained:
    pass


@dataclass(frozen=True)
class _Done:
    pass


_Place = _Empty | _Between | _Source | _First | _Number | _Chain | _Gained | _Done


@dataclass(frozen=True, eq=False)
class Table:
    """All places of a language's programs, by number; a program begins at place 0.

    Attributes
    ----------
    following : place behind a token, int64 [places, tokens]; -1 where it may not stand
    weights : how likely tokens are in random programs, float64 [places, tokens]
    done : the place behind the end
    """

    following: Ints
    weights: NDArray[np.float64]
    done: int


def make_table(language: Language) -> Table:
    """Find all places of a language's programs.

    Examples
    --------
    >>> table = make_table(Language(bins=4, words=("sin", "mul")))
    >>> [Language(bins=4, words=("sin", "mul")).tokens[token].name for token in np.flatnonzero(table.following[0] >= 0)]
    ['layer']
    """
    places: dict[_Place, int] = {_Empty(): 0}
    edges: list[tuple[int, int, int]] = []
    for place in _growing(places):
        for token, behind in _following(language, place):
            edges.append((places[place], token, places.setdefault(behind, len(places))))
    following = np.full((len(places), len(language.tokens)), -1, np.int64)
    for start, token, end in edges:
        following[start, token] = end
    return Table(
        following,
        _prior(language, places, following),
        places[_Done()],
    )


def _following(language: Language, place: _Place) -> Iterator[tuple[int, _Place]]:
    """Every token that may stand at a place but for the limits, and the place behind it."""
    ids = language.ids
    if isinstance(place, _Empty | _Between):
        yield LAYER, _Source()
        if isinstance(place, _Between):
            yield END, _Done()
    elif isinstance(place, _Source):
        for element in language.elements:
            if element.node.is_source and not element.gesture:
                yield ids[element.word], _behind_word(element, _Sound())
    elif isinstance(place, _Chain):
        yield CLOSE, _Between()
        for element in language.elements:
            if not element.node.is_source and not element.gesture:
                yield ids[element.word], _behind_word(element, place.sound)
    elif isinstance(place, _First):
        for number, element in enumerate(language.elements):
            if element.word == place.word and place.sound.takes(element):
                if element.gesture:
                    yield ids[element.gesture], _Number(number, 0, place.sound)
                else:
                    yield from _numbers(language, _behind_number(language, number, 0, place.sound))
    elif isinstance(place, _Number):
        yield from _numbers(language, _behind_number(language, place.element, place.number, place.sound))
    elif isinstance(place, _Gained):
        yield CLOSE, _Between()


def _numbers(language: Language, following: _Place) -> Iterator[tuple[int, _Place]]:
    for token in range(language.first_number, len(language.tokens)):
        yield token, following


def _behind_word(element: Element, sound: _Sound) -> _Place:
    return _First(element.word, sound) if element.numbers else _Chain(sound.after(element))


def _behind_number(language: Language, number: int, place: int, sound: _Sound) -> _Place:
    element = language.elements[number]
    if place + 1 < len(element.numbers):
        return _Number(number, place + 1, sound)
    if element.word == "mul" and not element.gesture:
        return _Gained()
    return _Chain(sound.after(element))


_KINDS: dict[tuple[Kind, type[_Place]], float] = {(Kind.PROCESSOR, _Chain): 3.0}
_WORDS = {"mul": 4.0}
"""What is more likely in random programs: chains of a few processors, envelopes among them."""


def _prior(language: Language, places: dict[_Place, int], following: Ints) -> NDArray[np.float64]:
    """How likely tokens are in random programs: kinds by their weights, and in a kind word by word."""
    weights = np.zeros(following.shape)
    all_kinds = list(Kind)
    kinds = np.array([all_kinds.index(token.kind) for token in language.tokens])
    for place, row in places.items():
        tokens = np.flatnonzero(following[row] >= 0)
        each = np.array([_WORDS.get(language.tokens[token].name, 1.0) for token in tokens])
        for kind in np.unique(kinds[tokens]):
            of_kind = kinds[tokens] == kind
            share = _KINDS.get((all_kinds[kind], type(place)), 1.0)
            weights[row, tokens[of_kind]] = share * each[of_kind] / each[of_kind].sum()
    return weights


def _growing(places: dict[_Place, int]) -> Iterator[_Place]:
    """The places, those that are added on the way too."""
    done = 0
    while done < len(places):
        for place in list(places)[done:]:
            done += 1
            yield place
