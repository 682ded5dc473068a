"""The phases of quick sines at the blocks to come, for many rows in step."""

from __future__ import annotations

import numpy as np

from raveforce.glicol.block import BLOCK
from raveforce.glicol.native.kernel import opcodes as op
from raveforce.glicol.native.kernel.jit import LANES, column, index, jitted, prefer_wide_vectors
from raveforce.glicol.native.kernel.oscillators import FAINT, power_of_two, slope_between

F = np.float32
ZERO, ONE = F(0), F(1)
# What the lanes keep, each LANES times, in one array, so that the compiler sees that nothing overlaps.
PHASE, STEP, LEFT, INVERSE, DOUBT, START = (LANES * i for i in range(6))
# And what the tracks do, of every block.
ENDS, SLOPES = range(2)


@jitted
def look_ahead(ops, state, scratch, rows, blocks):
    """Write the phases behind every block, and the slopes that lead there, into the tracks; NaN where none does."""
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
                lanes[START + j] = lanes[PHASE + j]
                lanes[LEFT + j] = F(BLOCK) if j < rows.shape[0] else ZERO
            while stride(lanes) > 0:
                pass
            write_track(lanes, tracks, track, block)


@jitted
def write_track(lanes, tracks, track, block):
    """Write where a block's phases end, and their slopes, as numbers of the same bits."""
    prefer_wide_vectors()
    for j in range(LANES):
        phase, step, end = lanes[START + j], lanes[STEP + j], lanes[PHASE + j]
        even = ZERO <= phase <= ONE and ZERO <= step <= ONE
        tracks[track, ENDS, block, j] = end if even else F(np.nan)
        slope = slope_between(phase, end, step) if even else np.int32(0)
        tracks[track, SLOPES, block, j] = np.int32(slope).view(np.float32)


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
