"""How the numeric code is compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from raveforce._compile import keep
from raveforce.glicol.native.kernel import SOURCES

__all__ = ["LANES", "PAD", "TILE", "column", "index", "jitted", "line", "prefer_wide_vectors", "to_uint32"]

TILE = 4
"""Rows that go through an instruction together."""
LANES = 16
"""Rows whose phases are looked up ahead together: what a vector holds."""
PAD = 16
"""Samples behind every buffer, into which vectors may run over; they also spread buffers over the cache."""


def jitted(function: Callable[..., Any] | None = None, **options: Any) -> Any:
    """Compile a function with Glicol's arithmetic: no reordering unless asked, 1 / 0 is infinite.

    Without numba's reference counts (``_nrt``), which would cost ten times what an instruction does; so
    nothing in the kernel may allocate. Everything is inlined: handing arrays to a function costs as much as
    many an instruction.
    """
    njit: Any = numba.njit  # its stubs do not know _nrt
    # Said even where it is off: a function that says nothing takes over what its first caller has.
    options.setdefault("fastmath", False)
    options.setdefault("forceinline", True)
    kept = options.pop("cache", False)
    compiled = njit(nogil=True, error_model="numpy", _nrt=False, **options)

    def wrap(function: Callable[..., Any]) -> Any:
        made = compiled(function)
        return keep(made, "native", *SOURCES) if kept else made

    return wrap(function) if function is not None else wrap


@intrinsic
def prefer_wide_vectors(typing: Any) -> Any:
    """Let the loops of the function that calls this take the widest vectors that the processor has.

    By itself the compiler takes AVX-512's by halves, for the sake of the first processors that had them. No sample
    knows of its neighbours in a vector.
    """

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        # Not by the attributes' own ``add``, which knows no attributes of targets.
        set.add(builder.function.attributes, '"prefer-vector-width"="512"')
        return context.get_dummy_value()

    return types.void(), code


@intrinsic
def line(typing: Any, start: Any, slope: Any, i: Any) -> Any:
    """``start + i * slope`` in 32 bits, wrapped; numba's own takes 64, of which a vector holds half as many."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        short = [builder.trunc(value, ir.IntType(32)) for value in values]
        return builder.add(short[0], builder.mul(short[2], short[1]))

    return types.int32(*(types.int64,) * 3), code


@jitted
def to_uint32(x):
    """Float to an unsigned 32-bit count, as the engine converts: towards 0, within range, 0 for NaN."""
    if not x > 0:
        return 0
    return 4294967295 if x >= 4294967296.0 else int(x)


@jitted
def index(place):
    """The index that it is, seen to be no negative one: else every access would allow for counting from the end."""
    return place & 0x7FFFFFFF


@jitted
def column(ops, k, which):
    """A column of an instruction that tells where something stands."""
    return index(ops[k, which])
