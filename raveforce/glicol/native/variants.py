"""The graphs of a template: one for every choice of words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import product
from math import prod

from raveforce.glicol.errors import GlicolError, UnsupportedProgram
from raveforce.glicol.native.graph import Graph, Setting
from raveforce.glicol.native.nodes import compile_chains
from raveforce.glicol.native.parser import FIRST_SLOT, SLOT, parse, slot_character
from raveforce.glicol.program import Program

__all__ = ["MOST_VARIANTS", "compile_variants"]

MOST_VARIANTS = 256
"""Choices of words beyond which a program is left to the other engine."""

Choices = tuple[int, ...]


@lru_cache(maxsize=64)
def _compile(template: str, words: tuple[tuple[str, tuple[str, ...]], ...], setting: Setting) -> dict[Choices, Graph]:
    program = Program(template, dict(words))
    return {
        choices: _variant(program, choices, setting)
        for choices in product(*(range(len(program.words[name])) for name in program.blanks if name in program.words))
    }


def compile_variants(program: Program, setting: Setting) -> Mapping[Choices, Graph]:
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
    return _compile(program.template, tuple(program.words.items()), setting)


def _variant(program: Program, choices: Choices, setting: Setting) -> Graph:
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
        return compile_chains(parse(text), len(program.blanks), setting)
    except GlicolError as error:
        raise _shown(error, text, program) from None


def _shown(error: GlicolError, text: str, program: Program) -> GlicolError:
    """The error with the blanks' names in the program's text, and its column counted there."""

    def show(part: str) -> str:
        return re.sub(SLOT, lambda slot: f"{{{program.blanks[ord(slot[0]) - FIRST_SLOT]}}}", part)

    line, column = error.line, error.column
    if line is not None and column is not None:
        column = len(show(text.split("\n")[line - 1][: column - 1])) + 1
    if isinstance(error, UnsupportedProgram):
        return UnsupportedProgram(error.node, code=show(text), line=line, column=column, why=error.why)
    return GlicolError(show(error.message), kind=error.kind, code=show(text), line=line, column=column)
