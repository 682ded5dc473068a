"""The interpreter: walks a program's instructions over blocks of 128 frames, for a few rows at a time.

Its instructions work on whole blocks, so that walking them costs next to nothing beside the arithmetic. A
tile of rows goes through an instruction together: recursive filters that cannot be quick run four rows in
step. Whatever the tile, a row's arithmetic is the same, and so is its sound, to the last bit.
"""

from __future__ import annotations

import numpy as np

from raveforce._subnormals import flush_subnormals, put_back
from raveforce.glicol.block import BLOCK
from raveforce.glicol.native.kernel import opcodes as op
from raveforce.glicol.native.kernel.dispatch import dispatch
from raveforce.glicol.native.kernel.generators import quick_sine
from raveforce.glicol.native.kernel.jit import LANES, TILE, column, index, jitted, prefer_wide_vectors
from raveforce.glicol.native.kernel.phase_lookahead import ENDS, SLOPES, look_ahead
from raveforce.glicol.native.kernel.resonant import resonate_tile, sort_exact_first
from raveforce.glicol.native.kernel.ring_buffers import ring_sizes
from raveforce.glicol.native.kernel.state import FINAL, FIRST, LAST, ROWS, Code, Scratch, State

__all__ = ["play", "read", "ring_sizes"]

F = np.float32
FEWEST_LANES = LANES // 2
"""Rows from which looking ahead together costs less than each for itself."""
SMALLEST, LARGEST = float(np.finfo(np.float32).tiny), float(np.finfo(np.float32).max)


@jitted(cache=True)
def play(
    ops,
    lists,
    bank,
    cues,
    params,
    ints,
    floats,
    rings,
    bufs,
    flat,
    failed,
    tracks,
    lanes,
    programs,
    rows,
    heard,
    out,
    skip,
    blocks,
    later,
    adding,
):
    """Play blocks of the rows named.

    The arrays are the fields of ``Code``, ``State`` and ``Scratch``, loose at this one place, because numba takes a
    microsecond for each named tuple that comes from Python.

    Parameters
    ----------
    programs : int64 [programs, 4], see ``state``
    rows : int64, the rows to play, program by program; the order within one changes
    heard : int64 [rows], where in ``out`` each row is heard
    out : float32 [sounds, samples], what is heard, written from ``skip`` on until it is full
    blocks : how many to play
    later : how many follow at the next calls before any number changes
    adding : whether rows are added to what ``out`` holds

    Returns
    -------
    how often an instruction broke
    """
    state = State(params, ints, floats, rings, bufs, flat, failed)
    scratch = Scratch(tracks, lanes)
    broken = begin = 0
    for p in range(programs.shape[0]):
        end = min(begin + programs[p, ROWS], rows.shape[0])
        own = ops[programs[p, FIRST] : programs[p, LAST]]
        final = column(programs, p, FINAL)
        code = Code(own, lists, bank, cues)
        mine = rows[begin:end]
        clear = numbers_are_clear(params, mine) and strikes_are_clear(own)
        before = flush_subnormals()
        if not clear:
            put_back(before)
        sort_exact_first(own, state, mine)
        for start in range(0, mine.shape[0], TILE):
            tile = mine[start : start + TILE]
            lane = start % LANES
            if lane == 0:
                group = mine[start : start + LANES]
                ahead = group.shape[0] >= FEWEST_LANES
                if ahead:
                    look_ahead(own, state, scratch, group, blocks)
            for block in range(blocks):
                broken += play_block(code, state, tracks, tile, lane, block, blocks - block + later, ahead)
                at = skip + block * BLOCK
                length = min(BLOCK, out.shape[1] - at)
                for j in range(tile.shape[0]):
                    row = index(tile[j])
                    hand_out(bufs, row, final, out, index(heard[row]), at, length, adding)
        put_back(before)
        begin = end
    return broken


@jitted
def play_block(code, state, tracks, tile, lane, block, blocks_left, ahead):
    """Play a block of a tile of rows; return how often an instruction broke."""
    prefer_wide_vectors()
    ops, broken = code.ops, 0
    for k in range(ops.shape[0]):
        family = ops[k, op.FAMILY]
        if block > 0 and family == op.HELD:
            continue  # its parameters change between calls only
        if family == op.RESONANT:
            resonate_tile(ops, state, k, tile, blocks_left)
            continue
        for j in range(tile.shape[0]):
            row = index(tile[j])
            if family == op.OSCILLATOR and ops[k, op.TRACK] >= 0:
                end, slope = F(np.nan), np.int32(0)
                if ahead:
                    track, now, which = column(ops, k, op.TRACK), index(block), index(lane + j)
                    end, bits = tracks[track, ENDS, now, which], tracks[track, SLOPES, now, which]
                    slope = np.float32(bits).view(np.int32)
                quick_sine(ops, state, k, row, end, slope)
                continue
            ending = dispatch(code, state, k, row)
            if ending != op.FINE:
                state.failed[row] = state.failed[row] or op.ENDINGS * (k + 1) + ending
                broken += 1
    return broken


@jitted
def hand_out(bufs, row, final, out, sound, at, length, adding):
    """Write a row's block to a sound, or add it to what is there."""
    prefer_wide_vectors()
    if adding:
        for i in range(np.uint64(length)):
            out[sound, np.uint64(at) + i] += bufs[row, final, i]
    else:
        for i in range(np.uint64(length)):
            out[sound, np.uint64(at) + i] = bufs[row, final, i]


@jitted
def numbers_are_clear(params, rows):
    """Whether no number of a program is subnormal: a filter's Q or a speed of 1e-38 is not 0."""
    for row in rows:
        for k in range(params.shape[1]):
            if 0.0 < abs(np.float64(params[row, k])) < SMALLEST:
                return False
    return True


@jitted
def strikes_are_clear(ops):
    """Whether all that strikes an envelope or a sampler is an impulse or a note.

    To them the least number above 0 is a strike, so where another node strikes, even subnormal numbers are computed.
    """
    for k in range(ops.shape[0]):
        code = ops[k, op.CODE]
        if code == op.ENVPERC or code == op.ADSR or code == op.SAMPLER:
            for j in range(ops.shape[0]):
                striker = ops[j, op.CODE]
                if ops[j, op.OUT] == ops[k, op.IN0] and striker != op.IMP and striker != op.SEQ:
                    return False
    return True


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
