"""From program text to chains of nodes."""

from __future__ import annotations

import hashlib
import io
import re
import string
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from raveforce._cache import cache_folder, read_checked, write_checked
from raveforce.glicol.errors import GlicolError
from raveforce.glicol.nodes import NODES, RESERVED, WORDS
from raveforce.glicol.wrong_text import syntax_error

if TYPE_CHECKING:
    import lark

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
SLOT = re.compile("[\ue000-\uf8ff]")
NUMBER = re.compile(r"[+-]?\d+(\.\d*([eE][+-]?\d+)?)?|[\ue000-\uf8ff]")
NOTE = re.compile(r"[+-]?\d+|_|~[a-z]|[\ue000-\uf8ff]")

# How the grammar calls what a parameter may be.
KINDS = {
    "number": "NUMBER",
    "integer": "INTEGER",
    "signal": "_signal",
    "number or pattern": "(NUMBER | PATTERN | EVENTS)",
    "signal or pattern": "(_signal | PATTERN | EVENTS)",
    "pattern": "(PATTERN | EVENTS)",
    "steps": "COMPOUND",
    "reference": "REFERENCE",
    "sample": "SYMBOL",
    "code": "CODE",
}


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
    import lark  # takes long to import

    try:
        tree = _grammar().parse(text)
    except lark.UnexpectedInput as error:
        raise syntax_error(text, error.line, error.column) from None
    chains = [_chain(line, text) for line in tree.children if isinstance(line, lark.Tree)]
    if not chains:
        raise GlicolError("the program has no chain", kind="syntax", code=text)
    return {chain.name: chain for chain in chains}


@cache
def _grammar() -> lark.Lark:
    """The parser. Its tables are kept, since making them takes longer than all that a short program needs."""
    import lark  # takes long to import

    template = string.Template(Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8"))
    grammar = template.substitute(_node_rules())
    name = hashlib.sha256(f"{sys.version} {lark.__version__} {grammar}".encode()).hexdigest()[:16]
    path = cache_folder() / "grammar" / name
    tables = read_checked(path)
    if tables is not None:
        return lark.Lark.load(io.BytesIO(tables))
    made, file = lark.Lark(grammar, parser="lalr"), io.BytesIO()
    made.save(file)
    with suppress(OSError):  # then the next process makes them anew
        write_checked(path, file.getvalue())
    return made


def _node_rules() -> dict[str, str]:
    """The parts of the grammar that come from the table of nodes: nodes that take the same share a terminal."""
    shapes: dict[str, list[str]] = {}
    for node in NODES.values():
        if node.parameters and node.name != "get":
            taken = " ".join(KINDS[each.kind] + "?" * each.optional for each in node.parameters)
            shapes.setdefault(f"({taken})+" if node.repeated else taken, []).extend(node.words)
    rules = [f"NODE_{i} {shape}" for i, shape in enumerate(shapes)]
    words = [f"NODE_{i}.3: /({'|'.join(words)})(?=[ ,|\\t])/" for i, words in enumerate(shapes.values())]
    return {"NODES": "\n    | ".join(rules), "WORDS": "\n".join(words), "RESERVED": "|".join(RESERVED)}


def _chain(line: lark.Tree[Any], text: str) -> Chain:
    name, chain = line.children
    return Chain(str(name), tuple(_node(node, text) for node in chain.children))


def _node(node: Any, text: str) -> Node:
    word, *tokens = node.children
    place = word.line, word.column
    if word.type == "GET":
        return Node("get", (Reference(word.split()[-1].strip(",|")),), *place)
    if word.type == "POINTS":
        return Node("points", (Symbol(str(word)),), *place)
    name = WORDS[str(word)].name
    if name == "seq":
        return Node(name, _notes(tokens, text), *place)
    return Node(name, tuple(_argument(token, text) for token in tokens), *place)


def _argument(token: lark.Token, text: str) -> Argument:
    content = token.strip(BLANKS)
    if token.type in ("NUMBER", "INTEGER"):
        return _number(content, whole=token.type == "INTEGER")
    if token.type in ("REFERENCE", "OTHER_REFERENCE"):
        return Reference(content)
    if token.type == "PATTERN":
        return _pattern(token, text)
    return Symbol(content)


def _number(text: str, whole: bool = False) -> Number:
    if FIRST_SLOT <= ord(text[0]) <= LAST_SLOT:
        return Slot(ord(text[0]) - FIRST_SLOT, whole)
    number = float(text)
    if abs(number) < SAFE:
        return float(np.float32(number))
    with np.errstate(over="ignore"):  # what is too large for float32 is infinite
        return float(np.float32(number))


def _pattern(token: lark.Token, text: str) -> Argument:
    """``"value@time value@time"(span)``."""
    body, span = token.strip(BLANKS)[1:].split('"')
    pairs = [pair.split("@") for pair in re.split(f"[{BLANKS}]+", body.strip(BLANKS))]
    numbers = [number for pair in pairs for number in pair] + [span[1:-1] or "1"]
    if not all(len(pair) == 2 for pair in pairs) or not all(map(NUMBER.fullmatch, numbers)):
        return Symbol(token.strip(BLANKS))
    return Pattern(tuple((_number(value), _number(time)) for value, time in pairs), _number(numbers[-1]))


def _notes(compounds: list[lark.Token], text: str) -> tuple[Note, ...]:
    """Steps of a ``seq``: compounds share the bar equally, and notes their compound."""
    notes = []
    parts = np.float32(len(compounds))
    for i, compound in enumerate(compounds):
        steps = NOTE.findall(compound.strip(BLANKS))
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


def _glued(compound: Any, text: str) -> GlicolError:
    message = "a blank next to a digit or another blank could be read as one number"
    return GlicolError(message, kind="syntax", code=text, line=compound.line, column=compound.column)
