"""The graphs of a template: one for every choice of words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import product
from math import prod

from raveforce.glicol.errors import GlicolError, UnsupportedProgram
from raveforce.glicol.native.frontend.parser import FIRST_SLOT, SLOT, Node, parse, slot_character
from raveforce.glicol.native.lowering.chains import compile_chains
from raveforce.glicol.native.lowering.graph import Context, Graph
from raveforce.glicol.program import Program, format_number

__all__ = ["MOST_VARIANTS", "compile_variants", "place_of"]

MOST_VARIANTS = 256
"""Choices of words beyond which a program is left to the other engine."""

Choices = tuple[int, ...]


@lru_cache(maxsize=64)
def _compile(template: str, words: tuple[tuple[str, tuple[str, ...]], ...], context: Context) -> dict[Choices, Graph]:
    program = Program(template, dict(words))
    variants = {
        choices: _variant(program, choices, context)
        for choices in product(*(range(len(program.words[name])) for name in program.blanks if name in program.words))
    }
    _check_moves(list(variants.values()), template)
    return variants


def compile_variants(program: Program, context: Context) -> Mapping[Choices, Graph]:
    """Compile a program for every choice of its words.

    Returns
    -------
    graphs by the indices of the words chosen, in the order of the blanks that take words

    Raises
    ------
    GlicolError, UnsupportedProgram
        With the place in the template.
    """
    count = prod(len(words) for words in program.words.values())
    if count > MOST_VARIANTS:
        why = f"its words can be chosen in {count} ways, more than {MOST_VARIANTS}"
        raise UnsupportedProgram("program", code=program.template, why=why)
    return _compile(program.template, tuple(program.words.items()), context)


def place_of(node: Node, graph: Graph, values: Sequence[float]) -> tuple[int, int]:
    """Line and column of a node in the program's text, its blanks filled."""
    before = graph.code.split("\n")[node.line - 1][: node.column - 1]
    filled = SLOT.sub(lambda slot: format_number(values[ord(slot[0]) - FIRST_SLOT]), before)
    return node.line, len(filled) + 1


def _check_moves(graphs: list[Graph], template: str) -> None:
    """Refuse words that would change what a node is without changing its name, or what is heard at all.

    The engine keeps the state of such a node, or of one that nobody hears for a while; here it would be lost.
    """
    codes: dict[tuple[str, str], set[tuple[int, ...]]] = {}
    heard: dict[str, set[bool]] = {}
    for graph in graphs:
        playing = {part.chain for part in graph.parts if part.heard}
        for chain in graph.chains:
            heard.setdefault(chain.name, set()).add(chain.name in playing)
        for part in graph.parts:
            codes.setdefault((part.chain, part.name), set()).add(part.codes)
    for (chain_name, node_name), kinds in codes.items() if len(graphs) > 1 else ():
        if len(kinds) > 1:
            why = f"with other words a {node_name!r} of {chain_name!r} works on other inputs"
            raise UnsupportedProgram(node_name, code=template, why=why)
    for name, both in heard.items():
        if len(both) > 1:
            raise UnsupportedProgram("program", code=template, why=f"with some words nobody hears chain {name!r}")


def _variant(program: Program, choices: Choices, context: Context) -> Graph:
    chosen = dict(zip((name for name in program.blanks if name in program.words), choices, strict=True))
    text = ""
    for piece, blank in program.pieces:
        if SLOT.search(piece) or blank > 6000:
            raise UnsupportedProgram("program", code=program.template, why="private characters, or too many blanks")
        text += piece
        if blank >= 0:
            name = program.blanks[blank]
            text += program.words[name][chosen[name]] if name in chosen else slot_character(blank)
    try:
        return compile_chains(parse(text), len(program.blanks), replace(context, code=text))
    except GlicolError as error:
        raise _shown(error, text, program) from None


def _shown(error: GlicolError, text: str, program: Program) -> GlicolError:
    """The error with the blanks' names in the program's text, and its column counted there."""

    def show(part: str) -> str:
        return re.sub(SLOT, lambda slot: _blank(program.blanks[ord(slot[0]) - FIRST_SLOT]), part)

    line, column = error.line, error.column
    if line is not None and column is not None:
        column = len(show(text.split("\n")[line - 1][: column - 1])) + 1
    if isinstance(error, UnsupportedProgram):
        return UnsupportedProgram(error.node, code=show(text), line=line, column=column, why=error.why)
    return GlicolError(show(error.message), kind=error.kind, code=show(text), line=line, column=column)


def _blank(name: str) -> str:
    return "{}" if name.isdigit() else f"{{{name}}}"
