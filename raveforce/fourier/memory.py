"""Between memory and lanes: neighbouring numbers of an array, the first of them, or one in every lane."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from raveforce.fourier.simd import FLOATS, INTS, LANES, call, constant, lanes, splat

__all__ = [
    "address",
    "broadcast",
    "each",
    "load",
    "load_some",
    "put",
    "store",
    "store_some",
    "transpose",
]


def address(context: Any, builder: Any, kind: Any, array: Any, index: Any, *, scalar: bool = False) -> Any:
    """Where neighbouring numbers of an array lie, or one."""
    place = builder.gep(context.make_array(kind)(context, builder, array).data, [index])
    return place if scalar else builder.bitcast(place, FLOATS.as_pointer())


def broadcast(context: Any, builder: Any, kind: Any, array: Any, index: Any) -> Any:
    """One number of an array in every lane."""
    return splat(builder, builder.load(address(context, builder, kind, array, index, scalar=True)), FLOATS)


def _first(builder: Any, count: Any) -> Any:
    """Which lanes are among the first ``count``."""
    number = builder.trunc(count, ir.IntType(32))
    return builder.icmp_signed("<", ir.Constant(INTS, list(range(LANES))), splat(builder, number, INTS))


@intrinsic
def load(typing: Any, array: Any, index: Any) -> Any:
    """The numbers from ``array[index]`` on."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        place = address(context, builder, signature.args[0], *values[:2])
        return builder.load(place, align=4)

    return lanes(array, index), code


@intrinsic
def store(typing: Any, array: Any, index: Any, value: Any) -> Any:
    """Write the numbers to ``array[index]`` and on."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        place = address(context, builder, signature.args[0], *values[:2])
        builder.store(values[2], place, align=4)
        return context.get_dummy_value()

    return types.void(array, index, value), code


@intrinsic
def load_some(typing: Any, array: Any, index: Any, count: Any) -> Any:
    """The first ``count`` numbers from ``array[index]`` on, then zeros; what lies behind is not touched."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        place = address(context, builder, signature.args[0], *values[:2])
        mask = _first(builder, values[2])
        arguments = [place, ir.Constant(ir.IntType(32), 4), mask, constant(FLOATS, 0.0)]
        return call(builder, f"llvm.masked.load.v{LANES}f32.p0", FLOATS, arguments)

    return lanes(array, index, count), code


@intrinsic
def store_some(typing: Any, array: Any, index: Any, count: Any, value: Any) -> Any:
    """Write the first ``count`` numbers to ``array[index]`` and on, and touch nothing behind."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        place = address(context, builder, signature.args[0], *values[:2])
        mask = _first(builder, values[2])
        arguments = [values[3], place, ir.Constant(ir.IntType(32), 4), mask]
        call(builder, f"llvm.masked.store.v{LANES}f32.p0", ir.VoidType(), arguments)
        return context.get_dummy_value()

    return types.void(array, index, count, value), code


@intrinsic
def put(typing: Any, array: Any, index: Any, number: Any) -> Any:
    """Write one number to ``array[index]``, whatever the array's dimensions."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        builder.store(values[2], address(context, builder, signature.args[0], *values[:2], scalar=True))
        return context.get_dummy_value()

    return types.void(array, index, number), code


@intrinsic
def each(typing: Any, array: Any, index: Any) -> Any:
    """``array[index]`` in every lane."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return broadcast(context, builder, signature.args[0], *values)

    return lanes(array, index), code


@intrinsic
def transpose(typing: Any, source: Any, at: Any, step: Any, target: Any, to: Any, stride: Any) -> Any:
    """Write ``source[at + i * step + j]`` to ``target[to + j * stride + i]``, for i and j below ``LANES``.

    Interleaving line i with line i + LANES / 2, for all i, moves the highest bit of the line's number to the lowest of
    the column's: done for every bit, lines are columns.
    """
    low, high = (ir.Constant(INTS, [part + LANES * (k % 2) + k // 2 for k in range(LANES)]) for part in (0, LANES // 2))

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        def line(array: int, index: int, step: int, i: int) -> Any:
            pointer = context.make_array(signature.args[array])(context, builder, values[array]).data
            place = builder.add(values[index], builder.mul(values[step], ir.Constant(values[step].type, i)))
            return builder.bitcast(builder.gep(pointer, [place]), FLOATS.as_pointer())

        lines = [builder.load(line(0, 1, 2, i), align=4) for i in range(LANES)]
        for _ in range(LANES.bit_length() - 1):
            pairs = [(lines[i], lines[i + LANES // 2]) for i in range(LANES // 2)]
            lines = [builder.shuffle_vector(*pair, half) for pair in pairs for half in (low, high)]
        for j, column in enumerate(lines):
            builder.store(column, line(3, 4, 5, j), align=4)
        return context.get_dummy_value()

    return types.void(source, at, step, target, to, stride), code
