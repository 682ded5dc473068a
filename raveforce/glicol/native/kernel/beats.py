"""Instructions that follow the beat."""

from __future__ import annotations

import numpy as np

from raveforce.glicol.block import BLOCK
from raveforce.glicol.native.kernel import opcodes as op
from raveforce.glicol.native.kernel.blocks import blank, fill
from raveforce.glicol.native.kernel.filters import swept
from raveforce.glicol.native.kernel.jit import column, jitted
from raveforce.glicol.native.kernel.sequencers import (
    arrangement,
    bar_of,
    choice,
    pattern,
    sequence,
    silence_ahead,
)

ZERO = np.float32(0)
# A sequence's integers behind its step: the note that comes next, and for how many samples none is due.
HINT, WAIT = 1, 2


@jitted(inline="always")
def count_bars(ops, k, code, lists, params, ints, floats, bufs, flat, row):
    """Nodes that follow the beat."""
    out, a, int_at, at = (
        column(ops, k, op.OUT),
        column(ops, k, op.IN0),
        column(ops, k, op.INT),
        column(ops, k, op.FLOAT),
    )
    bpm, rate = params[row, column(ops, k, op.P0)], params[row, column(ops, k, op.P1)]
    listed, size = column(ops, k, op.LIST), column(ops, k, op.COUNT)
    order, inputs = column(ops, k, op.ORDER), column(ops, k, op.INPUTS)
    step = ints[row, int_at]
    if code == op.SEQ:
        has_speed = 0
        if inputs > 0 and bufs[row, lists[order], 0] > ZERO and bufs[row, lists[order], 1] == ZERO:
            has_speed = 1
            floats[row, at] = bufs[row, lists[order], 0]
        if has_speed == 0 or floats[row, at] == floats[row, at + 1]:
            wait = ints[row, int_at + WAIT]
            if wait >= BLOCK:
                blank(bufs, flat, row, out)
                ints[row, int_at + WAIT] = wait - BLOCK
                ints[row, int_at] = step + BLOCK
                return True
        floats[row, at + 1] = floats[row, at]
        length = 240.0 / np.float64(bpm) * np.float64(rate) / np.float64(floats[row, at])
        hint = ints[row, int_at + HINT]
        hint = sequence(bufs, flat, row, out, step, length, lists, listed, size, params, inputs, order, has_speed, hint)
        if hint < 0:
            return False
        ints[row, int_at + HINT] = hint
        step += BLOCK
        ints[row, int_at + WAIT] = silence_ahead(step, length, lists, listed, size, params, row, hint)
    elif code == op.CHOOSE:
        fill(bufs, flat, row, out, params[row, lists[listed + choice(step, size)]])
        step += 1
    elif code == op.ARRANGE:
        step = arrangement(bufs, row, out, step, bpm, rate, lists, listed, size, params, order)
        flat[row, out] = 0
    else:
        cycle, bar = bar_of(bpm, rate, params[row, ops[k, op.P2]])
        if bar == 0:
            return False
        value = floats[row, at]
        if code == op.PATTERN:
            value = pattern(bufs, flat, row, out, step, value, cycle, rate, bar, lists, listed, size, params)
        else:
            q = params[row, ops[k, op.P3]]
            value = swept(bufs, row, out, a, floats, at, step, value, cycle, rate, bar, lists, listed, size, params, q)
            flat[row, out] = 0
        floats[row, at] = value
        step += BLOCK
    ints[row, int_at] = step
    return True
