"""The grammar's tables: made by lark once, kept, and walked without it.

A walk builds no tree. A program's tokens in their order tell all that a tree would: a name begins a chain, a word a
node.
"""

from __future__ import annotations

import hashlib
import json
import re
import string
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

from raveforce._cache import cache_folder, read_checked, write_checked
from raveforce.glicol.nodes import NODES, RESERVED
from raveforce.glicol.wrong_text import syntax_error

__all__ = ["Token", "line_and_column", "read_tokens"]

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
END = "$END"
UNKNOWN = -(1 << 30)
"""A step that there is not."""


class Token(NamedTuple):
    """A piece of a program: its kind, its text, and where it begins."""

    kind: str
    text: str
    at: int


@dataclass(frozen=True)
class Tables:
    """An LALR(1) parser.

    Attributes
    ----------
    start, end : the state before a program, and that behind it
    steps : for each state, by what comes next, the state after it, or -1 - the rule by which it is reduced first
    rules : what a rule makes, and of how many states
    terminals : patterns by kind; of several that match the first counts
    """

    start: int
    end: int
    steps: list[dict[str, int]]
    rules: list[tuple[str, int]]
    terminals: dict[str, str]

    @cached_property
    def patterns(self) -> dict[int, re.Pattern[str]]:
        """What may come next in a state, for the states that were met."""
        return {}

    def pattern(self, state: int) -> re.Pattern[str]:
        """What may come next in a state, each kind a group."""
        kinds = [f"(?P<{kind}>{pattern})" for kind, pattern in self.terminals.items() if kind in self.steps[state]]
        made = self.patterns[state] = re.compile("|".join(kinds) or "(?!)")
        return made

    def walk(self, text: str) -> list[Token] | int:
        """Tokens of a program, or where it is wrong."""
        steps, rules, patterns = self.steps, self.rules, self.patterns
        state, states, tokens, at, after = self.start, [self.start], list[Token](), 0, 0
        kind, length = "", len(text)
        while kind != END:
            if after < length:
                at = after
                found = (patterns.get(state) or self.pattern(state)).match(text, at)
                if found is None:
                    return at
                kind, after = found.lastgroup or "", found.end()
            else:
                kind = END
            # What is whole is reduced, until what comes next can be taken.
            while state != self.end and (step := steps[state].get(kind, UNKNOWN)) < 0:
                if step == UNKNOWN:
                    return at
                made, count = rules[-1 - step]
                if count:
                    del states[-count:]
                state = steps[states[-1]][made]
                states.append(state)
            if kind != END:
                state = step
                states.append(state)
                if kind[0] != "_":
                    tokens.append(Token(kind, text[at:after], at))
        return tokens


def read_tokens(text: str) -> list[Token]:
    """Read a program's tokens: names of chains, words of nodes, arguments, comments.

    Raises
    ------
    GlicolError
        Of kind "syntax", with line and column.
    """
    tokens = _tables().walk(text)
    if isinstance(tokens, int):
        raise syntax_error(text, *line_and_column(text, tokens))
    return tokens


def line_and_column(text: str, at: int) -> tuple[int, int]:
    """Line and column, from 1, of a place in a text."""
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


@cache
def _tables() -> Tables:
    """The tables, kept: making them takes longer than all that a short program needs, and so does lark's import."""
    name = hashlib.sha256(_grammar().encode()).hexdigest()[:16]
    path = cache_folder() / "grammar" / f"{name}.json"
    kept = read_checked(path)
    if kept is not None:
        return Tables(**json.loads(kept))
    made = _make_tables()
    with suppress(OSError):  # then the next process makes them anew
        write_checked(path, json.dumps(made).encode())
    return Tables(**made)


def _make_tables() -> dict[str, Any]:
    """What ``Tables`` are made of, as lark has it."""
    import lark  # takes long to import

    made: Any = lark.Lark(_grammar(), parser="lalr")
    table, terminals = made.parser.parser._parse_table, made.terminals
    (start,), (end,) = table.start_states.values(), table.end_states.values()
    rules: dict[Any, int] = {}
    steps: list[dict[str, int]] = [{} for _ in table.states]
    for state, actions in table.states.items():
        for kind, (action, target) in actions.items():
            reduces = str(action) == "Reduce"
            steps[state][kind] = -1 - rules.setdefault(target, len(rules)) if reduces else target
    return {
        "start": start,
        "end": end,
        "steps": steps,
        "rules": [(str(rule.origin.name), len(rule.expansion)) for rule in rules],
        "terminals": {each.name: each.pattern.to_regexp() for each in sorted(terminals, key=_rank)},
    }


def _rank(terminal: Any) -> tuple[Any, ...]:
    """By what lark decides which of several terminals that match counts."""
    pattern = terminal.pattern
    return -terminal.priority, -pattern.max_width, -len(pattern.value), terminal.name


def _grammar() -> str:
    template = string.Template(Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8"))
    return template.substitute(_node_rules())


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
