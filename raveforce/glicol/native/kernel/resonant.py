"""Resonant filters of a tile of rows: quick ones row by row, the others four in step."""

from __future__ import annotations

import numpy as np

from raveforce.glicol.native.kernel import opcodes as op
from raveforce.glicol.native.kernel.blocks import is_muted
from raveforce.glicol.native.kernel.filters import biquad_coefficients, resonate, resonate_four, resonate_quickly
from raveforce.glicol.native.kernel.jit import column, index, jitted

ZERO = np.float32(0)


@jitted
def resonate_tile(ops, state, k, tile, blocks_left):
    """A filter, for rows of a tile.

    Where numbers may change at the next call, its last blocks are computed in the engine's own order: by then
    the filter has forgotten that it was quick, so that nothing is left for other numbers to enlarge.
    """
    bufs, floats, params = state.bufs, state.floats, state.params
    out, source, at = column(ops, k, op.OUT), column(ops, k, op.IN0), column(ops, k, op.FLOAT)
    quick, code = ops[k, op.QUICK], ops[k, op.CODE]
    follows = code == op.LPF_SIGNAL or code == op.HPF_SIGNAL
    highpass = code == op.HPF or code == op.HPF_SIGNAL
    # Rows that cannot be quick, and how many they are; the spare row fills up what they lack to four.
    r = s = t = u = index(bufs.shape[0] - 1)
    exact = 0
    for j in range(tile.shape[0]):
        row = index(tile[j])
        cutoff = bufs[row, column(ops, k, op.IN1), 0] if follows else params[row, column(ops, k, op.P0)]
        q, rate = params[row, column(ops, k, op.P1)], params[row, column(ops, k, op.P2)]
        biquad_coefficients(floats, row, at, cutoff, q, rate, highpass, quick)
        if may_be_quick(quick, floats[row, at + op.SETTLING], blocks_left):
            resonate_quickly(bufs, state.flat, row, out, source, floats, at, is_muted(ops, state, k, row))
        else:
            state.flat[row, out] = 0
            r, s, t, u = row, r, s, t
            exact += 1
    if exact == 1:
        resonate(bufs, r, out, source, floats, at)
    elif exact > 1:
        resonate_four(bufs, r, s, t, u, out, source, floats, at)


@jitted
def may_be_quick(quick, settling, blocks_left):
    """Whether a filter may be quick in a block."""
    return settling > ZERO and (quick == op.ALWAYS or (quick == op.EARLY and blocks_left > settling))


@jitted
def sort_exact_first(ops, state, rows):
    """Put rows whose first filter cannot be quick before the others, so that they fill tiles of their own."""
    floats, params = state.floats, state.params
    for k in range(ops.shape[0]):
        code, at = ops[k, op.CODE], column(ops, k, op.FLOAT)
        if code == op.LPF or code == op.HPF:
            front = 0
            for j in range(rows.shape[0]):
                row = index(rows[j])
                cutoff, q = params[row, column(ops, k, op.P0)], params[row, column(ops, k, op.P1)]
                rate, highpass = params[row, column(ops, k, op.P2)], code == op.HPF
                biquad_coefficients(floats, row, at, cutoff, q, rate, highpass, ops[k, op.QUICK])
                if floats[row, at + op.SETTLING] == ZERO:
                    rows[j], rows[front] = rows[front], rows[j]
                    front += 1
            return
