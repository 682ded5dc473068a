"""Getting the kernel: compiled once, with a notice, into the user's cache folder."""

from __future__ import annotations

from functools import cache
from types import ModuleType

import numpy as np

from raveforce._compile import is_compiling, load_compiled
from raveforce.glicol.block import BLOCK
from raveforce.glicol.errors import EngineUnavailable
from raveforce.glicol.native.kernel import SOURCES

__all__ = ["load_kernel"]


@cache
def load_kernel() -> ModuleType:
    """Import the kernel and make sure that it is compiled; the first time takes a while, and says so.

    Raises
    ------
    EngineUnavailable
        Compilation is turned off.
    """
    if not is_compiling():
        raise EngineUnavailable("the native engine is compiled code, and NUMBA_DISABLE_JIT is set; use engine='wasm'")
    return load_compiled(
        "raveforce.glicol.native.kernel.play",
        name="native",
        what="the native engine",
        sources=SOURCES,
        duration="half a minute",
        warm=_warm,
    )


def _warm(kernel: ModuleType) -> None:
    """Call the kernel with nothing to play: every later call has these types, so it finds it compiled."""
    from raveforce.glicol.native.kernel.jit import PAD

    ints, floats, few = np.zeros((0, 0), np.int64), np.zeros((0, 0), np.float32), np.zeros(0, np.int64)
    code = ints, few, np.zeros(0, np.float32), ints
    bufs, flat = np.zeros((0, 0, BLOCK + PAD), np.float32), np.zeros((0, 0), np.uint8)
    state = floats, ints, floats, floats, bufs, flat, few
    scratch = np.zeros((0, 0, 0, 0), np.float32), np.zeros(0, np.float32)
    kernel.play(*code, *state, *scratch, ints, few, few, floats, 0, 0, 0, False)
    kernel.ring_sizes(ints, ints, floats, few)
    kernel.read(np.zeros((0, 0)), floats, few, few)
