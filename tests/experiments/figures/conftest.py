"""Tables of a few numbers, from which every figure can be made."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments.figures import surface, sweep
from experiments.figures.picture import FIGURES, Picture
from experiments.figures.source import Source
from experiments.figures.style import style
from raveforce import audio

VERSIONS = {"raveforce": "1.2.3", "glicol": "0.4.0", "glicol_sha256": "abc123"}


@pytest.fixture(autouse=True)
def coarse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Landscapes of few points."""
    monkeypatch.setattr(surface, "GRID", (6, 9))
    monkeypatch.setattr(sweep, "POINTS", 21)


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """A folder of stored tables."""
    folder = tmp_path / "tables"
    folder.mkdir()
    for name, table in (("speed", _speed()), ("match", _match()), ("drums_box", _drums()), ("kick", _kick())):
        (folder / f"{name}.json").write_text(json.dumps(table))
    time = np.arange(2205) / 44100
    for name, hertz in (("target", 60.0), ("best", 62.0)):
        sound = np.sin(2 * np.pi * hertz * time) * np.exp(-40 * time)
        audio.write(folder / f"kick_sac_{name}.wav", sound.astype(np.float32), 44100)
    return folder


@pytest.fixture
def draw(tables: Path) -> Callable[..., list[Picture]]:
    """Draws a figure by name from these tables."""

    def _draw(name: str, **options: Any) -> list[Picture]:
        with style():
            return list(FIGURES.get(name)(Source(**{"tables": tables, "renders": 30, **options})))

    return _draw


def _speed() -> dict[str, Any]:
    names = {"kick": ["RaveForce, engine native", "DawDreamer (Faust), block 512"], "bass": ["RaveForce, engine wasm"]}
    rows = [
        {"name": name, "workload": workload, "rows": 1, "microseconds": 20.0 * 10**place}
        for workload, contenders in names.items()
        for place, name in enumerate(contenders)
    ]
    growth = [
        {"size": size, "sizes": [1, 2, 4], "microseconds": [11.0, 21.0, 41.0], "r2": 1.0}
        for size in ("seconds", "rows", "nodes")
    ]
    return {"command": "measure speed", "machine": {"cores": "2"}, "render": rows, "growth": growth}


def _match() -> dict[str, Any]:
    return {
        "command": "measure match",
        "targets": 7,
        "policy, one render": 0.2,
        "search, by renders": {"random": {"1": 1.0, "10": 0.5}, "cma": {"1": 0.9, "10": 0.3}},
        "part of targets where the policy is nearer": {"cma 10": 0.75},
        "training": {"renders": 5000, "seconds": 120.0, "agent": "gcsl"},
        "versions": VERSIONS,
    }


def _drums() -> dict[str, Any]:
    rows = [
        {"kind": kind, "agent": agent, "renders": renders, "mss": [value, 0.9 * value, 1.1 * value]}
        for kind in ("kick", "snare", "hihat")
        for agent, renders, value in (
            ("silence", 0, 1.5),
            ("random", 1, 2.0),
            ("random", 10, 1.0),
            ("cma", 1, 0.9),
            ("cma", 10, 0.6),
            ("policy", 1, 0.7),
        )
    ]
    return {
        "command": "measure drums",
        "distance": "mss",
        "minimised": "mss",
        "sounds": {"kick": 3},
        "medians [low, high]": rows,
        "versions": VERSIONS,
    }


def _kick() -> dict[str, Any]:
    return {"command": "measure kick", "versions": VERSIONS}
