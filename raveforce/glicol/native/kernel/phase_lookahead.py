"""The phases of quick sines at the blocks to come, for many rows in step."""

from __future__ import annotations

import numpy as np

from raveforce.glicol.block import BLOCK
from raveforce.glicol.native.kernel import opcodes as op
from raveforce.glicol.native.kernel.jit import LANES, column, index, jitted, prefer_wide_vectors
from raveforce.glicol.native.kernel.oscillators import FAINT, power_of_two

F = np.float32
ZERO, ONE = F(0), F(1)
# What the lanes keep, each LANES times, in one array, so that the compiler sees that nothing overlaps.
PHASE, STEP, LEFT, INVERSE, DOUBT = (LANES * i for i in range(5))


@jitted
def look_ahead(ops, state, scratch, rows, blocks):
    """Write phases at the start of every block, and behind the last, into the tracks."""
    params, floats, tracks, lanes = state.params, state.floats, scratch.tracks, scratch.lanes
    for k in range(ops.shape[0]):
        if ops[k, op.TRACK] < 0:
            continue
        track = column(ops, k, op.TRACK)
        for j in range(LANES):
            lanes[PHASE + j], lanes[STEP + j] = ZERO, ONE
        for j in range(rows.shape[0]):
            row = index(rows[j])
            lanes[PHASE + j] = floats[row, column(ops, k, op.FLOAT)]
            lanes[STEP + j] = params[row, column(ops, k, op.P0)] / params[row, column(ops, k, op.P1)]
        for j in range(LANES):
            lanes[INVERSE + j] = ONE / lanes[STEP + j]
            lanes[DOUBT + j] = F(BLOCK) * lanes[INVERSE + j] * F(2.0**-24)
        for block in range(blocks):
            for j in range(LANES):
                tracks[track, block, j] = lanes[PHASE + j]
                lanes[LEFT + j] = F(BLOCK) if j < rows.shape[0] else ZERO
            while stride(lanes) > 0:
                pass
        for j in range(LANES):
            tracks[track, blocks, j] = lanes[PHASE + j]


@jitted
def stride(lanes):
    """Take every lane one run of equal additions further, as ``ramp`` does; return how many have some left."""
    prefer_wide_vectors()
    going = np.int32(0)
    for j in range(LANES):
        phase, step, left = lanes[PHASE + j], lanes[STEP + j], lanes[LEFT + j]
        base = power_of_two(phase)
        first = phase + step
        even = first <= ONE and phase >= ZERO and step > FAINT
        first = first - ONE if first > ONE else first
        fitting = (base + base - first) * lanes[INVERSE + j] - base * lanes[DOUBT + j] - F(0.001)
        run = min(max(np.floor(fitting), ZERO), left - ONE) if even else ZERO
        last = first + run * ((base + step) - base)
        after = last + step
        after = after - ONE if after > ONE else after
        rest = left - ONE - run
        lanes[PHASE + j] = (after if rest > ZERO else last) if left > ZERO else phase
        lanes[LEFT + j] = max(rest - ONE, ZERO)
        going += np.int32(1) if rest > ONE else np.int32(0)
    return going
