"""Which token may follow: the table of places (``places``) and the language's limits, run for many programs at once."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from raveforce.writing.language import CLOSE, LAYER, Kind, Language
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
        self._betweens, self._chains = table.betweens, table.chains
        self._needed = self._fewest_tokens()
        self._is_processor = np.array([token.kind is Kind.PROCESSOR for token in language.tokens])
        self._processors = np.flatnonzero(self._is_processor)
        # The same as lists, for one program at a time.
        allowed = [np.flatnonzero(row >= 0) for row in self._following_place]
        self._choices = [(row.tolist(), np.cumsum(self._weights[k, row]).tolist()) for k, row in enumerate(allowed)]
        self._needed_by = self._needed.tolist()
        self._most_needed = [int(self._needed[k, row].max(initial=0)) for k, row in enumerate(allowed)]

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
