"""Blocks that hold one value throughout are known as such: nobody need look at them or write them again."""

from __future__ import annotations

import numpy as np

from raveforce.glicol.block import BLOCK
from raveforce.glicol.native.kernel.jit import jitted


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
