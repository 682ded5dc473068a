"""Scripts that need no interpreter: ``output = input.map(|x| x * 0.1); output``, arithmetic on every sample alone."""

from __future__ import annotations

import ast
import re
from math import frexp

import numpy as np

from raveforce.glicol.native.frontend.parser import Node
from raveforce.glicol.native.kernel import opcodes as op
from raveforce.glicol.native.lowering.graph import Builder
from raveforce.glicol.nodes import INSTRUCTIONS

__all__ = ["ScriptError", "emit_map", "parse_map"]

SCRIPT = re.compile(
    r"(?P<assigned>output\s*=)?\s*input\s*\.\s*map\s*\(\s*\|\s*(?P<name>[a-z]\d*)\s*\|(?P<body>[^;|]{1,300})\)\s*"
    r"(?(assigned);\s*output\s*;?|;?)"
)
TOKEN = re.compile(r"(?<![\w.])(\d{1,9}\.\d{1,20}|\d{1,7}|[a-z]\w*)(?![\w.])|[-+*/()]|\s")
Operand = int | float
"""A buffer's place, or a number."""


class ScriptError(ValueError):
    """A script that only the real engine can run."""


def parse_map(script: str) -> tuple[str, ast.expr]:
    """Read what a script makes of each sample.

    Parameters
    ----------
    script : in backticks

    Returns
    -------
    the sample's name, and the expression: sums, differences and products of it and numbers, quotients by powers of two

    Raises
    ------
    ScriptError
        It does anything else.

    Examples
    --------
    >>> name, expression = parse_map("`output = input.map(|x| x * 0.5 + 1.0); output`")
    >>> name, ast.unparse(expression)
    ('x', 'x * 0.5 + 1.0')
    """
    found = SCRIPT.fullmatch(script.strip("`").strip())
    body = found["body"] if found else ""
    if not found or TOKEN.sub("", body) or re.search(r"\*\s*\*|/\s*/", body):
        raise ScriptError("it runs a script that is more than arithmetic on every sample")
    try:
        expression = ast.parse(body.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ScriptError("its script is no arithmetic") from None
    return found["name"], expression


def emit_map(b: Builder, node: Node, script: str, source: int, out: int) -> None:
    """Add the instructions of a script that reads one block and writes another.

    Raises
    ------
    ScriptError
        It is more than that.
    """
    name, expression = parse_map(script)
    emitted = _Emitter(b, node, name, source).buffer_of(expression)
    b.emit(node, INSTRUCTIONS[op.COPY], out, [emitted])


class _Emitter:
    """Turns an expression into instructions, from its leaves to its root."""

    def __init__(self, b: Builder, node: Node, name: str, source: int) -> None:
        self._builder, self._node, self._name, self._source = b, node, name, source

    def buffer_of(self, expression: ast.expr) -> int:
        """The block that an expression gives."""
        value = self._value(expression)
        if isinstance(value, float):
            raise ScriptError("its script makes the same of every sample")
        return value

    def _value(self, expression: ast.expr) -> Operand:
        if isinstance(expression, ast.Name) and expression.id == self._name:
            return self._source
        if isinstance(expression, ast.Constant) and isinstance(expression.value, int | float):
            return float(np.float32(expression.value))
        if isinstance(expression, ast.UnaryOp) and isinstance(expression.op, ast.USub):
            return self._product(self._value(expression.operand), -1.0)
        if isinstance(expression, ast.BinOp):
            left, right = self._value(expression.left), self._value(expression.right)
            if isinstance(left, float) and isinstance(right, float):
                raise ScriptError("its script computes with numbers alone")  # whole ones have rules of their own
            if isinstance(expression.op, ast.Mult):
                return self._product(left, right)
            if isinstance(expression.op, ast.Add):
                return self._sum(left, right)
            if isinstance(expression.op, ast.Sub):
                return self._sum(left, self._product(right, -1.0))
            if isinstance(expression.op, ast.Div) and isinstance(right, float) and abs(frexp(right)[0]) == 0.5:
                return self._product(left, 1 / right)
        raise ScriptError("its script computes what only the real engine does")

    def _product(self, left: Operand, right: Operand) -> Operand:
        return self._combined(op.MUL_NUMBER, op.MUL_SIGNAL, left, right)

    def _sum(self, left: Operand, right: Operand) -> Operand:
        return self._combined(op.ADD_NUMBER, op.ADD_SIGNAL, left, right)

    def _combined(self, by_number: int, by_signal: int, left: Operand, right: Operand) -> Operand:
        if isinstance(left, float) and isinstance(right, float):
            return left * right  # the sign of a number
        out = self._builder.buffer()
        if isinstance(left, float):
            left, right = right, left
        assert isinstance(left, int)
        if isinstance(right, float):
            self._builder.emit(self._node, INSTRUCTIONS[by_number], out, [left], [right])
        else:
            self._builder.emit(self._node, INSTRUCTIONS[by_signal], out, [left, right])
        return out
