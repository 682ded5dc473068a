"""Sixteen samples in a vector's lanes, where the compiler would not see by itself that they can be.

A vector is a value like any other: it may stand in a variable, in a tuple, and be handed to a function. On processors
whose vectors are shorter the compiler makes it of several.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.errors import RequireLiteralValue
from numba.extending import intrinsic, models, register_model

from raveforce.glicol.native.kernel.jit import LANES

__all__ = ["convolve", "repeat", "shifts", "spread", "take", "weigh", "write"]


class Lanes(types.Type):
    """The type of a vector of float32."""


LANES_TYPE = Lanes("lanes")
VECTOR = ir.VectorType(ir.FloatType(), LANES)
FLOAT_BYTES = 4


@register_model(Lanes)
class LanesModel(models.PrimitiveModel):
    """How a vector lies in registers."""

    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, VECTOR)


def _place(context: Any, builder: Any, kinds: Any, values: Any, offset: int = 0) -> Any:
    """Pointer to an element of an array: ``kinds`` and ``values`` are the array and the tuple of its indices."""
    array = context.make_array(kinds[0])(context, builder, values[0])
    indices = [
        context.cast(builder, value, kind, types.intp)
        for value, kind in zip(cgutils.unpack_tuple(builder, values[1]), kinds[1], strict=True)
    ]
    indices[-1] = builder.add(indices[-1], ir.Constant(indices[-1].type, offset))
    return cgutils.get_item_pointer(context, builder, kinds[0], array, indices, wraparound=False)


def _load(builder: Any, place: Any) -> Any:
    return builder.load(builder.bitcast(place, VECTOR.as_pointer()), align=FLOAT_BYTES)


def _repeat(builder: Any, vector: Any, which: int) -> Any:
    """A lane, in every lane."""
    mask = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [which] * LANES)
    return builder.shuffle_vector(vector, ir.Constant(vector.type, ir.Undefined), mask)


def _spread(builder: Any, number: Any) -> Any:
    undefined = ir.Constant(VECTOR, ir.Undefined)
    return _repeat(builder, builder.insert_element(undefined, number, ir.Constant(ir.IntType(32), 0)), 0)


def _weigh(builder: Any, vector: Any, weight: Any, added: Any) -> Any:
    """Multiply and add, at once where the processor does that."""
    kind = ir.FunctionType(VECTOR, [VECTOR] * 3)
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fmuladd.v{LANES}f32")
    return builder.call(function, [vector, weight, added])


@intrinsic
def take(typing: Any, array: Any, index: Any) -> Any:
    """The sixteen numbers from an element of an array on."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return _load(builder, _place(context, builder, signature.args, values))

    return LANES_TYPE(array, index), code


@intrinsic
def write(typing: Any, array: Any, index: Any, vector: Any) -> Any:
    """Write a vector to an array, from an element on."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        place = _place(context, builder, signature.args, values)
        builder.store(values[2], builder.bitcast(place, VECTOR.as_pointer()), align=FLOAT_BYTES)
        return context.get_dummy_value()

    return types.void(array, index, LANES_TYPE), code


@intrinsic
def spread(typing: Any, number: Any) -> Any:
    """A number, in every lane."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return _spread(builder, values[0])

    return LANES_TYPE(types.float32), code


@intrinsic(prefer_literal=True)
def repeat(typing: Any, vector: Any, which: Any) -> Any:
    """The lane of a vector that a literal names, in every lane."""
    if not isinstance(which, types.IntegerLiteral):
        raise RequireLiteralValue("a lane is named by a literal")
    lane = which.literal_value

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return _repeat(builder, values[0], lane)

    return LANES_TYPE(LANES_TYPE, which), code


@intrinsic
def weigh(typing: Any, vector: Any, weight: Any, added: Any) -> Any:
    """``vector * weight + added``, lane by lane."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return _weigh(builder, *values)

    return LANES_TYPE(*(LANES_TYPE,) * 3), code


@intrinsic
def shifts(typing: Any, array: Any, index: Any) -> Any:
    """Sixteen vectors, which begin at an element, one before it, and so on: what convolves with a response."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        vectors = [_load(builder, _place(context, builder, signature.args, values, -k)) for k in range(LANES)]
        return context.make_tuple(builder, signature.return_type, vectors)

    return types.UniTuple(LANES_TYPE, LANES)(array, index), code


@intrinsic
def convolve(typing: Any, array: Any, index: Any, responses: Any, added: Any) -> Any:
    """Add what the sixteen numbers from an element of an array on, each by its response, make of one another."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        sums = [values[3], ir.Constant(VECTOR, None)]  # two, lest each product wait for the one before
        for k, response in enumerate(cgutils.unpack_tuple(builder, values[2])):
            number = builder.load(_place(context, builder, signature.args, values, k))
            sums[k % 2] = _weigh(builder, response, _spread(builder, number), sums[k % 2])
        return builder.fadd(*sums)

    return LANES_TYPE(array, index, responses, LANES_TYPE), code
