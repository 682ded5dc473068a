"""Options of another type than the function takes, or of a size that fills the memory, said by their names."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np

__all__ = ["check_sizes", "check_types"]

LARGEST: Mapping[str, int] = {
    "n_fft": 65_536,
    "n_ffts": 65_536,
    "hop_length": 1_048_576,
    "frame_length": 1_048_576,
    "n_mels": 1024,
    "n_mfcc": 1024,
    "segments": 65_536,
}
"""Largest sizes of what is made of a sound: filters and frames of more would take gigabytes."""


def _is_whole(value: Any) -> bool:
    return isinstance(value, Real) and (isinstance(value, Integral) or float(value).is_integer())


_KINDS: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "None": ("None", lambda value: value is None),
    "bool": ("true or false", lambda value: isinstance(value, bool | np.bool_)),
    "int": ("a whole number", lambda value: _is_whole(value) and not isinstance(value, bool)),
    "float": ("a number", lambda value: isinstance(value, Real) and not isinstance(value, bool)),
    "str": ("a text", lambda value: isinstance(value, str)),
    "Sequence[str]": (
        "a list of texts",
        lambda value: (
            isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(each, str) for each in value)
        ),
    ),
}
"""By annotation: how it is called, and what is of it."""


def check_types(function: Callable[..., Any], options: Mapping[str, Any]) -> None:
    """Compare options with the plain types of a function's signature; what is annotated otherwise is left alone.

    Parameters
    ----------
    function : its annotations are texts, as ``from __future__ import annotations`` makes them
    options : by name

    Raises
    ------
    ValueError
        An option has another type.

    Examples
    --------
    >>> def play(seconds: float | None = None) -> None: ...
    >>> play.__annotations__["seconds"] = "float | None"
    >>> check_types(play, {"seconds": 1})
    >>> check_types(play, {"seconds": "long"})
    Traceback (most recent call last):
    ValueError: seconds must be a number or None, got 'long'
    """
    parameters = inspect.signature(function).parameters
    for name, value in options.items():
        annotation = parameters[name].annotation if name in parameters else None
        kinds = [part.strip() for part in annotation.split("|")] if isinstance(annotation, str) else []
        if kinds and set(kinds) <= set(_KINDS) and not any(_KINDS[kind][1](value) for kind in kinds):
            raise ValueError(f"{name} must be {' or '.join(_KINDS[kind][0] for kind in kinds)}, got {value!r}")


def check_sizes(options: Mapping[str, Any]) -> None:
    """Refuse sizes of frames, filters and features that are none, or that fill the memory.

    Parameters
    ----------
    options : of a distance or an observation, by name; those that are no sizes are left alone

    Raises
    ------
    ValueError
        A size is no whole number, or out of range.

    Examples
    --------
    >>> check_sizes({"n_fft": 2048, "show": ("attempt",)})
    >>> check_sizes({"n_ffts": [512, 10**9]})
    Traceback (most recent call last):
    ValueError: n_ffts must be whole numbers from 1 to 65536, got 1000000000
    """
    for name in LARGEST.keys() & options.keys():
        value, most = options[name], LARGEST[name]
        several = isinstance(value, Sequence) and not isinstance(value, str)
        for size in value if several else [value]:
            if isinstance(size, bool) or not _is_whole(size) or not 1 <= size <= most:
                what = "whole numbers" if several else "a whole number"
                raise ValueError(f"{name} must be {what} from 1 to {most}, got {size!r}")
