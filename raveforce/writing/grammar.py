"""Which token may follow: the table of places (``places``) and the language's limits, run for many programs at once."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from raveforce.writing.language import LAYER, Kind, Language
from raveforce.writing.places import make_table

__all__ = ["Grammar", "GrammarState", "make_grammar"]

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


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


class _Choice(NamedTuple):
    """Tokens that may follow a place: their weights, each with those before it, and the places behind them."""

    tokens: list[int]
    shares: list[float]
    behind: list[int]


@dataclass
class _Draft:
    """A program that is being drawn."""

    tokens: list[int] = field(default_factory=list)
    place: int = 0
    layers: int = 0
    processors: int = 0


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
        table = make_table(language)
        self._following_place, self._weights, self._done = table.following, table.weights, table.done
        self._needed = self._fewest_tokens()
        self._is_processor = np.array([token.kind is Kind.PROCESSOR for token in language.tokens])
        self._processors = np.flatnonzero(self._is_processor)
        # For one program at a time.
        self._processor_tokens = frozenset(self._processors.tolist())
        self._most_needed = np.where(self._following_place >= 0, self._needed, 0).max(axis=1).tolist()
        self._choices: dict[tuple[int, int, bool, bool, bool], _Choice] = {}
        self._unlimited = [self._choice_without_limits(place) for place in range(len(self._most_needed))]

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
        draft = _Draft()
        for used, uniform in enumerate(uniforms.tolist()):
            if self._draw(draft, used, uniform, layers):
                break
        return np.array(draft.tokens, np.int64)

    def sample_rows(self, rng: np.random.Generator, rows: int) -> Ints:
        """Draw many programs, in step: int64 [rows, max_tokens], -1 behind a program's end."""
        drawn = np.full((rows, self.language.max_tokens), -1, np.int64)
        drafts = [_Draft() for _ in range(rows)]
        writing = drafts
        for used in range(self.language.max_tokens):
            uniforms = rng.random(len(writing)).tolist()
            writing = [
                draft for draft, uniform in zip(writing, uniforms, strict=True) if not self._draw(draft, used, uniform)
            ]
            if not writing:
                break
        for row, draft in enumerate(drafts):
            drawn[row, : len(draft.tokens)] = draft.tokens
        return drawn

    def _draw(self, draft: _Draft, used: int, uniform: float, layers: int | None = None) -> bool:
        """Draw the next token of a program of so many; return whether that ends it."""
        place = draft.place
        found = self._unlimited[place] or self._limited(draft, used, layers)
        chosen = min(bisect_right(found.shares, uniform * found.shares[-1]), len(found.tokens) - 1)
        token = found.tokens[chosen]
        draft.tokens.append(token)
        draft.place = found.behind[chosen]
        if token == LAYER:
            draft.layers, draft.processors = draft.layers + 1, 0
        elif token in self._processor_tokens:
            draft.processors += 1
        return draft.place == self._done

    def _limited(self, draft: _Draft, used: int, layers: int | None) -> _Choice:
        """What may follow where a limit may be met."""
        place, language = draft.place, self.language
        more = draft.layers < min(layers or language.max_layers, language.max_layers)
        full = draft.processors >= language.max_processors
        # How many tokens are left matters near the limit only.
        left = min(language.max_tokens - used, self._most_needed[place])
        key = place, left, more, full, layers is not None
        if key not in self._choices:
            self._choices[key] = self._choice(*key)
        return self._choices[key]

    def _choice(self, place: int, left: int, more: bool, full: bool, wanted: bool) -> _Choice:
        """What may follow a place.

        Parameters
        ----------
        left : tokens left
        more, full : whether another layer may begin, and whether no further processor may stand
        wanted : whether another layer must begin where one may
        """
        allowed = self._needed[place] <= left
        allowed[LAYER] &= more
        if full:
            allowed[self._processors] = False
        if wanted and allowed[LAYER]:
            allowed[np.arange(len(allowed)) != LAYER] = False
        tokens = np.flatnonzero(allowed)
        shares, behind = np.cumsum(self._weights[place, tokens]), self._following_place[place, tokens]
        return _Choice(tokens.tolist(), shares.tolist(), behind.tolist())

    def _choice_without_limits(self, place: int) -> _Choice | None:
        """What may follow a place whatever came before: where numbers stand; None elsewhere."""
        tokens = np.flatnonzero(self._following_place[place] >= 0)
        numbers = len(tokens) and (tokens >= self.language.first_number).all()
        return self._choice(place, self._most_needed[place], True, False, False) if numbers else None

    def choose(self, state: GrammarState, allowed: Bools, uniforms: NDArray[np.float64]) -> Ints:
        """One of the tokens that are allowed, by chance: int64 [rows]."""
        shares = np.cumsum(self._weights[state.place] * allowed, axis=1)
        return np.asarray((shares <= (uniforms * shares[:, -1])[:, None]).sum(axis=1).clip(max=shares.shape[1] - 1))

    def shortest(self, state: GrammarState) -> Ints:
        """The tokens after which the fewest more end the program, int64 [rows]."""
        return np.asarray(np.where(self.mask(state), self._needed[state.place], 1 << 31).argmin(axis=1))

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


@lru_cache(maxsize=32)
def make_grammar(language: Language) -> Grammar:
    """The grammar of a language, made once."""
    return Grammar(language)
