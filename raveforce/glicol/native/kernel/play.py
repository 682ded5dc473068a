"""The interpreter: walks a program's instructions over blocks of 128 frames, for a few rows at a time.

Its instructions work on whole blocks, so that walking them costs next to nothing beside the arithmetic. A
tile of rows goes through an instruction together: recursive filters that cannot be quick run four rows in
step. Whatever the tile, a row's arithmetic is the same, and so is its sound, to the last bit.
"""

from __future__ import annotations

import numpy as np

from raveforce.glicol.block import BLOCK
from raveforce.glicol.native.kernel import opcodes as op
from raveforce.glicol.native.kernel.beats import count_bars
from raveforce.glicol.native.kernel.blocks import blank, fill
from raveforce.glicol.native.kernel.envelopes import adsr, percussive
from raveforce.glicol.native.kernel.filters import (
    SETTLING,
    resonate,
    resonate_four,
    resonate_quickly,
    smooth,
    smooth_by_signal,
    tune,
)
from raveforce.glicol.native.kernel.jit import LANES, TILE, column, count, jitted, place
from raveforce.glicol.native.kernel.oscillators import (
    impulses,
    noise,
    phases_by_held_input,
    phases_by_input,
    ramp,
    shape_saw,
    shape_sine,
    shape_square,
    shape_triangle,
    sine_between,
)
from raveforce.glicol.native.kernel.phase_lookahead import look_ahead
from raveforce.glicol.native.kernel.ring_buffers import remember, ring_sizes

__all__ = ["play", "read", "ring_sizes"]

F = np.float32
ZERO, ONE = F(0), F(1)
FEWEST_LANES = LANES // 2
"""Rows from which looking ahead together costs less than each for itself."""
LARGEST = float(np.finfo(np.float32).max)
# Integers of an impulse train: samples since its birth, its period, for how many samples no impulse is due.
CLOCK, PERIOD, WAIT = range(3)
# And of a noise: whether its seed is set, its next seed.
SEEDED, SEED = range(2)


@jitted(cache=True)
def play(ops, lists, params, ints, floats, rings, bufs, flat, tracks, lanes, rows, out, skip, blocks, final, failed):
    """Play blocks of the rows named.

    Parameters
    ----------
    ops : int64 [instructions, COLUMNS]
    lists : int64, what the instructions' lists hold
    params : float32 [rows, parameters]
    ints, floats, rings : int64, float32, float32 [rows + 1, ...], the nodes' state (the last row is a spare)
    bufs : float32 [rows + 1, nodes, BLOCK + PAD], the nodes' last blocks
    flat : uint8 [rows + 1, nodes], whether a block is known to hold one value
    tracks : float32 [sines, blocks + 1, LANES], room for phases looked up ahead
    lanes : float32, room to do so
    rows : int64, the rows to play; their order changes
    out : float32 [rows, samples], what is heard, written from ``skip`` on until it is full
    final : buffer that is heard
    failed : int64 [rows], set to 1 + the instruction at which the engine would have broken

    Returns
    -------
    how often that happened
    """
    broken = 0
    gather(ops, params, floats, rows)
    for start in range(0, rows.shape[0], TILE):
        tile = rows[start : start + TILE]
        lane = start % LANES
        if lane == 0:
            group = rows[start : start + LANES]
            ahead = group.shape[0] >= FEWEST_LANES
            if ahead:
                look_ahead(ops, params, floats, tracks, lanes, group, blocks)
        for block in range(blocks):
            for k in range(ops.shape[0]):
                code = ops[k, op.CODE]
                if block > 0 and (code == op.CONSTANT or code == op.SPEED):
                    continue  # its parameters change between calls only
                if op.LPF <= code <= op.HPF_SIGNAL:
                    resonate_tile(ops, k, code, params, floats, bufs, flat, tile, blocks - block)
                    continue
                for j in range(tile.shape[0]):
                    row = place(tile[j])
                    if code == op.SIN and ops[k, op.TRACK] >= 0:
                        track = column(ops, k, op.TRACK)
                        end = tracks[track, place(block + 1), place(lane + j)] if ahead else F(np.nan)
                        sing(ops, k, params, floats, bufs, flat, row, end)
                    elif not work(ops, k, code, lists, params, ints, floats, rings, bufs, flat, row):
                        failed[row] = failed[row] or k + 1
                        broken += 1
            at = skip + block * BLOCK
            length = min(BLOCK, out.shape[1] - at)
            for j in range(tile.shape[0]):
                row = place(tile[j])
                for i in range(np.uint64(length)):
                    out[row, np.uint64(at) + i] = bufs[row, place(final), i]
    return broken


@jitted(cache=True)
def read(values, blanks, whole, failed):
    """Take over values for blanks.

    Returns -1 at a value that is no finite float32, else how many of the ``whole`` blanks hold a fraction; their
    rows get -1 - the blank in ``failed``.
    """
    fractions = 0
    for row in range(values.shape[0]):
        for k in range(values.shape[1]):
            value = values[row, k]
            if not abs(value) <= LARGEST:
                return -1
            blanks[row, k] = F(value)
        for k in range(whole.shape[0]):
            if blanks[row, whole[k]] != np.floor(blanks[row, whole[k]]):
                failed[row] = -1 - whole[k]
                fractions += 1
    return fractions


@jitted
def gather(ops, params, floats, rows):
    """Put rows whose first filter cannot be quick before the others, so that they fill tiles of their own."""
    for k in range(ops.shape[0]):
        code, at = ops[k, op.CODE], column(ops, k, op.FLOAT)
        if code == op.LPF or code == op.HPF:
            front = 0
            for j in range(rows.shape[0]):
                row = place(rows[j])
                cutoff, q = params[row, column(ops, k, op.P0)], params[row, column(ops, k, op.P1)]
                tune(floats, row, at, cutoff, q, params[row, column(ops, k, op.P2)], code == op.HPF)
                if floats[row, at + SETTLING] == ZERO:
                    rows[j], rows[front] = rows[front], rows[j]
                    front += 1
            return


@jitted(inline="always")
def resonate_tile(ops, k, code, params, floats, bufs, flat, tile, blocks_left):
    """Resonant filters of a tile: four rows in step, or one after the other.

    Where numbers may change at the next call, its last blocks are computed in the engine's own order: by then
    the filter has forgotten that it was quick, so that nothing is left for other numbers to enlarge.
    """
    out, source, at = column(ops, k, op.OUT), column(ops, k, op.IN0), column(ops, k, op.FLOAT)
    quick, follows = ops[k, op.QUICK], code == op.LPF_SIGNAL or code == op.HPF_SIGNAL
    # Rows that cannot be quick, and how many they are; the spare row fills up what they lack to four.
    r = s = t = u = place(bufs.shape[0] - 1)
    exact = 0
    for j in range(tile.shape[0]):
        row = place(tile[j])
        cutoff = bufs[row, column(ops, k, op.IN1), 0] if follows else params[row, column(ops, k, op.P0)]
        q, rate = params[row, column(ops, k, op.P1)], params[row, column(ops, k, op.P2)]
        tune(floats, row, at, cutoff, q, rate, code >= op.HPF)
        flat[row, out] = 0
        if takes_quick(quick, floats[row, at + SETTLING], blocks_left):
            resonate_quickly(bufs, row, out, source, floats, at)
        else:
            r, s, t, u = row, r, s, t
            exact += 1
    if exact == 1:
        resonate(bufs, r, out, source, floats, at)
    elif exact > 1:
        resonate_four(bufs, r, s, t, u, out, source, floats, at)


@jitted
def takes_quick(quick, settling, blocks_left):
    """Whether a filter may be quick in a block."""
    return settling > ZERO and (quick == op.ALWAYS or (quick == op.EARLY and blocks_left > settling))


@jitted(inline="always")
def work(ops, k, code, lists, params, ints, floats, rings, bufs, flat, row):
    """Do an instruction for a row; False where the engine would break."""
    out, a, b, at = column(ops, k, op.OUT), column(ops, k, op.IN0), column(ops, k, op.IN1), column(ops, k, op.FLOAT)
    p0, p1 = params[row, column(ops, k, op.P0)], params[row, column(ops, k, op.P1)]
    if code == op.MUL_SIGNAL:
        for i in range(BLOCK):
            bufs[row, out, i] = bufs[row, a, i] * bufs[row, b, i]
        flat[row, out] = flat[row, a] & flat[row, b]
    elif code == op.MUL_NUMBER:
        if flat[row, a]:
            fill(bufs, flat, row, out, bufs[row, a, 0] * p0)
        else:
            for i in range(BLOCK):
                bufs[row, out, i] = bufs[row, a, i] * p0
            flat[row, out] = 0
    elif code == op.ADD_SIGNAL:
        for i in range(BLOCK):
            bufs[row, out, i] = bufs[row, a, i] + bufs[row, b, i]
        flat[row, out] = flat[row, a] & flat[row, b]
    elif code == op.ADD_NUMBER:
        if flat[row, a]:
            fill(bufs, flat, row, out, bufs[row, a, 0] + p0)
        else:
            for i in range(BLOCK):
                bufs[row, out, i] = bufs[row, a, i] + p0
            flat[row, out] = 0
    elif code == op.COPY:
        if flat[row, a]:
            fill(bufs, flat, row, out, bufs[row, a, 0])
        else:
            for i in range(BLOCK):
                bufs[row, out, i] = bufs[row, a, i]
            flat[row, out] = 0
    elif code == op.SUM:
        add_up(ops, k, lists, bufs, row)
        flat[row, out] = 0
    elif op.SIN <= code <= op.TRI:
        oscillate(bufs, flat, row, out, ops[k, op.IN0] < 0, a, code, floats, at, p0, p1)
        flat[row, out] = 0
    elif code == op.ENVPERC:
        int_at = column(ops, k, op.INT)
        position, scale = ints[row, int_at], floats[row, at]
        rate, quick = params[row, column(ops, k, op.P2)], ops[k, op.QUICK] != 0
        position, scale = percussive(bufs, flat, row, out, a, position, scale, p0, p1, rate, quick)
        ints[row, int_at], floats[row, at] = position, scale
    elif code == op.CONSTANT:
        fill(bufs, flat, row, out, p0)
    elif code == op.SPEED:
        # Nobody else writes here: all but the first sample is 0 from the start.
        bufs[row, out, 0] = p0
        flat[row, out] = 0
    elif code >= op.SEQ:
        return count_bars(ops, k, code, lists, params, ints, floats, bufs, flat, row)
    elif code >= op.DELAYN:
        flat[row, out] = 0
        return remember(ops, k, code, params, ints, floats, rings, bufs, row)
    else:
        return work_on(ops, k, code, params, ints, floats, bufs, flat, row)
    return True


@jitted(inline="always")
def sing(ops, k, params, floats, bufs, flat, row, end):
    """A sine that is only heard; ``end`` is its next phase if that is known."""
    out, at = column(ops, k, op.OUT), column(ops, k, op.FLOAT)
    phase, step = floats[row, at], params[row, column(ops, k, op.P0)] / params[row, column(ops, k, op.P1)]
    even = ZERO <= phase <= ONE and ZERO <= step <= ONE
    if not (even and end >= ZERO):
        end = ramp(bufs, row, out, phase, step)
    if even:
        sine_between(bufs, row, out, phase, step, end)
    else:
        shape_sine(bufs, row, out)
    flat[row, out] = 0
    floats[row, at] = end


@jitted(inline="always")
def add_up(ops, k, lists, bufs, row):
    """Sum of the listed buffers."""
    out, at = column(ops, k, op.OUT), column(ops, k, op.LIST)
    first = place(lists[at])
    for i in range(BLOCK):
        bufs[row, out, i] = bufs[row, first, i]
    for j in range(1, ops[k, op.COUNT]):
        source = place(lists[at + j])
        for i in range(BLOCK):
            bufs[row, out, i] += bufs[row, source, i]


@jitted(inline="always")
def oscillate(bufs, flat, row, out, free, source, code, floats, at, frequency, rate):
    """An oscillator, free or following a signal: its phases (state: phase, frequency held), then their shape."""
    if free:
        floats[row, at] = ramp(bufs, row, out, floats[row, at], frequency / rate)
    elif code == op.SIN:
        floats[row, at] = phases_by_input(bufs, flat, row, out, source, floats[row, at], rate)
    else:
        phase, held = phases_by_held_input(bufs, flat, row, out, source, floats[row, at], rate, floats[row, at + 1])
        floats[row, at], floats[row, at + 1] = phase, held
    if code == op.SIN:
        shape_sine(bufs, row, out)
    elif code == op.SAW:
        shape_saw(bufs, row, out)
    elif code == op.SQU:
        shape_square(bufs, row, out)
    else:
        shape_triangle(bufs, row, out)


@jitted(inline="always")
def work_on(ops, k, code, params, ints, floats, bufs, flat, row):
    """Triggers, noise, envelopes and filters that are met less often."""
    out, a, b = column(ops, k, op.OUT), column(ops, k, op.IN0), column(ops, k, op.IN1)
    int_at, at = column(ops, k, op.INT), column(ops, k, op.FLOAT)
    p0, p1 = params[row, column(ops, k, op.P0)], params[row, column(ops, k, op.P1)]
    if code == op.IMP:
        period, clock = count(p1 / p0), ints[row, int_at + CLOCK]
        if period == 0:
            return False
        if period == ints[row, int_at + PERIOD] and ints[row, int_at + WAIT] >= BLOCK:
            blank(bufs, flat, row, out)
        else:
            impulses(bufs, flat, row, out, clock, period)
            ints[row, int_at + PERIOD], ints[row, int_at + WAIT] = period, BLOCK + (-clock - BLOCK) % period
        ints[row, int_at + WAIT] -= BLOCK
        ints[row, int_at + CLOCK] = clock + BLOCK
        return True
    flat[row, out] = 0
    if code == op.NOISE:
        if ints[row, int_at + SEEDED] == 0 or floats[row, at] != p0:
            ints[row, int_at + SEEDED], floats[row, at] = 1, p0
            ints[row, int_at + SEED] = count(p0)
        ints[row, int_at + SEED] = noise(bufs, row, out, ints[row, int_at + SEED])
    elif code == op.ADSR:
        p2, p3 = params[row, column(ops, k, op.P2)], params[row, column(ops, k, op.P3)]
        rate = params[row, column(ops, k, op.P4)]
        adsr(bufs, row, out, a, ints, int_at, floats, at, p0, p1, p2, p3, rate)
    elif code == op.ONEPOLE:
        smooth(bufs, row, out, a, floats, at, p0)
    else:
        smooth_by_signal(bufs, row, out, b, a, floats, at)
    return True
