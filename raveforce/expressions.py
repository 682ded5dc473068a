"""Arithmetic written as text in a configuration, evaluated safely (asteval, never ``eval``)."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Mapping

import asteval
import numpy as np

__all__ = ["ExpressionError", "evaluate"]

_FUNCTIONS: dict[str, Callable[..., float]] = {
    "abs": abs,
    "cos": np.cos,
    "exp": np.exp,
    "log": np.log,
    "max": max,
    "min": min,
    "round": round,
    "sin": np.sin,
    "sqrt": np.sqrt,
}
_CONSTANTS = {"pi": np.pi}


class ExpressionError(ValueError):
    """An expression cannot be read, names something unknown or does not give a finite number."""


def evaluate(expression: str, names: Mapping[str, float]) -> float:
    """Evaluate arithmetic over named numbers.

    Parameters
    ----------
    expression : Python arithmetic, comparisons and ``a if condition else b``, with the functions
        abs cos exp log max min round sin sqrt and the constant pi
    names : numbers the expression may use

    Raises
    ------
    ExpressionError

    Examples
    --------
    >>> evaluate("duration - 0.1 - x", {"duration": 0.5, "x": 0.15})
    0.25
    """
    symbols = {**_FUNCTIONS, **_CONSTANTS, **names}
    interpreter = _interpreter()
    interpreter.symtable = dict(symbols)
    value = interpreter.eval(expression, show_errors=False)
    if interpreter.error:
        reason = interpreter.error[-1].get_error()[1].strip().splitlines()[-1]
        raise ExpressionError(f"cannot evaluate {expression!r}: {reason}; known names: {', '.join(sorted(symbols))}")
    if isinstance(value, bool) or not isinstance(value, (int, float, np.floating)) or not np.isfinite(value):
        raise ExpressionError(f"{expression!r} gives {value!r}, not a finite number")
    return float(value)


_here = threading.local()


def _interpreter() -> asteval.Interpreter:
    """Return the interpreter of this thread: making one takes far longer than a sum does."""
    if not hasattr(_here, "interpreter"):
        _here.interpreter = asteval.Interpreter(
            symtable={}, minimal=True, with_ifexp=True, use_numpy=False, err_writer=io.StringIO()
        )
    return _here.interpreter
