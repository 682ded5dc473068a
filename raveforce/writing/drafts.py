"""Drafts: programs whose numbers lie anywhere on their scales, to be tuned and varied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from raveforce.writing.grammar import make_grammar
from raveforce.writing.language import Language
from raveforce.writing.layers import Layer, Structure, make_structure, read_layers, write_layers
from raveforce.writing.programs import layers_text

__all__ = ["Draft", "Form", "allowed", "orders"]

Floats = NDArray[np.float64]
Form = tuple[tuple[int, ...], ...]
"""The elements of a program's layers, without their numbers: places in the language's elements."""


@dataclass(frozen=True, eq=False)
class Draft:
    """A program.

    Attributes
    ----------
    form : the elements of its layers
    places : where its numbers lie on their scales, layer by layer, float64 [numbers] in [0, 1]

    Examples
    --------
    >>> language = Language()
    >>> draft = Draft.read(language, language.read("layer sin 7 mul env 20 40 close end"))
    >>> draft.places.round(2).tolist()
    [0.11, 0.32, 0.63]
    >>> language.spell(draft.tokens(language))
    'layer sin 7 mul env 20 40 close end'
    """

    form: Form
    places: Floats

    @classmethod
    def read(cls, language: Language, tokens: Sequence[int] | NDArray[np.int64]) -> Draft:
        """The draft that tokens say."""
        return cls.of(language, read_layers(language, tokens))

    @classmethod
    def of(cls, language: Language, layers: Sequence[Layer]) -> Draft:
        """The draft with these layers."""
        bins = [bin for layer in layers for bin in layer.numbers]
        return cls(tuple(layer.elements for layer in layers), np.array(bins, float) / (language.bins - 1))

    def layers(self, language: Language) -> list[Layer]:
        """Its layers, with each number as the nearest bin."""
        bins = np.round(np.clip(self.places, 0, 1) * (language.bins - 1)).astype(int).tolist()
        return [
            Layer(elements, tuple(bins[own]))
            for elements, own in zip(self.form, spans(language, self.form), strict=True)
        ]

    def tokens(self, language: Language) -> NDArray[np.int64]:
        """Its tokens, with each number as the nearest bin."""
        return write_layers(language, self.layers(language))

    def text(self, language: Language) -> str:
        """Its Glicol."""
        return layers_text(values_of(language, self.form, self.places[None], row=0))

    def nodes(self, language: Language) -> int:
        """Its sources, processors and gestures."""
        parts = [language.elements[each] for elements in self.form for each in elements]
        return len(parts) + sum(bool(part.gesture) for part in parts)


def structures(language: Language, form: Form) -> list[Structure]:
    """The structures of a form's layers."""
    return [make_structure(language, elements) for elements in form]


def spans(language: Language, form: Form) -> list[slice]:
    """Which of a draft's numbers are each layer's."""
    ends = np.cumsum([structure.numbers for structure in structures(language, form)]).tolist()
    return [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]


def values_of(language: Language, form: Form, places: Floats, row: int) -> list[tuple[Structure, Floats]]:
    """Structures with what fills their blanks, for one of the rows of places."""
    return [
        (structure, structure.values_at(places[row : row + 1, own], layer)[0])
        for layer, (structure, own) in enumerate(zip(structures(language, form), spans(language, form), strict=True))
    ]


def allowed(language: Language, form: Form) -> bool:
    """Whether the grammar has programs of a form."""
    if not form or not all(form):
        return False
    numbers = [(0,) * structure.numbers for structure in structures(language, form)]
    tokens = write_layers(language, [Layer(*each) for each in zip(form, numbers, strict=True)])
    if len(tokens) > language.max_tokens:
        return False
    grammar = make_grammar(language)
    state = grammar.begin(1)
    for token in tokens:
        if not grammar.mask(state)[0, token]:
            return False
        state = grammar.follow(state, np.array([token]))
    return True


def orders(language: Language, draft: Draft) -> list[Draft]:
    """The draft with its layers in every order that sounds otherwise: noises have other seeds in other places."""
    noisy = [language.elements[elements[0]].word == "noise" for elements in draft.form]
    parts = [draft.places[own] for own in spans(language, draft.form)]
    made: dict[tuple[tuple[int, int], ...], Draft] = {}
    for order in permutations(range(len(parts))):
        # Tones may stand anywhere: only where the noises stand tells orders apart.
        where = tuple((place, layer) for place, layer in enumerate(order) if noisy[layer])
        form = tuple(draft.form[layer] for layer in order)
        made.setdefault(where, Draft(form, np.concatenate([parts[layer] for layer in order])))
    return list(made.values())
