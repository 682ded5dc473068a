"""What is wrong with a program's text, said to a person: which node, what it takes, what was meant, and where."""

from __future__ import annotations

import re
from typing import NamedTuple

from raveforce.glicol.errors import GlicolError
from raveforce.glicol.nodes import WORDS, Node, Parameter
from raveforce.glicol.samples import bare
from raveforce.registry import did_you_mean

__all__ = ["only_place", "reference_error", "sample_error", "syntax_error"]

BLANKS = " ,|\t"
TOKEN = re.compile(r"[^\s,|;]+")
KINDS = {
    "number": "a number",
    "integer": "a whole number",
    "signal": "a number or a reference",
    "number or pattern": "a number or a pattern",
    "signal or pattern": "a number, a reference or a pattern",
    "pattern": "a pattern",
    "steps": "notes, rests _ and references of one letter",
    "reference": "a reference",
    "sample": r"a sample's \name",
    "code": "a script in backticks",
}


class _Found(NamedTuple):
    """What is wrong, and the character where it is."""

    message: str
    at: int


def syntax_error(code: str, line: int, column: int) -> GlicolError:
    """Explain why a text cannot be read.

    Parameters
    ----------
    code : the program
    line, column : where reading stopped, from 1

    Examples
    --------
    >>> error = syntax_error("o: sin 440 >> lfp 300 1.0", 1, 19)
    >>> error.message, error.column
    ("syntax error: there is no node 'lfp'; did you mean lpf?", 15)
    """
    lines = code.split("\n")
    if not 1 <= line <= len(lines):  # the end of the text
        line, column = len(lines), len(lines[-1]) + 1
    at = sum(len(each) + 1 for each in lines[: line - 1]) + min(column, len(lines[line - 1]) + 1) - 1
    text = _masked(code)
    found = _explain(text, at + len(text[at:]) - len(text[at:].lstrip(BLANKS)))
    return _error(f"syntax error: {_unmasked(found, text, code)}", "syntax", code, found.at)


def reference_error(code: str, name: str) -> GlicolError:
    """Say that no chain has a name, and where it is referred to.

    Examples
    --------
    >>> error = reference_error("~lfo: sin 1; o: sin ~lof", "~lof")
    >>> error.message, error.column
    ('unknown reference ~lof: no chain is called so; did you mean ~lfo?', 21)
    """
    text = _masked(code)
    chains = re.findall(r"([~_]?[a-z][a-z0-9_]*)[ ,|\t]*:", text)
    known = chains if name.startswith(("~", "_")) else [*chains, *WORDS]
    called = "no chain is called so" if name.startswith(("~", "_")) else "no node and no chain is called so"
    places = [
        match.start() for match in _mentions(text, name) if not text[match.end() :].lstrip(BLANKS).startswith(":")
    ]
    message = f"unknown reference {name}: {called}{did_you_mean(name, known)}"
    return _error(message, "reference", code, places[0] if places else None)


def sample_error(code: str, spelling: str, row: int | None = None) -> GlicolError:
    r"""Say that a sample is missing, and how to give it; ``spelling`` is ``\name`` or ``'name'``."""
    how = f"samples={{{bare(spelling)!r}: array or path}} (an open engine takes it with add_sample)"
    message = f"unknown sample {spelling}; give it: {how}"
    places = [match.start() for match in _mentions(code, spelling)]
    return _error(message, "sample", code, places[0] if places else None, row)


def only_place(code: str, node: str) -> tuple[int, int] | tuple[None, None]:
    """Line and column of a node that the program has once; else nothing is known.

    Examples
    --------
    >>> only_place("~a: imp 1; o: ~a >> delayn 0.5", "delayn"), only_place("a: sin 1; b: sin 2", "sin")
    ((1, 21), (None, None))
    """
    words = WORDS[node].words if node in WORDS else ()
    pattern = rf"(?<=[:>])[ ,|\t\n]*({'|'.join(map(re.escape, words))})(?=[ ,|\t])"
    places = [match.start(1) for match in re.finditer(pattern, _masked(code))] if words else []
    if len(places) != 1:
        return None, None
    before = code[: places[0]]
    return before.count("\n") + 1, places[0] - before.rfind("\n")


def _error(message: str, kind: str, code: str, at: int | None, row: int | None = None) -> GlicolError:
    if at is None:
        return GlicolError(message, kind=kind, code=code, row=row)
    line, column = code[:at].count("\n") + 1, at - code[:at].rfind("\n")
    return GlicolError(message, kind=kind, code=code, line=line, column=column, row=row)


def _masked(code: str) -> str:
    """The program with blanks for its comments, and for what stands in quotes and backticks."""

    def blank(match: re.Match[str]) -> str:
        found = match[0]
        if found.startswith("//"):
            return " " * len(found)
        return found[0] + "\0" * (len(found) - 2) + found[-1]

    return re.sub(r"//[^\n]*|`[^`]*`|\"[^\"\n]*\"", blank, code)


def _unmasked(found: _Found, text: str, code: str) -> str:
    """What is wrong, with what stands in quotes and backticks as the program has it."""

    def shown(match: re.Match[str]) -> str:
        begin = text.find(match[0], found.at)
        return code[begin : begin + len(match[0])] if begin >= 0 else match[0].replace("\0", ".")

    return re.sub('[`"]?\0+[`"]?', shown, found.message)


def _mentions(text: str, name: str) -> list[re.Match[str]]:
    return list(re.finditer(rf"(?<![\w~\\']){re.escape(name)}(?![\w'])", text))


def _explain(text: str, at: int) -> _Found:
    """What is wrong in a masked text of which reading stopped at a character."""
    exponent = next(
        (each for each in re.finditer(r"\d\.?\d*[eE][+-]?\d+", text) if each.start() <= at <= each.end()), None
    )
    if exponent is not None:
        token = _token_around(text, exponent.start())
        return _Found(
            f"'{token}' is no number here: write it as a plain decimal, without an exponent", exponent.start()
        )
    arrow = re.compile(r">>|:").match(text, at)
    start = _node_start(text, arrow.end() if arrow and not text[arrow.end() :].strip(BLANKS + "\n") else at)
    if start is None:
        return _explain_chain(text, at)
    word = re.compile(r"[~_\\]?\w+|\S").match(text, start)
    if word is None:
        return _Found("a node is missing here", min(start, len(text)))
    node = WORDS.get(word[0])
    if node is None:
        if word.start() < at and re.search(rf"(?m)(?:^|[;\s,|]){re.escape(word[0])}[ ,|\t]*:", text):
            return _Found(f"after the reference '{word[0]}' only '>>' or another chain can follow", at)
        known = [each for each in WORDS if WORDS[each].parameters]
        return _Found(f"there is no node '{word[0]}'{did_you_mean(word[0], known)}", start)
    return _explain_node(text, word.start(), node, at)


def _node_start(text: str, at: int) -> int | None:
    """Where the node begins in which a character stands; None outside of chains."""
    delimiter = max(text.rfind(":", 0, at), text.rfind(">>", 0, at) + 1)
    if delimiter <= 0:
        return None
    start = delimiter + 1
    start += len(text[start:]) - len(text[start:].lstrip(BLANKS))
    between = text[start:at]
    ended = re.search(r";|\n(?![ ,|\t\n]*>>)", between)
    return None if ended and between[: ended.start()].strip(BLANKS) else start


def _explain_chain(text: str, at: int) -> _Found:
    """Where a chain should begin."""
    begin = max(text.rfind("\n", 0, at), text.rfind(";", 0, at)) + 1
    begin += len(text[begin:]) - len(text[begin:].lstrip(BLANKS))
    name = TOKEN.match(text, begin)
    if text.startswith(">>", begin):
        return _Found("'>>' follows its node on the same line or the next, and no comment comes between", begin)
    if name is None:
        return _Found("a chain is missing here: it is written 'name: node >> node'", at)
    if name[0].rstrip(":") != name[0].rstrip(":").lower():
        return _Found(f"the name of a chain is in small letters, unlike '{name[0].rstrip(':')}'", begin)
    if name[0] in WORDS:
        return _Found(f"a chain is written 'name: node >> node'; a name and ':' are missing before '{name[0]}'", begin)
    return _Found("a chain is written 'name: node >> node'", max(begin, min(at, len(text))))


def _explain_node(text: str, start: int, node: Node, at: int) -> _Found:
    """Where a known node is not written as it should be."""
    end = re.compile(r"[^;\n>]*").match(text, start)
    assert end is not None
    tokens = list(TOKEN.finditer(text, start, end.end()))
    arguments, taken = tokens[1:], node.parameters
    word = re.match(r"\w+", tokens[0][0])
    usage = node.usage.replace(node.name, word[0] if word else node.name, 1)
    if tokens[0][0] not in WORDS:  # something is glued to it, as in sin(440)
        return _Found(f"'{tokens[0][0]}' cannot be read: it is written '{usage}'", start)
    for place, token in enumerate(arguments):
        parameter = taken[place % len(taken)] if node.repeated or place < len(taken) else None
        if parameter is None:
            before = f"; is '>>' missing before '{token[0]}'?" if token[0] in WORDS else ""
            return _Found(f"'{usage}' is complete, so '{token[0]}' cannot stand here{before}", token.start())
        if not _fits(token[0], parameter):
            return _Found(_expects(usage, parameter, token[0]), token.start())
    missing = [each.name.upper() for each in taken[len(arguments) :] if not each.optional]
    if node.repeated and len(arguments) % len(taken):
        missing = [each.name.upper() for each in taken[len(arguments) % len(taken) :]]
    if missing:
        return _Found(f"{' and '.join(missing)} missing: it is written '{usage}'", start)
    rest = text[at : at + 20].split("\n")[0]
    return _Found(f"'{rest}' cannot stand here" if rest else "the program ends too early", at)


def _expects(usage: str, parameter: Parameter, token: str) -> str:
    name = parameter.name.upper().replace(" ", "_")
    if parameter.kind == "steps" and re.search(r"~[a-z]\w", token):
        return f"references in 'seq' are of one letter, as in 'seq 60 ~a', unlike '{token}'"
    return f"in '{usage}', {name} is {KINDS[parameter.kind]}, not '{token}'"


NUMBER = r"[+-]?\d+(\.\d*)?|[\ue000-\uf8ff]"
REFERENCE = r"[~_]?[a-z][a-z0-9_]*(\.\.)?"
PATTERN = r"\".*"
FITTING = {
    "number": NUMBER,
    "integer": r"[+-]?\d+|[\ue000-\uf8ff]",
    "signal": f"{NUMBER}|{REFERENCE}",
    "number or pattern": f"{NUMBER}|{PATTERN}",
    "signal or pattern": f"{NUMBER}|{REFERENCE}|{PATTERN}",
    "pattern": PATTERN,
    "steps": r"([+-]?\d+(?!\d)|_|~[a-z](?![a-z0-9])|[\ue000-\uf8ff])+",
    "reference": REFERENCE,
    "sample": r"\\[A-Za-z0-9_-]+|'[A-Za-z0-9_-]+'",
    "code": r"`.*",
}


def _fits(token: str, parameter: Parameter) -> bool:
    return re.fullmatch(FITTING[parameter.kind], token, re.DOTALL) is not None


def _token_around(text: str, at: int) -> str:
    begin = max((text.rfind(each, 0, at) for each in BLANKS + "\n;"), default=-1) + 1
    token = TOKEN.match(text, begin)
    return token[0] if token else ""
