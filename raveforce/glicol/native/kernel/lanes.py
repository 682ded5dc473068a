"""Sixteen samples in a vector's lanes, where the compiler would not see by itself that they can be.

A vector is a value like any other: it may stand in a variable, in a tuple, and be handed to a function. On processors
whose vectors are shorter the compiler makes it of several.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.errors import RequireLiteralValue
from numba.extending import intrinsic, models, register_model

from raveforce.glicol.block import BLOCK
from raveforce.glicol.native.kernel.jit import LANES

__all__ = ["collect", "deal", "shift", "spread", "top", "weigh"]


class Lanes(types.Type):
    """The type of a vector of float32."""


LANES_TYPE = Lanes("lanes")
VECTOR = ir.VectorType(ir.FloatType(), LANES)
FLOAT_BYTES = 4
VECTORS = BLOCK // LANES
"""Vectors that a block fills."""
ROUNDS = 3
"""In which they are dealt: in each, half of the samples change places with their neighbours."""
MIXED = [[lane for k in range(half, half + LANES // 2) for lane in (k, k + LANES)] for half in (0, LANES // 2)]


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


def _choose(builder: Any, a: Any, b: Any, which: Iterable[int]) -> Any:
    """Lanes of two vectors, by their numbers; those of the second follow those of the first."""
    return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(ir.IntType(32), LANES), list(which)))


@intrinsic
def spread(typing: Any, number: Any) -> Any:
    """A number, in every lane."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        undefined = ir.Constant(VECTOR, ir.Undefined)
        first = builder.insert_element(undefined, values[0], ir.Constant(ir.IntType(32), 0))
        return _choose(builder, first, undefined, [0] * LANES)

    return LANES_TYPE(types.float32), code


@intrinsic
def top(typing: Any, vector: Any) -> Any:
    """The number in the last lane."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.extract_element(values[0], ir.Constant(ir.IntType(32), LANES - 1))

    return types.float32(LANES_TYPE), code


@intrinsic
def weigh(typing: Any, vector: Any, weight: Any, added: Any) -> Any:
    """``vector * weight + added``, lane by lane, at once where the processor does that."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        kind = ir.FunctionType(VECTOR, [VECTOR] * 3)
        function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fmuladd.v{LANES}f32")
        return builder.call(function, values)

    return LANES_TYPE(*(LANES_TYPE,) * 3), code


@intrinsic(prefer_literal=True)
def shift(typing: Any, vector: Any, lanes: Any, before: Any) -> Any:
    """A vector moved so many lanes up (a literal), the last lanes of another before it."""
    if not isinstance(lanes, types.IntegerLiteral):
        raise RequireLiteralValue("by how many lanes is a literal")
    first = LANES - lanes.literal_value

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return _choose(builder, values[2], values[0], range(first, first + LANES))

    return LANES_TYPE(LANES_TYPE, lanes, LANES_TYPE), code


@intrinsic
def deal(typing: Any, array: Any, index: Any) -> Any:
    """A block from an element of an array on, eight samples in a row to each lane: first the first of each lane, ..."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        vectors = [_load(builder, _place(context, builder, signature.args, values, k * LANES)) for k in range(VECTORS)]
        for _ in range(ROUNDS):
            pairs = list(zip(vectors[::2], vectors[1::2], strict=True))
            vectors = [_choose(builder, a, b, range(odd, 2 * LANES, 2)) for odd in (0, 1) for a, b in pairs]
        return context.make_tuple(builder, signature.return_type, vectors)

    return types.UniTuple(LANES_TYPE, VECTORS)(array, index), code


@intrinsic
def collect(typing: Any, array: Any, index: Any, dealt: Any) -> Any:
    """Write what was dealt to an array, in its order, from an element on."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        vectors = cgutils.unpack_tuple(builder, values[2])
        for _ in range(ROUNDS):
            pairs = zip(vectors[: VECTORS // 2], vectors[VECTORS // 2 :], strict=True)
            vectors = [_choose(builder, a, b, mixed) for a, b in pairs for mixed in MIXED]
        for k, vector in enumerate(vectors):
            place = _place(context, builder, signature.args, values, k * LANES)
            builder.store(vector, builder.bitcast(place, VECTOR.as_pointer()), align=FLOAT_BYTES)
        return context.get_dummy_value()

    return types.void(array, index, dealt), code
