"""Instructions with a delay line: its ring is laid when a node is made, and again when its numbers change."""

from __future__ import annotations

import numpy as np

from raveforce.glicol.block import BLOCK
from raveforce.glicol.native.kernel import opcodes as op
from raveforce.glicol.native.kernel.blocks import are_other_numbers
from raveforce.glicol.native.kernel.delays import allpass, delay, modulated_allpass, modulated_delay
from raveforce.glicol.native.kernel.jit import column, jitted, to_uint32
from raveforce.glicol.native.kernel.state import FIRST, LAST, ROWS

F = np.float32
ZERO, THOUSAND = F(0), F(1000)
# A node's integers: whether it is made (-1: it lost its ring), where its ring starts, how long that is.
MADE, HEAD, LENGTH = range(3)


@jitted(inline="always")
def process_delay(ops, state, k, row):
    """Delays and all-pass filters: their rings are laid anew when a number changes, also of those that hear nothing."""
    ints, floats, params, bufs, rings = state.ints, state.floats, state.params, state.bufs, state.rings
    out, a, b = column(ops, k, op.OUT), column(ops, k, op.IN0), column(ops, k, op.IN1)
    int_at, at, ring = column(ops, k, op.INT), column(ops, k, op.FLOAT), column(ops, k, op.RING)
    p0, p1 = params[row, column(ops, k, op.P0)], params[row, column(ops, k, op.P1)]
    rate, code = params[row, column(ops, k, op.P2)], ops[k, op.CODE]
    made = ints[row, int_at + MADE] != 0
    changed = are_other_numbers(floats[row, at], p0) or are_other_numbers(floats[row, at + 1], p1)
    if not made or (code != op.ALLPASS_SIGNAL and changed):
        wanted = ring_length(code, p0, rate, made)
        floats[row, at], floats[row, at + 1] = p0, p1
        ending = allocate_ring(ops, k, wanted, ints, rings, row, made)
        if ending != op.FINE:
            return ending
    if ops[k, op.IN0] < 0:
        return op.FINE
    state.flat[row, out] = 0
    head, length = ints[row, int_at + HEAD], ints[row, int_at + LENGTH]
    if ints[row, int_at + MADE] < 0 and length > 0:
        return op.TRAP
    if code == op.ALLPASS:
        head = allpass(bufs, row, out, a, rings, ring, head, length, p1)
    elif code == op.ALLPASS_SIGNAL:
        head = modulated_allpass(bufs, row, out, a, b, rings, ring, head, length, p1, rate)
    elif code == op.DELAYMS_SIGNAL:
        head = modulated_delay(bufs, row, out, a, b, rings, ring, head, length, rate)
    elif length == 0:
        for i in range(BLOCK):
            bufs[row, out, i] = bufs[row, a, i]
    else:
        head = delay(bufs, row, out, a, rings, ring, head, length)
    ints[row, int_at + HEAD] = max(head, 0)
    return op.FINE if head >= 0 else op.LATE


@jitted
def ring_length(code, value, rate, made):
    """Samples in a node's ring for its number, when it is made, or (made) when the number changes later."""
    if code == op.DELAYN:
        return to_uint32(value)
    if code == op.DELAYMS or code == op.DELAYMS_SIGNAL:
        return to_uint32(value / THOUSAND * rate)
    if not made and value == ZERO:
        return to_uint32(F(3) * rate)
    return to_uint32(value / THOUSAND * rate)


@jitted
def allocate_ring(ops, k, wanted, ints, rings, row, made):
    """Make a node's ring, or act on a changed number as the engine does; return how that ended."""
    int_at, ring, code = ops[k, op.INT], ops[k, op.RING], ops[k, op.CODE]
    if code == op.ALLPASS or code == op.ALLPASS_SIGNAL:
        if made:
            # A changed number moves the ring's head; its length stays what it was at first.
            ints[row, int_at + HEAD] = wanted % ints[row, int_at + LENGTH]
            return op.FINE
        if wanted == 0:
            return op.TRAP
        size = 2 * wanted
    else:
        size = wanted
    if size > ops[k, op.CAPACITY]:
        return op.NO_MEMORY
    if made and wanted == 0 and code == op.DELAYN:
        return op.TRAP
    for i in range(np.uint64(ring), np.uint64(ring + size)):
        rings[row, i] = ZERO
    # A delayms that is set to 0 loses its ring for ever: it passes sound on, and with any other number it breaks.
    lost = ints[row, int_at + MADE] < 0 or (made and wanted == 0)
    ints[row, int_at + MADE] = -1 if lost else 1
    ints[row, int_at + HEAD] = 0
    ints[row, int_at + LENGTH] = wanted
    return op.FINE


@jitted(cache=True)
def ring_sizes(ops, programs, params, sizes):
    """Write the samples that each instruction's ring takes at most, for the rows' present parameters."""
    begin = 0
    for p in range(programs.shape[0]):
        end = min(begin + programs[p, ROWS], params.shape[0])
        for k in range(programs[p, FIRST], programs[p, LAST]):
            code = ops[k, op.CODE]
            if ops[k, op.FAMILY] == op.RING_BUFFER:
                rings = 2 if code == op.ALLPASS or code == op.ALLPASS_SIGNAL else 1
                for row in range(begin, end):
                    length = ring_length(code, params[row, ops[k, op.P0]], params[row, ops[k, op.P2]], False)
                    sizes[k] = max(sizes[k], rings * length)
        begin = end
