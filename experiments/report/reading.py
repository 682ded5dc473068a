"""Readers of a run's files that take what is there: what is missing or damaged becomes a line in ``faults``."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray
from omegaconf import OmegaConf

from experiments.records.texts import read_yaml
from experiments.report.model import Curve, Fact, Role

__all__ = [
    "LONGEST",
    "POINTS",
    "STEP",
    "config",
    "curves",
    "fact",
    "first_number",
    "flat",
    "mapping",
    "metrics",
    "number",
    "numbers",
    "sound",
    "text",
    "words",
]

STEP = "renders"
"""The metrics' column that all others are drawn against; not taken from log_writers, which loads PyTorch first."""
LONGEST = 20.0
"""Seconds of a recording that a page holds."""
POINTS = 300
"""Of a curve at most."""

# Text that is no text, a file that is gone or not to be read, a recording that is none.
_UNREADABLE = (OSError, ValueError, RuntimeError)


def _regular(path: Path) -> Path:
    """Refuse a pipe, which would be waited for, and a device, which has no end."""
    if path.exists() and not path.is_file():
        raise OSError("it is no regular file")
    return path


def sound(path: Path, faults: list[str]) -> tuple[NDArray[np.float32], int, float] | None:
    """Read the beginning of a recording: float32 [samples], Hz, and seconds of the whole."""
    try:
        with soundfile.SoundFile(_regular(path)) as file:
            rate = int(file.samplerate)
            whole = file.frames / rate
            audio = file.read(int(LONGEST * rate), dtype="float32", always_2d=True).mean(axis=1)
    except _UNREADABLE:
        faults.append(f"{path.name} is damaged: it cannot be read as a sound")
        return None
    if not len(audio):
        faults.append(f"{path.name} holds no samples")
        return None
    finite = np.isfinite(audio)
    if not finite.all():
        faults.append(f"{path.name} holds NaN or infinite samples, which are played as silence")
    return np.where(finite, audio, 0).astype(np.float32), rate, whole


def text(path: Path, faults: list[str]) -> str:
    """Read a text; an empty one where there is none."""
    try:
        return _regular(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        faults.append(f"{path.name} is missing")
    except _UNREADABLE:
        faults.append(f"{path.name} is damaged: it cannot be read as text")
    return ""


def config(path: Path, faults: list[str]) -> dict[str, Any]:
    """Read settings written as YAML; none where there are none."""
    if not path.exists():
        faults.append(f"{path.name} is missing")
        return {}
    try:
        settings: Any = OmegaConf.to_container(read_yaml(path))
    except Exception as error:  # YAML's errors and OmegaConf's have no common ancestor
        faults.append(f"{path.name} is damaged: {type(error).__name__}")
        return {}
    return settings if isinstance(settings, dict) else {}


def metrics(path: Path, faults: list[str]) -> list[dict[str, str]]:
    """Read the whole rows of metrics; the last may be half written while the run goes on."""
    try:
        with _regular(path).open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except FileNotFoundError:
        faults.append(f"{path.name} is missing")
        return []
    except Exception as error:  # csv's own error among others
        faults.append(f"{path.name} is damaged: {error}")
        return []
    whole = [row for row in rows if None not in row and None not in row.values() and number(row.get(STEP)) is not None]
    if len(whole) < len(rows) - 1:
        faults.append(f"{path.name} is damaged: {len(rows) - len(whole)} of its {len(rows)} rows are left out")
    return whole


def curves(rows: Sequence[Mapping[str, str]], names: Mapping[str, tuple[str, Role]]) -> list[Curve]:
    """Draw some of the metrics' columns against the renders: by column, the curve's name and role."""
    found = []
    for column, (name, role) in names.items():
        points = [(number(row[STEP]), number(row.get(column))) for row in rows]
        drawn = [(x, y) for x, y in points if x is not None and y is not None]
        if drawn:
            places = np.unique(np.linspace(0, len(drawn) - 1, min(POINTS, len(drawn))).round().astype(int))
            x, y = zip(*(drawn[place] for place in places), strict=True)
            found.append(Curve(name, x, y, role))
    return found


def mapping(record: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    """Look up a mapping within mappings; an empty one where there is none."""
    for key in keys:
        value = record.get(key)
        record = value if isinstance(value, Mapping) else {}
    return record


def words(record: Mapping[str, Any], *keys: str) -> str:
    """Look up a text within mappings; an empty one where there is none."""
    value = mapping(record, *keys[:-1]).get(keys[-1])
    return value if isinstance(value, str) else ""


def number(value: Any) -> float | None:
    """Take a finite number, also as text; None is everything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        taken = float(value)
    except ValueError:
        return None
    return taken if math.isfinite(taken) else None


def numbers(values: Mapping[str, Any]) -> dict[str, float]:
    """Keep the finite numbers."""
    taken = {str(name): number(value) for name, value in values.items()}
    return {name: value for name, value in taken.items() if value is not None}


def first_number(*values: Any) -> float | None:
    """The first finite number; None where there is none."""
    return next((taken for taken in map(number, values) if taken is not None), None)


def fact(value: Any) -> Fact:
    """Take a value for a table's cell."""
    return value if value is None or isinstance(value, str | int | float) else str(value)


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Settings within settings, by dotted name."""
    found: dict[str, str] = {}
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            found.update(flat(value, f"{prefix}{key}."))
        else:
            found[f"{prefix}{key}"] = "" if value is None else str(value)
    return found
