"""Recordings: every positive sample of the input begins one anew, at its speed, over those that still sound."""

from __future__ import annotations

import numpy as np

from raveforce.glicol.block import BLOCK
from raveforce.glicol.native.kernel import opcodes as op
from raveforce.glicol.native.kernel.blocks import blank
from raveforce.glicol.native.kernel.jit import column, index, jitted

F = np.float32
ZERO, ONE = F(0), F(1)
HALF, WORD = 2**31, 2**32 - 1
# A recording's cue: where it starts in the bank, its samples, its channels, its rate.
START, LENGTH, CHANNELS, RATE = range(4)
# A playback is two numbers: the bits of the clock when it began, and how long it lasts.
BEGUN, DURATION = range(2)


@jitted
def process_sampler(code, state, k, row):
    """A block of a sampler; return how it ended.

    Playbacks lie in the row's ring in the order in which they began, which is the order in which they are added up.
    """
    ops, bufs, ints, rings = code.ops, state.bufs, state.ints, state.rings
    out, source, at = column(ops, k, op.OUT), column(ops, k, op.IN0), column(ops, k, op.INT)
    ring = column(ops, k, op.RING)
    if ints[row, at + op.CUED] == 0:
        ints[row, at + op.CUED] = 1 + ops[k, op.CUE]
    cue = index(ints[row, at + op.CUED] - 1)
    clock, playbacks = ints[row, at + op.CLOCK], ints[row, at + op.PLAYBACKS]
    if not (state.flat[row, source] and bufs[row, source, 0] <= ZERO):
        stretch = F(code.cues[cue, RATE]) / state.params[row, column(ops, k, op.P0)]
        length = F(code.cues[cue, LENGTH])
        for i in range(BLOCK):
            if bufs[row, source, i] > ZERO:
                if 2 * playbacks + 1 >= ops[k, op.CAPACITY]:
                    return op.NO_MEMORY
                slot = index(ring + 2 * playbacks)
                rings[row, slot + BEGUN] = np.int32(clock + i).view(np.float32)
                rings[row, slot + DURATION] = length / bufs[row, source, i] / stretch
                playbacks += 1
    blank(bufs, state.flat, row, out)
    ints[row, at + op.CLOCK] = clock + BLOCK
    if playbacks == 0:
        return op.FINE
    state.flat[row, out] = 0
    going = 0
    for j in range(playbacks):
        slot = index(ring + 2 * j)
        begun, duration = rings[row, slot + BEGUN], rings[row, slot + DURATION]
        # Of the clock 32 bits are kept, so it may pass 2^31 in between.
        age = ((clock - np.int64(np.float32(begun).view(np.int32)) + HALF) & WORD) - HALF
        if add_playback(code, bufs, row, out, cue, age, duration):
            kept = index(ring + 2 * going)
            rings[row, kept + BEGUN], rings[row, kept + DURATION] = begun, duration
            going += 1
    ints[row, at + op.PLAYBACKS] = going
    ints[row, at + op.COMPUTED] += BLOCK * playbacks
    return op.FINE


@jitted
def add_playback(code, bufs, row, out, cue, age, duration):
    """Add a playback of an age, below 0 where it begins in this block; return whether it goes on after the block.

    Between two samples the engine mixes them the wrong way round: the nearer one counts less. Of two channels it
    leaves out the last samples, but plays them at the very end.
    """
    start, last = index(code.cues[cue, START]), index(code.cues[cue, LENGTH] - 1)
    span = F(last - 1 if code.cues[cue, CHANNELS] == 2 else last)
    first, stop = max(-age, 0), BLOCK
    # A number is at most another where their quotient, rounded, is at most 1; 0 / 0 is not.
    while stop > first and not (F(age + stop - 1) <= duration and duration > ZERO):
        stop -= 1
    for i in range(np.uint64(first), np.uint64(stop)):
        position = F(np.int32(age + np.int64(i))) / duration
        place = position * span
        left = np.floor(place)
        share = place - left
        before = start + index(np.int32(left))
        after = start + (last if position == ONE else index(np.int32(np.ceil(place))))
        bufs[row, out, i] += code.bank[before] * share + code.bank[after] * (ONE - share)
    return stop == BLOCK and F(age + BLOCK) <= duration
