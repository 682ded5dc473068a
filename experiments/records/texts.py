"""JSON and YAML that anyone may have written: read in little time and memory, or refused with the reason."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from experiments.config.errors import first_line

__all__ = ["read_json", "read_yaml"]

LARGEST = 16 * 2**20
"""Bytes of a file; records are a hundredth of that."""
MOST_VALUES = 100_000
"""Of settings: aliases let a few lines stand for as many as there are atoms."""


def read_json(path: Path) -> Any:
    """What a file of JSON holds.

    Raises
    ------
    OSError
        It cannot be read.
    ValueError
        It is no JSON, no text, larger than ``LARGEST``, or nested too deep.
    """
    try:
        return json.loads(_text(path))
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def read_yaml(path: Path) -> Any:
    """What a file of YAML holds, as OmegaConf has it.

    Raises
    ------
    OSError
        It cannot be read.
    ValueError
        It is no YAML, no text, larger than ``LARGEST``, nested too deep, or unfolds to more than ``MOST_VALUES``.
    """
    try:
        text = _text(path)
        if "&" in text and "*" in text:  # a name for a part, and its use
            values = _count(yaml.compose(text, Loader=yaml.SafeLoader), {})
            if values > MOST_VALUES:
                raise ValueError(f"it unfolds to {values:.3g} values; the most is {MOST_VALUES}")
        return OmegaConf.load(io.StringIO(text))
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise ValueError(f"{place}{getattr(error, 'problem', None) or first_line(error)}") from error
    except OmegaConfBaseException as error:
        raise ValueError(first_line(error)) from error
    except OSError as error:
        if error.errno is not None:
            raise
        raise ValueError("it holds no settings (key: value)") from error  # a number


def _text(path: Path) -> str:
    if not path.is_file() and path.exists():
        raise ValueError("it is no regular file")
    if path.stat().st_size > LARGEST:
        raise ValueError(f"it is larger than {LARGEST} bytes")
    return path.read_text(encoding="utf-8")


def _count(node: yaml.Node | None, known: dict[int, int]) -> int:
    """How many values a part stands for once its aliases are written out."""
    if id(node) not in known:
        known[id(node)] = 0  # what holds itself is refused where it is made
        inner = node.value if isinstance(node, yaml.CollectionNode) else []
        pairs = [item if isinstance(item, tuple) else (item,) for item in inner]  # of a mapping: name and value
        known[id(node)] = 1 + sum(_count(part, known) for pair in pairs for part in pair)
    return known[id(node)]
