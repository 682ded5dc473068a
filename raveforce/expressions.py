"""Arithmetic written as text in a configuration, evaluated safely (asteval, never ``eval``)."""

from __future__ import annotations

import ast
import io
import threading
import warnings
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import asteval
import numpy as np

__all__ = ["ExpressionError", "evaluate"]


def _round(number: float, digits: float = 0) -> float:
    return round(number, int(digits))


_FUNCTIONS: dict[str, Callable[..., float]] = {
    "abs": abs,
    "cos": np.cos,
    "exp": np.exp,
    "log": np.log,
    "max": max,
    "min": min,
    "round": _round,
    "sin": np.sin,
    "sqrt": np.sqrt,
}
_CONSTANTS = {"pi": np.pi}

LONGEST = 1000
"""Characters of an expression, at most: as all of its numbers are floats, none takes long or needs much memory."""

_ARITHMETIC = (
    *(ast.Expression, ast.Constant, ast.Name, ast.Load, ast.Call, ast.IfExp, ast.operator, ast.unaryop, ast.cmpop),
    *(ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.boolop, ast.Compare),
)
_BITS = (ast.LShift, ast.RShift, ast.BitOr, ast.BitXor, ast.BitAnd, ast.Invert, ast.MatMult, ast.In, ast.NotIn)


class ExpressionError(ValueError):
    """An expression cannot be read, names something unknown or does not give a finite number."""


def evaluate(expression: str, names: Mapping[str, float]) -> float:
    """Evaluate arithmetic over named numbers.

    Parameters
    ----------
    expression : Python arithmetic with floats, comparisons and ``a if condition else b``, with the functions
        abs cos exp log max min round sin sqrt and the constant pi; at most ``LONGEST`` characters
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
    text = _checked(expression)
    interpreter = _interpreter()
    interpreter.symtable = dict(symbols)
    interpreter.code_text.clear()  # where it keeps all that it ever evaluated
    with np.errstate(all="ignore"):  # what is not finite is said below
        value = interpreter.eval(text, show_errors=False)
    if interpreter.error:
        reason = interpreter.error[-1].get_error()[1].strip().splitlines()[-1]
        raise ExpressionError(f"cannot evaluate {expression!r}: {reason}; known names: {', '.join(sorted(symbols))}")
    if isinstance(value, bool) or not isinstance(value, (int, float, np.floating)) or not np.isfinite(value):
        raise ExpressionError(f"{expression!r} gives {value!r}, not a finite number")
    return float(value)


@lru_cache(maxsize=256)
def _checked(expression: str) -> str:
    """The expression with floats for whole numbers, whose powers could fill the memory; nothing but arithmetic passes.

    asteval keeps code from what it must not touch, but not from lists, texts and numbers of any size.
    """
    if "\0" in expression:
        raise ExpressionError(f"cannot evaluate {expression!r}: it has a character that is none")
    if len(expression) > LONGEST:
        raise ExpressionError(f"an expression has at most {LONGEST} characters, not {len(expression)}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what looks like a slip of the keyboard
            tree = ast.parse(expression.strip(), mode="eval")
        for node in ast.walk(tree):
            what = _not_arithmetic(node)
            if what:
                raise ExpressionError(f"cannot evaluate {expression!r}: {what} is not arithmetic")
            if isinstance(node, ast.Constant):
                node.value = float(node.value)  # type: ignore[arg-type]
        return ast.unparse(tree)
    except (SyntaxError, OverflowError, RecursionError, MemoryError, UnicodeError) as error:
        reason = getattr(error, "msg", None) or str(error) or type(error).__name__
        raise ExpressionError(f"cannot evaluate {expression!r}: {reason}") from error


def _not_arithmetic(node: Any) -> str:
    """What of an expression is more than it may be; empty where nothing is."""
    if not isinstance(node, _ARITHMETIC) or isinstance(node, _BITS):
        return type(node).__name__
    if isinstance(node, ast.Constant) and type(node.value) not in (int, float):
        return repr(node.value)[:40]
    if isinstance(node, ast.Call) and (node.keywords or not isinstance(node.func, ast.Name)):
        return "such a call"
    return ""


_here = threading.local()


def _interpreter() -> asteval.Interpreter:
    """Return the interpreter of this thread: making one takes far longer than a sum does."""
    if not hasattr(_here, "interpreter"):
        _here.interpreter = asteval.Interpreter(
            symtable={}, minimal=True, with_ifexp=True, use_numpy=False, err_writer=io.StringIO()
        )
    return _here.interpreter
