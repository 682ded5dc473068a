"""Tokens as Glicol text, and the way back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from raveforce.glicol.native.frontend.parser import Chain, Node, Reference, Slot, parse, slot_character
from raveforce.glicol.program import ProgramError, format_number
from raveforce.writing.elements import RISE, Element
from raveforce.writing.grammar import make_grammar
from raveforce.writing.language import Language
from raveforce.writing.layers import Layer, Structure, make_structure, read_layers, write_layers

__all__ = ["count_nodes", "element_nodes", "layer_text", "layers_text", "program_text", "program_tokens"]

Floats = NDArray[np.float64]


def program_text(language: Language, tokens: Sequence[int] | NDArray[np.int64]) -> str:
    """The Glicol program that tokens say: its closed layers, a line for every chain.

    Examples
    --------
    >>> language = Language()
    >>> words = "layer sin sweep 10 20 8 mul env2 3 40 mul 60 close layer noise hpf 50 20 mul 9 close end"
    >>> print(program_text(language, language.read(words)))
    ~thump_fall: imp 0.1 >> envperc 0.0001 0.0138
    ~thump_pitch: ~thump_fall >> mul 122 >> add 54.8
    ~thump_env: imp 0.1 >> envperc 0.000396 0.29
    thump: sin ~thump_pitch >> mul ~thump_env >> mul ~thump_env >> mul 1.55
    hiss: noise 300007 >> hpf 10400 0.831 >> mul 0.0213
    """
    parts = []
    for place, layer in enumerate(read_layers(language, tokens)):
        structure = make_structure(language, layer.elements)
        parts.append((structure, structure.values([layer.numbers], place)[0]))
    return layers_text(parts)


def layers_text(layers: Sequence[tuple[Structure, Floats]]) -> str:
    """The Glicol program of layers, each a structure and the values of its blanks, float64 [blanks]."""
    texts: list[str] = []
    names: list[str] = []
    for structure, values in layers:
        name, text = layer_text(structure, values, names)
        names.append(name)
        texts.append(text)
    return "\n".join(texts)


def layer_text(structure: Structure, values: Floats, names: Sequence[str] = ()) -> tuple[str, str]:
    """A layer's name and its lines.

    Parameters
    ----------
    structure : what it is made of
    values : what fills its blanks, float64 [blanks]
    names : those of the layers before it; the second of a kind gets a 2
    """
    kind, template = _template(structure)
    known = sum(re.fullmatch(rf"{kind}\d*", other) is not None for other in names)
    name = kind if known == 0 else f"{kind}{known + 1}"
    return name, template.format(*map(format_number, values.tolist())).replace("@", name)


def count_nodes(language: Language, tokens: Sequence[int] | NDArray[np.int64]) -> int:
    """Sources, processors and gestures of a program: what its length is measured by.

    Examples
    --------
    >>> language = Language()
    >>> count_nodes(language, language.read("layer sin sweep 10 20 8 mul 60 close end"))
    3
    """
    words = np.asarray(tokens)
    return int(((words >= FIRST_WORD) & (words < language.first_number)).sum())


FIRST_WORD = 3
"""The token of the first word; those before it are marks."""


@lru_cache(maxsize=8192)
def _template(structure: Structure) -> tuple[str, str]:
    """What layers of a structure are called, and their text with places for the values, ``@`` for the name."""
    lines: list[str] = []
    chain: list[str] = []
    seen: Counter[str] = Counter()
    count = 0
    for part in structure.parts:
        own = {match[1] for line in part.helpers if (match := re.match(r"~(\w+):", line))}
        endings = {name: str(seen[name] + 1) if seen[name] else "" for name in own}
        seen.update(own)
        places = {blank: f"{{{count + place}}}" for place, blank in enumerate(part.blanks)}
        count += len(places)

        def renamed(text: str, places: Mapping[str, str] = places, endings: Mapping[str, str] = endings) -> str:
            named = re.sub(r"~(\w+)", lambda found: f"~@_{found[1]}{endings[found[1]]}", text)
            return re.sub(r"{(\w+)}", lambda found: places[found[1]], named)

        lines += map(renamed, part.helpers)
        chain.append(renamed(part.text))
    return _character(structure.parts), "\n".join([*lines, f"@: {' >> '.join(chain)}"])


def _character(parts: Sequence[Element]) -> str:
    """What a layer is called, by how it sounds."""
    source, words = parts[0], {each.word for each in parts}
    dull = source.word in ("sin", "tri")
    if source.word == "noise":
        return "band" if {"lpf", "hpf"} <= words else "hiss" if "hpf" in words else "wash"
    if source.gesture.startswith("sweep"):
        return "thump" if dull else "zap"
    if source.gesture:
        return "bell" if dull else "growl"
    return {"imp": "click", "sin": "tone", "tri": "hum", "saw": "buzz", "squ": "beep"}.get(source.word, "part")


def program_tokens(language: Language, text: str) -> NDArray[np.int64]:
    """The tokens of a Glicol program of the language.

    Numbers become the nearest of their scales, and the seeds of noises those that their places give them.

    Raises
    ------
    GlicolError
        The text is no Glicol.
    ProgramError
        It is a program that the language does not have; the message names the place.

    Examples
    --------
    >>> language = Language()
    >>> language.spell(program_tokens(language, "hum: tri 110 >> lpf 800 1 >> mul 0.5"))
    'layer tri 15 lpf 31 25 mul 47 close end'
    """
    chains = parse(text)
    layers = [_read_chain(language, chains, chain) for chain in chains.values() if chain.heard]
    tokens = write_layers(language, layers)
    grammar = make_grammar(language)
    state = grammar.begin(1)
    for token in tokens:
        if not grammar.mask(state)[0, token]:
            raise ProgramError(f"the language does not have this program: {grammar.explain(state, 0, int(token))}")
        state = grammar.follow(state, np.array([token]))
    return tokens


@cache
def element_nodes(element: Element) -> tuple[tuple[Node, ...], dict[str, Chain]]:
    """An element's nodes, and the chains they refer to, with slots for its blanks."""
    places = {blank: slot_character(place) for place, blank in enumerate(element.blanks)}
    text = re.sub(r"{(\w+)}", lambda found: places[found[1]], "\n".join([*element.helpers, f"o: {element.text}"]))
    chains = parse(text)
    return chains["o"].nodes, chains


@lru_cache(maxsize=32)
def _longest_first(language: Language) -> list[int]:
    """The elements, those of more nodes first: a squared envelope is no linear one."""
    return sorted(range(len(language.elements)), key=lambda each: -len(element_nodes(language.elements[each])[0]))


def _read_chain(language: Language, chains: Mapping[str, Chain], chain: Chain) -> Layer:
    """The layer that a chain is."""
    elements: list[int] = []
    numbers: list[int] = []
    nodes = chain.nodes
    while nodes:
        for place in _longest_first(language):
            element = language.elements[place]
            pattern, own = element_nodes(element)
            values: dict[int, float] = {}
            if _same_chain(pattern, own, nodes[: len(pattern)], chains, values, {}):
                elements.append(place)
                numbers += _bins(language, place, {name: values[k] for k, name in enumerate(element.blanks)})
                nodes = nodes[len(pattern) :]
                break
        else:
            node = nodes[0]
            raise ProgramError(
                f"the language does not write {node.name!r} as it stands in the chain {chain.name!r} "
                f"(line {node.line}, column {node.column})"
            )
    return Layer(tuple(elements), tuple(numbers))


def _same_chain(
    pattern: Sequence[Node],
    own: Mapping[str, Chain],
    nodes: Sequence[Node],
    chains: Mapping[str, Chain],
    values: dict[int, float],
    names: dict[str, str],
) -> bool:
    """Whether nodes are those of a pattern; fills in the values of its slots, and which chain bears which name."""
    if [node.name for node in pattern] != [node.name for node in nodes]:
        return False
    for wanted, found in zip(pattern, nodes, strict=True):
        if len(wanted.arguments) != len(found.arguments):
            return False
        for want, have in zip(wanted.arguments, found.arguments, strict=True):
            if isinstance(want, Slot):
                if not isinstance(have, float) or values.setdefault(want.blank, have) != have:
                    return False
            elif isinstance(want, Reference):
                if not isinstance(have, Reference) or have.name not in chains:
                    return False
                if want.name in names:
                    if names[want.name] != have.name:
                        return False
                    continue
                names[want.name] = have.name
                inner = own[want.name].nodes, own, chains[have.name].nodes, chains
                if not _same_chain(*inner, values, names):
                    return False
            elif want != have:
                return False
    return True


def _bins(language: Language, element: int, values: dict[str, float]) -> list[int]:
    """The bins of an element's numbers, from the values of its blanks."""
    if RISE in values:
        values["start"] = values[RISE] + values["to"]
    bins = []
    for (name, table), parameter in zip(
        language.values[element].items(), language.elements[element].numbers.values(), strict=True
    ):
        assert parameter.scale is not None
        value, (low, high) = values[name], (table[0], table[-1])
        if not 0.98 * low <= value <= 1.02 * high:
            shown = f"{name} of {language.elements[element].name!r}"
            raise ProgramError(f"{shown} is {value:g}, outside the language's scale from {low:g} to {high:g}")
        near = np.abs(np.log(table / value)) if parameter.scale.logarithmic else np.abs(table - value)
        bins.append(int(near.argmin()))
    return bins
