"""From program text to chains of nodes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from raveforce.glicol.errors import GlicolError
from raveforce.glicol.native.frontend.tables import Token, line_and_column, read_tokens
from raveforce.glicol.nodes import WORDS

__all__ = [
    "Argument",
    "Chain",
    "Node",
    "Note",
    "Number",
    "Pattern",
    "Reference",
    "Slot",
    "Symbol",
    "parse",
    "slot_character",
]

FIRST_SLOT = 0xE000
LAST_SLOT = 0xF8FF
SAFE = 1e38
"""Below it a number is no infinite float32; asking numpy not to warn takes as long as reading some."""


@dataclass(frozen=True)
class Slot:
    """A number that stands in a blank of the template; ``whole``: the language takes an integer there."""

    blank: int
    whole: bool = False


Number = float | Slot


@dataclass(frozen=True)
class Reference:
    """The name of another chain."""

    name: str


@dataclass(frozen=True)
class Symbol:
    """An argument that is neither number nor reference: a sample's name, a script."""

    text: str


@dataclass(frozen=True)
class Pattern:
    """Values and their times in bars, repeated after a span of bars."""

    events: tuple[tuple[Number, Number], ...]
    span: Number


@dataclass(frozen=True)
class Note:
    """A step of a ``seq``: when in the bar, and what."""

    time: float
    what: Number | Reference


Argument = float | Slot | Reference | Symbol | Pattern | Note


@dataclass(frozen=True)
class Node:
    """A node as written: its name as the engine calls it, its arguments, its place."""

    name: str
    arguments: tuple[Argument, ...]
    line: int
    column: int


@dataclass(frozen=True)
class Chain:
    """``name: node >> node``; what a name without ``~`` plays is heard."""

    name: str
    nodes: tuple[Node, ...]

    @property
    def heard(self) -> bool:
        """Whether the chain goes to the output."""
        return "~" not in self.name


BLANKS = " ,|\t"
ARGUMENTS = {"NUMBER", "INTEGER", "REFERENCE", "OTHER_REFERENCE", "COMPOUND", "PATTERN", "EVENTS", "SYMBOL", "CODE"}
"""Kinds of tokens that stand behind a node's word."""
SLOT = re.compile("[\ue000-\uf8ff]")
NUMBER = re.compile(r"[+-]?\d+(\.\d*([eE][+-]?\d+)?)?|[\ue000-\uf8ff]")
NOTE = re.compile(r"[+-]?\d+|_|~[a-z]|[\ue000-\uf8ff]")


def slot_character(blank: int) -> str:
    """Return the character that stands for a blank in text to be parsed."""
    return chr(FIRST_SLOT + blank)


def parse(text: str) -> dict[str, Chain]:
    """Read a program.

    Parameters
    ----------
    text : program text, its blanks replaced by ``slot_character``

    Returns
    -------
    chains by name; of two chains of one name the later counts, as in the engine

    Raises
    ------
    GlicolError
        Of kind "syntax", with line and column; a program without any chain is refused as well.

    Examples
    --------
    >>> parse("~a: sin 2; o: saw 110 >> mul ~a")["o"].nodes[1]
    Node(name='mul', arguments=(Reference(name='~a'),), line=1, column=26)
    """
    chains: dict[str, list[Node]] = {}
    tokens = read_tokens(text)
    begins = [i for i, token in enumerate(tokens) if token.kind not in ARGUMENTS]
    for begin, end in pairwise([*begins, len(tokens)]):
        token = tokens[begin]
        if token.kind == "NAME":
            chains[token.text] = nodes = []
        elif token.kind != "COMMENT":
            nodes.append(_node(token, tokens[begin + 1 : end], text))
    if not chains:
        raise GlicolError("the program has no chain", kind="syntax", code=text)
    return {name: Chain(name, tuple(nodes)) for name, nodes in chains.items()}


def _node(word: Token, tokens: list[Token], text: str) -> Node:
    place = line_and_column(text, word.at)
    if word.kind == "GET":
        return Node("get", (Reference(word.text.split()[-1].strip(",|")),), *place)
    if word.kind == "POINTS":
        return Node("points", (Symbol(word.text),), *place)
    name = WORDS[word.text].name
    if name == "seq":
        return Node(name, _notes(tokens, text), *place)
    return Node(name, tuple([_argument(token) for token in tokens]), *place)


def _argument(token: Token) -> Argument:
    content = token.text.strip(BLANKS)
    if token.kind in ("NUMBER", "INTEGER"):
        return _number(content, whole=token.kind == "INTEGER")
    if token.kind in ("REFERENCE", "OTHER_REFERENCE"):
        return Reference(content)
    return _pattern(content) if token.kind == "PATTERN" else Symbol(content)


def _number(text: str, whole: bool = False) -> Number:
    if FIRST_SLOT <= ord(text[0]) <= LAST_SLOT:
        return Slot(ord(text[0]) - FIRST_SLOT, whole)
    number = float(text)
    if abs(number) < SAFE:
        return float(np.float32(number))
    with np.errstate(over="ignore"):  # what is too large for float32 is infinite
        return float(np.float32(number))


def _pattern(text: str) -> Argument:
    """``"value@time value@time"(span)``."""
    body, span = text[1:].split('"')
    pairs = [pair.split("@") for pair in re.split(f"[{BLANKS}]+", body.strip(BLANKS))]
    numbers = [number for pair in pairs for number in pair] + [span[1:-1] or "1"]
    if not all(len(pair) == 2 for pair in pairs) or not all(map(NUMBER.fullmatch, numbers)):
        return Symbol(text)
    return Pattern(tuple((_number(value), _number(time)) for value, time in pairs), _number(numbers[-1]))


def _notes(compounds: list[Token], text: str) -> tuple[Note, ...]:
    """Steps of a ``seq``: compounds share the bar equally, and notes their compound."""
    notes = []
    parts = np.float32(len(compounds))
    for i, compound in enumerate(compounds):
        steps = NOTE.findall(compound.text.strip(BLANKS))
        for before, after in pairwise(steps):
            if SLOT.match(after) and (SLOT.match(before) or before[-1].isdigit()):
                raise _glued(compound, text)
            if SLOT.match(before) and after[0].isdigit():
                raise _glued(compound, text)
        for j, step in enumerate(steps):
            within = np.float32(1) / parts * np.float32(j) / np.float32(len(steps))
            time = float(within + np.float32(i) / parts)
            if step[0] == "~":
                notes.append(Note(time, Reference(step)))
            elif step != "_":
                notes.append(Note(time, _number(step, whole=True)))
    return tuple(notes)


def _glued(compound: Token, text: str) -> GlicolError:
    message = "a blank next to a digit or another blank could be read as one number"
    line, column = line_and_column(text, compound.at)
    return GlicolError(message, kind="syntax", code=text, line=line, column=column)
