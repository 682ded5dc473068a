"""Options that are of another type than the function takes, said by their names."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np

__all__ = ["check_types"]


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
