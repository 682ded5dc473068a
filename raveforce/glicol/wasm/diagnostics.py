"""What the engine said when it refused a program, or how it broke, as a ``GlicolError`` a person can read."""

from __future__ import annotations

import re

from raveforce.glicol.errors import GlicolError
from raveforce.glicol.nodes import WORDS
from raveforce.glicol.wasm.machine import WasmSettings
from raveforce.glicol.wasm.runtime import WasmTrap

__all__ = ["parse_error", "trap_error"]

KINDS = {1: "syntax", 2: "sample", 3: "reference"}

# The grammar's rules, for those whose names say little.
EXPECTED = {
    "EOI": "the end of the program",
    "block": "a chain (name: node >> node)",
    "chain": "a chain of nodes",
    "code": "a script in backticks",
    "float": "a number",
    "integer": "a whole number",
    "line": "a chain (name: node >> node)",
    "loose_match": "':' after the name of a chain, or '..' after a reference",
    "node": "a node with all its parameters",
    "number": "a number",
    "reference": "a reference",
    "symbol": "a sample's \\name",
}

# Nodes that the grammar takes but that always break this build of the engine.
BREAKING = tuple(word for word, node in WORDS.items() if node.breaks)


def parse_error(console: bytes, code: str) -> GlicolError:
    """Read the engine's console (status byte, padding byte, text cut at 254 bytes)."""
    kind = KINDS.get(console[0], "syntax")
    text = console[2:].split(b"\0", 1)[0].decode("utf-8", "ignore")
    if kind != "syntax":
        name = text.split("non-exist", 1)[-1].split(maxsplit=1)[-1]
        hint = _how_to_give(name) if kind == "sample" else ""
        return GlicolError(f"unknown {kind} {name}{hint}", kind=kind, code=code)
    place = re.match(r"pos\[\d+\], line\[(\d+)\], col\[(\d+)\], positives\[([^\]]*)(\]?)", text)
    if place is None:
        return GlicolError(f"syntax error: {text}", kind=kind, code=code)
    rules = [rule.strip() for rule in place[3].split(",") if rule.strip()]
    if not place[4] and rules:
        rules[-1] = "..."  # the console is full, so the last rule may be half a word
    expected = list(dict.fromkeys(EXPECTED.get(rule, rule.replace("_", " ")) for rule in rules))
    message = "syntax error"
    if expected:
        message += f": expected {'one of: ' if len(expected) > 1 else ''}{', '.join(expected)}"
    return GlicolError(message, kind=kind, code=code, line=int(place[1]), column=int(place[2]))


def _how_to_give(spelling: str) -> str:
    bare = spelling.strip("\\'")
    return f"; give it: samples={{{bare!r}: array or path}} (an open engine takes it with add_sample)"


def trap_error(trap: WasmTrap, code: str, settings: WasmSettings) -> GlicolError:
    """Say how the engine broke while it played a program."""
    if trap.kind == "deadline":
        message = f"the program was still playing after its deadline of {settings.deadline:g} s"
    elif trap.kind == "memory":
        limit = f"{settings.memory_limit / 2**20:g} MiB"
        message = f"the program asked for more memory than its limit of {limit}{_doing(trap)}"
    else:
        message = f"the engine broke{_doing(trap)} ({trap})"
        culprits = [node for node in BREAKING if re.search(rf"\b{node}\s", code)]
        if culprits:
            message += f"; this build of Glicol cannot play {', '.join(culprits)}"
    return GlicolError(message, kind=trap.kind, code=code)


def _doing(trap: WasmTrap) -> str:
    """Tell from the (mangled Rust) names on the stack what the engine was doing."""
    for name in trap.where:
        node = re.search(r"glicol_synth(?:\.\.|4)node(?:\.\.|\d+)[a-z]+(?:\.\.|\d+)([a-z]+)", name)
        if node:
            return f" in the node {node[1]}"
        if "glicol_parser" in name:
            return " while it read the program"
        if "makenode" in name:
            return " while it made the program's nodes"
    return ""
