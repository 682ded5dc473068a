"""Recorded drums: ``imitate`` with and without writing, on recordings that nothing was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.drums.sounds import SAMPLE_RATE, DrumSound
from raveforce.glicol.native.frontend.parser import parse
from raveforce.imitation import imitate

__all__ = ["compare", "kits_of", "table_of"]


def compare(sound: DrumSound, write: bool, seconds: float | None, renders: int | None, seed: int) -> dict[str, Any]:
    """A row of the table: one sound, with or without writing."""
    found = imitate(sound.audio, SAMPLE_RATE, seconds=seconds, renders=renders, seed=seed, write=write)
    return {
        "sound": sound.name,
        "kit": sound.kit,
        "kind": sound.kind,
        "write": write,
        "template": found.template,
        "mss": found.distances["mss"],
        "silence": found.silence["mss"],
        "log_mel": found.distances["log_mel"],
        "renders": found.renders,
        "seconds": found.seconds,
        "lines": found.code.strip().count("\n") + 1,
        "nodes": _nodes(found.code),
        "numbers": len(found.parameters),
        "code": found.code,
    }


def table_of(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Medians by class, without and with writing."""
    return [_medians(rows, "kind", kind) for kind in (*dict.fromkeys(row["kind"] for row in rows), "all")]


def kits_of(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same by kit."""
    return [_medians(rows, "kit", kit) for kit in dict.fromkeys(row["kit"] for row in rows)]


def _medians(rows: Sequence[dict[str, Any]], group: str, name: str) -> dict[str, Any]:
    own = [row for row in rows if name in ("all", row[group])]
    pairs: dict[str, dict[bool, dict[str, Any]]] = {}
    for row in own:
        pairs.setdefault(row["sound"], {})[row["write"]] = row
    both = [pair for pair in pairs.values() if len(pair) == 2]

    def median(write: bool, what: str) -> float:
        return float(np.median([pair[write][what] for pair in both]))

    ratios = [pair[True]["mss"] / pair[False]["mss"] for pair in both]
    return {
        group: name,
        "sounds": len(both),
        "templates": median(False, "mss"),
        "with writing": median(True, "mss"),
        "ratio": float(np.median(ratios)),
        "farthest": float(np.max(ratios)),
        "written": float(np.mean([pair[True]["template"] == "written" for pair in both])),
        "lines": median(False, "lines"),
        "lines written": median(True, "lines"),
        "nodes": median(False, "nodes"),
        "nodes written": median(True, "nodes"),
    }


def _nodes(code: str) -> int:
    """How many nodes a program has, chain by chain."""
    return sum(len(chain.nodes) for chain in parse(code).values())
