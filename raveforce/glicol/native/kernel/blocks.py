"""Blocks that hold one value throughout are known as such: nobody need look at them or write them again."""

from __future__ import annotations

import numpy as np

from raveforce.glicol.block import BLOCK
from raveforce.glicol.native.kernel import opcodes as op
from raveforce.glicol.native.kernel.jit import index, jitted

ZERO = np.float32(0)


@jitted
def fill(bufs, flat, row, out, value):
    """Make a block hold one value."""
    if not (flat[row, out] and bufs[row, out, 0] == value):
        for i in range(BLOCK):
            bufs[row, out, i] = value
        flat[row, out] = 1


@jitted
def blank(bufs, flat, row, out):
    """Silence a block that is about to get a few samples."""
    fill(bufs, flat, row, out, np.float32(0))


@jitted
def are_other_numbers(a, b):
    """Whether float32 numbers differ, by their bits: to the processor subnormal ones may be 0."""
    left, right = np.float32(a).view(np.int32), np.float32(b).view(np.int32)
    return left != right and (left | right) & np.int32(0x7FFFFFFF) != 0  # 0 and -0 are the same


@jitted
def is_muted(ops, state, k, row):
    """Whether nobody hears an instruction in this block, because what it is multiplied by is silent."""
    mute = ops[k, op.MUTE]
    return mute >= 0 and state.flat[row, index(mute)] == 1 and state.bufs[row, index(mute), 0] == ZERO
