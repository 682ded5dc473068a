"""Which token may follow: a state machine, made from the language's elements and run for many programs at once.

Every program that it allows is one that the engine takes, and none is silent because of its structure: an envelope
neither meets a click of a single sample at its beginning, where every envelope is 0, nor sound that a delay brings when
the envelope is over, nor another envelope.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from raveforce.writing.elements import Element
from raveforce.writing.language import CLOSE, END, LAYER, Kind, Language

__all__ = ["Grammar", "GrammarState", "make_grammar"]

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


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


@dataclass(frozen=True)
class GrammarState:
    """Where programs stand, int64 [rows] each.

    Attributes
    ----------
    place : in the grammar's tables
    used : tokens so far
    layers : layers so far, the open one among them
    processors : processors of the open layer
    """

    place: Ints
    used: Ints
    layers: Ints
    processors: Ints

    def __len__(self) -> int:
        return len(self.place)

    def at(self, rows: Ints | Bools) -> GrammarState:
        """The state of some rows."""
        return GrammarState(self.place[rows], self.used[rows], self.layers[rows], self.processors[rows])

    def put(self, rows: Ints | list[int], state: GrammarState) -> None:
        """Set the state of some rows."""
        self.place[rows], self.used[rows] = state.place, state.used
        self.layers[rows], self.processors[rows] = state.layers, state.processors


class Grammar:
    """The grammar of a language, run for many rows at once.

    Parameters
    ----------
    language : words and limits

    Examples
    --------
    >>> grammar = Grammar(Language(bins=4, words=("sin", "noise", "mul", "env")))
    >>> state = grammar.begin(2)
    >>> for tokens in ([0, 0], [4, 3]):
    ...     state = grammar.advance(state, np.array(tokens))
    >>> [[grammar.language.tokens[token].name for token in np.flatnonzero(row)] for row in grammar.mask(state)]
    [['0', '1', '2', '3'], ['close', 'mul']]
    """

    def __init__(self, language: Language) -> None:
        self.language = language
        places: dict[_Place, int] = {_Empty(): 0}
        edges: list[tuple[int, int, int]] = []
        for place in _growing(places):
            for token, following in self._following(place):
                edges.append((places[place], token, places.setdefault(following, len(places))))
        self._following_place = np.full((len(places), len(language.tokens)), -1, np.int64)
        for start, token, end in edges:
            self._following_place[start, token] = end
        self._done = places[_Done()]
        self._needed = self._fewest_tokens()
        kinds = np.array([list(Kind).index(token.kind) for token in language.tokens])
        self._processors = np.flatnonzero(kinds == list(Kind).index(Kind.PROCESSOR))
        self._is_processor = kinds == list(Kind).index(Kind.PROCESSOR)
        self._weights = self._prior(places, kinds)
        # The same as lists, for one program at a time.
        allowed = [np.flatnonzero(row >= 0) for row in self._following_place]
        self._choices = [(row.tolist(), np.cumsum(self._weights[k, row]).tolist()) for k, row in enumerate(allowed)]
        self._needed_by = self._needed.tolist()
        self._most_needed = [int(self._needed[k, row].max(initial=0)) for k, row in enumerate(allowed)]
        self._betweens = {row for place, row in places.items() if isinstance(place, _Empty | _Between)}
        self._chains = {row for place, row in places.items() if isinstance(place, _Chain)}

    def begin(self, rows: int) -> GrammarState:
        """So many empty programs."""
        return GrammarState(*np.zeros((4, rows), np.int64))

    def mask(self, state: GrammarState) -> Bools:
        """Which tokens may follow, bool [rows, tokens]; none where a program is over."""
        left = self.language.max_tokens - state.used
        allowed = np.asarray(self._needed[state.place] <= left[:, None])
        allowed[state.layers >= self.language.max_layers, LAYER] = False
        full = np.flatnonzero(state.processors >= self.language.max_processors)
        if len(full):
            allowed[full[:, None], self._processors] = False
        return allowed

    def advance(self, state: GrammarState, tokens: Ints) -> GrammarState:
        """Behind a token in every row; rows whose program is over stay where they are.

        Raises
        ------
        ValueError
            A token that the mask forbids.
        """
        over = self.is_over(state)
        forbidden = ~self.mask(state)[np.arange(len(state)), tokens] & ~over
        if forbidden.any():
            row = int(np.flatnonzero(forbidden)[0])
            raise ValueError(f"row {row}: {self.explain(state, row, int(tokens[row]))}")
        return self.follow(state, tokens)

    def follow(self, state: GrammarState, tokens: Ints) -> GrammarState:
        """As ``advance``, of tokens that are known to be allowed."""
        over = self.is_over(state)
        begun = tokens == LAYER
        return GrammarState(
            np.where(over, state.place, self._following_place[state.place, tokens]),
            state.used + ~over,
            state.layers + (begun & ~over),
            np.where(begun, 0, state.processors + self._is_processor[tokens]),
        )

    def is_over(self, state: GrammarState) -> Bools:
        """Which programs are complete, bool [rows]."""
        return np.asarray(state.place == self._done)

    def explain(self, state: GrammarState, row: int, token: int) -> str:
        """Why a token may not follow."""
        language = self.language
        if not 0 <= token < len(language.tokens):
            return f"a token is a number from 0 to {len(language.tokens) - 1}, not {token}"
        allowed = np.flatnonzero(self.mask(state)[row])
        names = [language.tokens[each].name for each in allowed if each < language.first_number]
        names += ["a number"] if (allowed >= language.first_number).any() else []
        chosen = language.tokens[token]
        shown = f"the number {chosen.name}" if chosen.kind is Kind.NUMBER else f"{chosen.name!r}"
        return f"{shown} may not stand here: {', '.join(names) or 'nothing'} may (see action_masks)"

    def sample(self, uniforms: NDArray[np.float64], *, layers: int | None = None) -> Ints:
        """Draw a program.

        Parameters
        ----------
        uniforms : float64 array [max_tokens] in [0, 1), what chance decides with
        layers : how many it has, as long as they fit; None leaves that to chance

        Returns
        -------
        int64 array [tokens]

        Examples
        --------
        >>> grammar = Grammar(Language(bins=4, words=("sin", "noise", "mul", "env")))
        >>> grammar.language.spell(grammar.sample(np.random.default_rng(1).random(64), layers=1))
        'layer sin 0 mul env 1 3 mul 2 close end'
        """
        language, drawn = self.language, []
        place = begun = processors = 0
        for used, uniform in enumerate(uniforms.tolist()):
            tokens, shares = self._choices[place]
            left = language.max_tokens - used
            chain = place in self._chains
            if left < self._most_needed[place] or place in self._betweens or chain:
                # Where a limit may be reached, or layers are counted.
                more = begun < min(layers or language.max_layers, language.max_layers)
                fits = [
                    self._needed_by[place][token] <= left
                    and (token != LAYER or more)
                    and not (chain and token != CLOSE and processors >= language.max_processors)
                    for token in tokens
                ]
                if layers is not None and LAYER in tokens and fits[tokens.index(LAYER)]:
                    fits = [token == LAYER for token in tokens]
                kept = [(token, self._weights[place, token]) for token, fit in zip(tokens, fits, strict=True) if fit]
                tokens, shares = [token for token, _ in kept], list(accumulate(weight for _, weight in kept))
            token = tokens[min(bisect_right(shares, uniform * shares[-1]), len(tokens) - 1)]
            drawn.append(token)
            begun += token == LAYER
            processors = 0 if token == LAYER else processors + bool(self._is_processor[token])
            place = int(self._following_place[place, token])
            if place == self._done:
                break
        return np.array(drawn, np.int64)

    def sample_rows(self, rng: np.random.Generator, rows: int) -> Ints:
        """Draw many programs, in step: int64 [rows, max_tokens], -1 behind a program's end."""
        state, drawn = self.begin(rows), np.full((rows, self.language.max_tokens), -1, np.int64)
        writing = np.arange(rows)
        for step in range(self.language.max_tokens):
            tokens = self.choose(state, self.mask(state), rng.random(len(writing)))
            drawn[writing, step] = tokens
            state = self.follow(state, tokens)
            left = ~self.is_over(state)
            if not left.all():
                writing, state = writing[left], state.at(left)
                if not len(writing):
                    break
        return drawn

    def choose(self, state: GrammarState, allowed: Bools, uniforms: NDArray[np.float64]) -> Ints:
        """One of the tokens that are allowed, by chance: int64 [rows]."""
        shares = np.cumsum(self._weights[state.place] * allowed, axis=1)
        return np.asarray((shares <= (uniforms * shares[:, -1])[:, None]).sum(axis=1).clip(max=shares.shape[1] - 1))

    def shortest(self, state: GrammarState) -> Ints:
        """The tokens after which the fewest more end the program, int64 [rows]."""
        return np.asarray(np.where(self.mask(state), self._needed[state.place], 1 << 31).argmin(axis=1))

    def _following(self, place: _Place) -> Iterator[tuple[int, _Place]]:
        """Every token that may stand at a place but for the limits, and the place behind it."""
        language, ids = self.language, self.language.ids
        if isinstance(place, _Empty | _Between):
            yield LAYER, _Source()
            if isinstance(place, _Between):
                yield END, _Done()
        elif isinstance(place, _Source):
            for element in language.elements:
                if element.node.is_source and not element.gesture:
                    yield ids[element.word], self._behind_word(element, _Sound())
        elif isinstance(place, _Chain):
            yield CLOSE, _Between()
            for element in language.elements:
                if not element.node.is_source and not element.gesture:
                    yield ids[element.word], self._behind_word(element, place.sound)
        elif isinstance(place, _First):
            for number, element in enumerate(language.elements):
                if element.word == place.word and place.sound.takes(element):
                    if element.gesture:
                        yield ids[element.gesture], _Number(number, 0, place.sound)
                    else:
                        yield from self._numbers(self._behind_number(number, 0, place.sound))
        elif isinstance(place, _Number):
            yield from self._numbers(self._behind_number(place.element, place.number, place.sound))
        elif isinstance(place, _Gained):
            yield CLOSE, _Between()

    def _numbers(self, following: _Place) -> Iterator[tuple[int, _Place]]:
        for token in range(self.language.first_number, len(self.language.tokens)):
            yield token, following

    def _behind_word(self, element: Element, sound: _Sound) -> _Place:
        return _First(element.word, sound) if element.numbers else _Chain(sound.after(element))

    def _behind_number(self, number: int, place: int, sound: _Sound) -> _Place:
        element = self.language.elements[number]
        if place + 1 < len(element.numbers):
            return _Number(number, place + 1, sound)
        if element.word == "mul" and not element.gesture:
            return _Gained()
        return _Chain(sound.after(element))

    def _fewest_tokens(self) -> Ints:
        """By place and token: how many tokens it takes at least to end the program with that one next."""
        allowed = self._following_place >= 0
        never = 1 << 30
        fewest = np.where(np.arange(len(allowed)) == self._done, 0, never)
        while True:
            needed = np.where(allowed, 1 + fewest[self._following_place], never)
            better = np.minimum(fewest, needed.min(axis=1))
            if (better == fewest).all():
                return needed
            fewest = better

    def _prior(self, places: dict[_Place, int], kinds: Ints) -> NDArray[np.float64]:
        """How likely tokens are in random programs: kinds by their weights, and in a kind word by word."""
        weights = np.zeros(self._following_place.shape)
        all_kinds = list(Kind)
        for place, row in places.items():
            tokens = np.flatnonzero(self._following_place[row] >= 0)
            each = np.array([_WORDS.get(self.language.tokens[token].name, 1.0) for token in tokens])
            for kind in np.unique(kinds[tokens]):
                of_kind = kinds[tokens] == kind
                share = _KINDS.get((all_kinds[kind], type(place)), 1.0)
                weights[row, tokens[of_kind]] = share * each[of_kind] / each[of_kind].sum()
        return weights


_KINDS: dict[tuple[Kind, type[_Place]], float] = {(Kind.PROCESSOR, _Chain): 3.0}
_WORDS = {"mul": 4.0}
"""What is more likely in random programs: chains of a few processors, envelopes among them."""


def _growing(places: dict[_Place, int]) -> Iterator[_Place]:
    """The places, those that are added on the way too."""
    done = 0
    while done < len(places):
        for place in list(places)[done:]:
            done += 1
            yield place


@lru_cache(maxsize=32)
def make_grammar(language: Language) -> Grammar:
    """The grammar of a language, made once."""
    return Grammar(language)
