"""What the engine said when it refused a program, or how it broke, as a ``GlicolError`` a person can read."""

from __future__ import annotations

import re

from raveforce.glicol.errors import GlicolError
from raveforce.glicol.nodes import WORDS
from raveforce.glicol.wasm.machine import WasmSettings
from raveforce.glicol.wasm.runtime import WasmTrap
from raveforce.glicol.wrong_text import only_place, reference_error, sample_error, syntax_error

__all__ = ["parse_error", "trap_error"]

KINDS = {1: "syntax", 2: "sample", 3: "reference"}

MODULES = {"sampler": "sp", "rlpf": "lpf"}
"""Nodes that the engine's own modules call otherwise."""
# Nodes that the grammar takes but that always break this build of the engine.
BREAKING = tuple(word for word, node in WORDS.items() if node.breaks)


def parse_error(console: bytes, code: str) -> GlicolError:
    """Read the engine's console (status byte, padding byte, text cut at 254 bytes)."""
    kind = KINDS.get(console[0], "syntax")
    text = console[2:].split(b"\0", 1)[0].decode("utf-8", "ignore")
    if kind != "syntax":
        name = text.split("non-exist", 1)[-1].split(maxsplit=1)[-1]
        return sample_error(code, name) if kind == "sample" else reference_error(code, name)
    place = re.match(r"pos\[\d+\], line\[(\d+)\], col\[(\d+)\]", text)
    if place is None:
        return GlicolError(f"syntax error: {text}", kind=kind, code=code)
    return syntax_error(code, int(place[1]), int(place[2]))


def trap_error(trap: WasmTrap, code: str, settings: WasmSettings) -> GlicolError:
    """Say how the engine broke while it played a program."""
    node = _node(trap)
    if trap.kind == "deadline":
        message = f"the program was still playing{_doing(trap)} after its deadline of {settings.deadline:g} s"
    elif trap.kind == "memory":
        limit = f"{settings.memory_limit / 2**20:g} MiB"
        message = f"the program asked for more memory than its limit of {limit}{_doing(trap)}"
    else:
        message = f"the engine broke{_doing(trap)} ({trap})"
        culprits = [node for node in BREAKING if re.search(rf"\b{node}\s", code)]
        if culprits:
            message += f"; this build of Glicol cannot play {', '.join(culprits)}"
            node = node or culprits[0]
    line, column = only_place(code, node)
    return GlicolError(message, kind=trap.kind, code=code, line=line, column=column)


def _node(trap: WasmTrap) -> str:
    """The node that was played, as programs call it; empty if it was none."""
    for name in trap.where:
        node = re.search(r"glicol_synth(?:\.\.|4)node(?:\.\.|\d+)[a-z]+(?:\.\.|\d+)([a-z]+)", name)
        if node:
            return MODULES.get(node[1], node[1])
        if "glicol_parser" in name:
            return ""
    return ""


def _doing(trap: WasmTrap) -> str:
    """Tell from the (mangled Rust) names on the stack what the engine was doing."""
    node = _node(trap)
    if node:
        return f" in the node {node}"
    for name in trap.where:
        if "glicol_parser" in name:
            return " while it read the program"
        if "makenode" in name:
            return " while it made the program's nodes"
    return ""
