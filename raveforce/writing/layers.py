"""Layers: what tokens between ``layer`` and ``close`` say, and the values of their blanks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from raveforce.writing.elements import RISE, SEED, Element, on_scale, rounded, to_digits
from raveforce.writing.language import CLOSE, END, LAYER, Language

__all__ = [
    "Layer",
    "Structure",
    "blank_values",
    "make_structure",
    "read_layer",
    "read_layers",
    "seed_of",
    "write_layers",
]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Layer:
    """One layer.

    Attributes
    ----------
    elements : places in the language's elements, the source first
    numbers : bins on the scales of their numbers, in order
    """

    elements: tuple[int, ...]
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class Structure:
    """What layers have in common that differ in their numbers only.

    Parameters
    ----------
    language : its words and scales
    elements : places in the language's elements, the source first

    Examples
    --------
    >>> language = Language()
    >>> kick = read_layer(language, language.read("layer sin sweep 10 20 8 mul env2 3 40 close"))
    >>> structure = Structure(language, kick.elements)
    >>> structure.blanks
    ('decay', 'rise', 'to', 'attack', 'decay')
    >>> structure.values([kick.numbers]).tolist()
    [[0.0138, 122.0, 54.8, 0.000396, 0.29]]
    """

    language: Language
    elements: tuple[int, ...]

    @cached_property
    def parts(self) -> tuple[Element, ...]:
        """The elements."""
        return tuple(self.language.elements[each] for each in self.elements)

    @cached_property
    def numbers(self) -> int:
        """How many numbers are chosen."""
        return sum(len(part.numbers) for part in self.parts)

    @cached_property
    def blanks(self) -> tuple[str, ...]:
        """Names of the blanks of all elements, in order."""
        return tuple(blank for part in self.parts for blank in part.blanks)

    def values(self, numbers: Sequence[Sequence[int]] | Ints, layers: ArrayLike = 0) -> Floats:
        """What fills the blanks.

        Parameters
        ----------
        numbers : int array [rows, numbers], bins
        layers : places of the layers in their programs, from 0, [rows] or one for all

        Returns
        -------
        float64 array [rows, blanks]
        """
        chosen = np.asarray(numbers, np.int64).reshape(len(numbers), self.numbers)
        places = np.repeat(np.broadcast_to(np.asarray(layers), len(chosen)), len(self.elements))
        elements = np.tile(np.array(self.elements), len(chosen))
        return blank_values(self.language, elements, chosen.reshape(-1), places).reshape(len(chosen), len(self.blanks))

    def values_at(self, places: Sequence[Sequence[float]] | Floats, layers: ArrayLike = 0) -> Floats:
        """What fills the blanks, of numbers anywhere on their scales: places from 0 to 1, float array [rows, numbers].

        Bin ``k`` of ``bins`` lies at ``k / (bins - 1)``.
        """
        chosen = np.asarray(places, np.float64).reshape(len(places), self.numbers)
        parameters = [each for part in self.parts for each in part.numbers.values()]
        found = np.empty_like(chosen)
        for column, parameter in enumerate(parameters):
            found[:, column] = rounded(parameter, on_scale(parameter, chosen[:, column], self.language.sample_rate))
        return self._filled(found, layers)

    @cached_property
    def _plan(self) -> tuple[Ints, list[int], list[tuple[int, int, int]]]:
        """Which number every blank is (any, where none is), which blanks are seeds, and rises with their two ends."""
        taken: list[int] = []
        seeds: list[int] = []
        rises: list[tuple[int, int, int]] = []
        first = 0
        for part in self.parts:
            own = {name: first + place for place, name in enumerate(part.numbers)}
            for blank in part.blanks:
                if blank == SEED:
                    seeds.append(len(taken))
                elif blank == RISE:
                    rises.append((len(taken), own["start"], own["to"]))
                taken.append(own.get(blank, 0))
            first += len(own)
        return np.array(taken, np.int64), seeds, rises

    def _filled(self, numbers: Floats, layers: ArrayLike) -> Floats:
        taken, seeds, rises = self._plan
        # A structure without numbers has no blank but a seed.
        filled = numbers[:, taken] if self.numbers else np.empty((len(numbers), len(taken)))
        for column in seeds:
            filled[:, column] = seed_of(np.asarray(layers))
        for column, start, to in rises:
            filled[:, column] = _rise(numbers[:, start], numbers[:, to])
        return filled


def blank_values(language: Language, elements: Ints, numbers: Ints, layers: Ints) -> Floats:
    """What fills the blanks of elements, one after the other.

    Parameters
    ----------
    elements : int64 [n], places in the language's elements
    numbers : int64, bins of all their numbers, in order
    layers : int64 [n], the place of each one's layer in its program, from 0

    Returns
    -------
    float64, values of all their blanks, in order
    """
    tables = _tables(language)
    counts, taken = tables.blanks[elements], tables.numbers[elements]
    element = np.repeat(np.arange(len(elements)), counts)
    blank = np.arange(len(element)) + np.repeat(tables.first[elements] - np.cumsum(counts) + counts, counts)
    own = (np.cumsum(taken) - taken)[element]
    # An element without numbers at the end would look beyond them.
    bins = np.append(numbers, 0)
    at = tables.start[blank]
    for which, stride in ((tables.one, tables.stride), (tables.other, tables.other_stride)):
        at = at + bins[own + which[blank]] * stride[blank]
    filled: Floats = tables.values[at]
    seeds = tables.seed[blank]
    filled[seeds] = seed_of(layers[element[seeds]])
    return filled


class _Tables(NamedTuple):
    """What fills the blanks of all elements, by the bins of their numbers.

    Attributes
    ----------
    numbers, blanks, first : int64 [elements], how many numbers and blanks each has, and the place of its first blank
    start, one, stride, other, other_stride : int64, of each blank: it is ``values[start + stride * bin of number one +
        other_stride * bin of the other number]``
    seed : bool, of each blank, whether it is a seed
    values : float64, all values
    """

    numbers: Ints
    blanks: Ints
    first: Ints
    start: Ints
    one: Ints
    stride: Ints
    other: Ints
    other_stride: Ints
    seed: NDArray[np.bool_]
    values: Floats


@lru_cache(maxsize=32)
def _tables(language: Language) -> _Tables:
    rows: list[tuple[int, ...]] = []
    values: list[Floats] = []
    filled = 0
    for part, own in zip(language.elements, language.values, strict=True):
        places = {name: place for place, name in enumerate(part.numbers)}
        for blank in part.blanks:
            if blank == SEED:
                rows.append((0, 0, 0, 0, 0, True))
                continue
            if blank == RISE:
                table = _rise(own["start"][:, None], own["to"][None]).reshape(-1)
                rows.append((filled, places["start"], language.bins, places["to"], 1, False))
            else:
                table = np.asarray(own[blank])
                rows.append((filled, places[blank], 1, 0, 0, False))
            values.append(table)
            filled += len(table)
    numbers, blanks = (
        np.array([len(each) for each in counted])
        for counted in ([part.numbers for part in language.elements], [part.blanks for part in language.elements])
    )
    start, one, stride, other, other_stride, seed = np.array(rows, np.int64).reshape(-1, 6).T
    return _Tables(
        numbers, blanks, np.cumsum(blanks) - blanks, start, one, stride, other, other_stride, seed.astype(bool),
        np.concatenate([*values, np.zeros(1)]),
    )  # fmt: skip


def _rise(start: Floats, to: Floats) -> Floats:
    """How far sweeps go: to the start's last digit, which the reader of a program finds it by."""
    return to_digits(start - to, start)


@lru_cache(maxsize=8192)
def make_structure(language: Language, elements: tuple[int, ...]) -> Structure:
    """A structure, made once."""
    return Structure(language, elements)


def seed_of(layer: NDArray[np.int64]) -> NDArray[np.int64]:
    """Seed of the noise of a program's layer, counted from 0.

    Glicol's noise with the next seed is the same noise a sample earlier, so the seeds of layers lie seconds apart.
    """
    return np.asarray(7 + 300_000 * layer)


def read_layer(language: Language, tokens: Sequence[int]) -> Layer:
    """The layer that tokens say, from ``layer`` to ``close``; the grammar must allow them."""
    elements: list[int] = []
    numbers: list[int] = []
    first, alone, moved = language.first_number, language.element_of, language.moved_element_of
    word = -1
    for token in tokens[1:-1]:
        if token >= first:
            numbers.append(token - first)
        elif token in alone:
            word = token
            elements.append(alone[token])
        else:
            elements[-1] = moved[word, token]
    return Layer(tuple(elements), tuple(numbers))


def read_layers(language: Language, tokens: Sequence[int] | Ints) -> list[Layer]:
    """The closed layers of a program, complete or not; tokens below 0 are passed over."""
    layers, begin = [], 0
    sequence = tokens.tolist() if isinstance(tokens, np.ndarray) else list(tokens)
    for place, token in enumerate(sequence):
        if token == LAYER:
            begin = place
        elif token == CLOSE:
            layers.append(read_layer(language, sequence[begin : place + 1]))
    return layers


def write_layers(language: Language, layers: Sequence[Layer]) -> Ints:
    """The tokens of a program with these layers: the opposite of ``read_layers``."""
    tokens: list[int] = []
    for layer in layers:
        tokens.append(LAYER)
        place = 0
        for number in layer.elements:
            element = language.elements[number]
            tokens.append(language.ids[element.word])
            if element.gesture:
                tokens.append(language.ids[element.gesture])
            count = len(element.numbers)
            tokens += [language.first_number + bin for bin in layer.numbers[place : place + count]]
            place += count
        tokens.append(CLOSE)
    return np.array([*tokens, END], np.int64)
