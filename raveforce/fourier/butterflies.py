"""Small Fourier transforms written out: complex points in registers, as many frames side by side as there are lanes.

Points are a tuple of ``Lanes``: real and imaginary part of each, one after the other. A transform of eight of them is
some seventy instructions without a loop or a branch, and touches memory only to fetch its points and to put them back.
"""

from __future__ import annotations

import cmath
from typing import Any

from llvmlite import ir
from numba.core import types
from numba.core.cgutils import pack_array
from numba.extending import intrinsic

from raveforce.fourier.memory import address, broadcast
from raveforce.fourier.simd import FLOATS, LANES, constant, fused, lanes

__all__ = ["butterfly", "load_frames", "load_points", "store_points", "twiddled"]

Point = tuple[Any, Any]
"""Real and imaginary part, as values of the compiler's."""


def _tuple(radix: Any) -> Any:
    return types.UniTuple(lanes, 2 * radix.literal_value)


def _packed(builder: Any, numbers: list[Point]) -> Any:
    return pack_array(builder, [part for number in numbers for part in number])


def _unpacked(builder: Any, value: Any) -> list[Point]:
    parts = [builder.extract_value(value, i) for i in range(value.type.count)]
    return list(zip(parts[::2], parts[1::2], strict=True))


@intrinsic(prefer_literal=True)
def load_points(typing: Any, z: Any, at: Any, gap: Any, radix: Any) -> Any:
    """The points ``at``, ``at + gap`` ... of ``z``, as many as ``radix`` says."""
    if not isinstance(radix, types.IntegerLiteral):
        return None

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        places = _places(context, builder, signature, values, radix.literal_value)
        return _packed(builder, [(builder.load(x, align=4), builder.load(y, align=4)) for x, y in places])

    return _tuple(radix)(z, at, gap, radix), code


def _places(context: Any, builder: Any, signature: Any, values: Any, count: int) -> list[Point]:
    """Where the parts of points lie; ``values`` are an array, the first point and the gap to the next."""
    z, at, gap = values[:3]

    def place(i: int, part: int) -> Any:
        point = builder.add(at, builder.mul(gap, ir.Constant(gap.type, i)))
        index = builder.add(builder.mul(point, ir.Constant(gap.type, 2 * LANES)), ir.Constant(gap.type, part))
        return address(context, builder, signature.args[0], z, index)

    return [(place(i, 0), place(i, LANES)) for i in range(count)]


@intrinsic(prefer_literal=True)
def load_frames(typing: Any, blocks: Any, first: Any, places: Any, window: Any, at: Any, gap: Any, radix: Any) -> Any:
    """Points of frames from ``first`` on: even samples are real parts, odd ones imaginary, each by the window."""
    if not isinstance(radix, types.IntegerLiteral):
        return None

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        kinds = signature.args
        frame, index, step = values[1], values[4], values[5]

        def sample(number: Any) -> Any:
            place = builder.load(address(context, builder, kinds[2], values[2], number, scalar=True))
            found = builder.load(address(context, builder, kinds[0], values[0], builder.add(place, frame)), align=4)
            return builder.fmul(found, broadcast(context, builder, kinds[3], values[3], number))

        numbers = []
        for i in range(radix.literal_value):
            point = builder.add(index, builder.mul(step, ir.Constant(step.type, i)))
            even = builder.shl(point, ir.Constant(step.type, 1))
            numbers.append((sample(even), sample(builder.add(even, ir.Constant(step.type, 1)))))
        return _packed(builder, numbers)

    return _tuple(radix)(blocks, first, places, window, at, gap, radix), code


@intrinsic
def store_points(typing: Any, z: Any, at: Any, gap: Any, numbers: Any) -> Any:
    """Write points to ``at``, ``at + gap`` ... of ``z``."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        parts = _unpacked(builder, values[3])
        places = _places(context, builder, signature, values, len(parts))
        for (x, y), (real, imaginary) in zip(places, parts, strict=True):
            builder.store(real, x, align=4)
            builder.store(imaginary, y, align=4)
        return context.get_dummy_value()

    return types.void(z, at, gap, numbers), code


@intrinsic
def twiddled(typing: Any, numbers: Any, cosines: Any, sines: Any, size: Any, j: Any) -> Any:
    """Point r of the tuple times ``exp(-2πi j r / size)``, from the tables."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        parts = _unpacked(builder, values[0])
        for r, (real, imaginary) in enumerate(parts):
            if r:
                index = builder.add(values[3], builder.mul(values[4], ir.Constant(values[4].type, r)))
                cosine, sine = (broadcast(context, builder, signature.args[i], values[i], index) for i in (1, 2))
                parts[r] = _product(builder, (real, imaginary), cosine, sine)
        return _packed(builder, parts)

    return numbers(numbers, cosines, sines, size, j), code


@intrinsic
def butterfly(typing: Any, numbers: Any) -> Any:
    """The Fourier transform of a tuple of points."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return _packed(builder, _transform(builder, _unpacked(builder, values[0])))

    return numbers(numbers), code


def _transform(builder: Any, numbers: list[Point]) -> list[Point]:
    """Split radix, decimated in time (Duhamel & Vetterli 1990): the least arithmetic known for powers of two."""
    size = len(numbers)
    if size == 1:
        return numbers
    if size == 2:
        return [_sum(builder, *numbers), _difference(builder, *numbers)]
    evens = _transform(builder, numbers[::2])
    ones, threes = _transform(builder, numbers[1::4]), _transform(builder, numbers[3::4])
    result = [(None, None)] * size
    for k in range(size // 4):
        one, three = _rotated(builder, ones[k], k / size), _rotated(builder, threes[k], 3 * k / size)
        total, (x, y) = _sum(builder, one, three), _difference(builder, one, three)
        low, high = evens[k], evens[k + size // 4]
        result[k], result[k + size // 2] = _sum(builder, low, total), _difference(builder, low, total)
        # The difference times -i is y - ix.
        add, subtract = builder.fadd, builder.fsub
        result[k + size // 4] = add(high[0], y), subtract(high[1], x)
        result[k + 3 * size // 4] = subtract(high[0], y), add(high[1], x)
    return result


def _sum(builder: Any, a: Point, b: Point) -> Point:
    return builder.fadd(a[0], b[0]), builder.fadd(a[1], b[1])


def _difference(builder: Any, a: Point, b: Point) -> Point:
    return builder.fsub(a[0], b[0]), builder.fsub(a[1], b[1])


def _rotated(builder: Any, number: Point, turn: float) -> Point:
    """A point times ``exp(-2πi turn)``."""
    if turn == 0:
        return number
    factor = cmath.exp(-2j * cmath.pi * turn)
    return _product(builder, number, constant(FLOATS, factor.real), constant(FLOATS, factor.imag))


def _product(builder: Any, number: Point, cosine: Any, sine: Any) -> Point:
    real, imaginary = number
    return (
        fused(builder, builder.fneg(imaginary), sine, builder.fmul(real, cosine)),
        fused(builder, imaginary, cosine, builder.fmul(real, sine)),
    )
