"""Eight or sixteen float32 numbers as one value in compiled code, which the processor adds and multiplies at once.

Loops over arrays become such code only where the compiler can prove that no two arrays overlap; here nothing has to be
proven. Processors with narrower registers take two or four steps for one.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, ClassVar

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

from raveforce._compile import keep
from raveforce.fourier.load import SOURCES
from raveforce.fourier.plan import count_lanes

__all__ = [
    "LANES",
    "absolute",
    "call",
    "compiled",
    "constant",
    "fused",
    "inlined",
    "is_zero",
    "lanes",
    "log",
    "maximum",
    "minimum",
    "multiply_add",
    "multiply_subtract",
    "splat",
    "sqrt",
]

LANES = count_lanes()
FLOATS = ir.VectorType(ir.FloatType(), LANES)
INTS = ir.VectorType(ir.IntType(32), LANES)

# (ln(1 + x) - x) / x² between √½ - 1 and √2 - 1, by powers of x: its greatest error, times x², is as small as can be.
SERIES = (
    -0.5,
    0.3333469033241272,
    -0.2498057335615158,
    0.19910240173339844,
    -0.17166920006275177,
    0.1614115685224533,
    -0.10224126279354095,
)


class Lanes(types.Type):
    """What numba calls such a value."""

    def __init__(self) -> None:
        super().__init__(name=f"float32 x {LANES}")


lanes = Lanes()


@register_model(Lanes)
class LanesModel(models.PrimitiveModel):
    """The value is one of the processor's."""

    def __init__(self, manager: Any, lanes_type: Any) -> None:
        super().__init__(manager, lanes_type, FLOATS)


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a function; sums keep their order, so equal sounds have equal spectra to the bit.

    Without numba's reference counts (``_nrt``), so nothing in there may allocate.
    """
    return keep(inlined(function), "fourier", *SOURCES)


def inlined(function: Callable[..., Any]) -> Any:
    """Compile a function as ``compiled`` does, only as part of others."""
    njit: Any = numba.njit  # its stubs do not know _nrt
    return njit(nogil=True, error_model="numpy", fastmath=False, _nrt=False)(function)


def _infix(symbol: Any, instruction: str) -> None:
    @infer_global(symbol)
    class Infix(ConcreteTemplate):
        cases: ClassVar = [signature(lanes, lanes, lanes)]

    @lower_builtin(symbol, lanes, lanes)
    def lower(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return getattr(builder, instruction)(*values)


for _symbol, _instruction in ((operator.add, "fadd"), (operator.sub, "fsub"), (operator.mul, "fmul")):
    _infix(_symbol, _instruction)


def constant(kind: Any, number: float) -> Any:
    """A number in every lane."""
    return ir.Constant(kind, [number] * LANES)


def call(builder: Any, name: str, kind: Any, values: Any) -> Any:
    """Call one of the compiler's own functions."""
    function = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(kind, [value.type for value in values]), name
    )
    return builder.call(function, values)


def fused(builder: Any, a: Any, b: Any, c: Any) -> Any:
    """``a * b + c``."""
    # Rounded once where the processor has an instruction for it.
    return call(builder, f"llvm.fmuladd.v{LANES}f32", FLOATS, [a, b, c])


def splat(builder: Any, number: Any, kind: Any) -> Any:
    """One number in every lane."""
    undefined = ir.Constant(kind, ir.Undefined)
    one = builder.insert_element(undefined, number, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(one, undefined, ir.Constant(INTS, [0] * LANES))


@intrinsic
def multiply_add(typing: Any, value: Any, a: Any, b: Any) -> Any:
    """``value + a * b``."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return fused(builder, values[1], values[2], values[0])

    return lanes(value, a, b), code


@intrinsic
def multiply_subtract(typing: Any, value: Any, a: Any, b: Any) -> Any:
    """``value - a * b``."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return fused(builder, builder.fneg(values[1]), values[2], values[0])

    return lanes(value, a, b), code


@intrinsic
def sqrt(typing: Any, value: Any) -> Any:
    """Square roots."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return call(builder, f"llvm.sqrt.v{LANES}f32", FLOATS, values)

    return lanes(value), code


@intrinsic
def absolute(typing: Any, value: Any) -> Any:
    """Without the sign."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return call(builder, f"llvm.fabs.v{LANES}f32", FLOATS, values)

    return lanes(value), code


@intrinsic
def maximum(typing: Any, value: Any, other: Any) -> Any:
    """The greater of two; not a number where the first is none."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.select(builder.fcmp_ordered("<", *values), values[1], values[0])

    return lanes(value, other), code


@intrinsic
def minimum(typing: Any, value: Any, other: Any) -> Any:
    """The lesser of two; not a number where the first is none."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">", *values), values[1], values[0])

    return lanes(value, other), code


@intrinsic
def is_zero(typing: Any, value: Any) -> Any:
    """Whether all are zero."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        heard = builder.fcmp_unordered("!=", values[0], constant(FLOATS, 0.0))
        return builder.icmp_unsigned("==", builder.bitcast(heard, ir.IntType(LANES)), ir.Constant(ir.IntType(LANES), 0))

    return types.boolean(value), code


@intrinsic
def log(typing: Any, value: Any) -> Any:
    """Natural logarithms of normal numbers above 0, to 1e-7 of one or of the logarithm.

    A number is 2**k · (1 + x) with 1 + x between √½ and √2; ``SERIES`` is fitted to the logarithm of that.
    """

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        (number,) = values
        bits = builder.bitcast(number, INTS)
        mantissa = constant(INTS, 23)
        k = builder.ashr(builder.sub(bits, constant(INTS, int(np.float32(np.sqrt(0.5)).view(np.int32)))), mantissa)
        m = builder.bitcast(builder.sub(bits, builder.shl(k, mantissa)), FLOATS)
        x = builder.fsub(m, constant(FLOATS, 1.0))
        series = constant(FLOATS, SERIES[-1])
        for factor in SERIES[-2::-1]:
            series = fused(builder, series, x, constant(FLOATS, factor))
        small = fused(builder, builder.fmul(x, x), series, x)
        result = fused(builder, builder.sitofp(k, FLOATS), constant(FLOATS, float(np.float32(np.log(2)))), small)
        finite = builder.fcmp_ordered("<", number, constant(FLOATS, float("inf")))
        return builder.select(finite, result, number)

    return lanes(value), code
