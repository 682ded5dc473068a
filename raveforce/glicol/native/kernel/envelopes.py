"""Envelopes: straight lines in samples, started by a trigger."""

from __future__ import annotations

import numpy as np

from raveforce.glicol.block import BLOCK
from raveforce.glicol.native.kernel import opcodes as op
from raveforce.glicol.native.kernel.blocks import fill
from raveforce.glicol.native.kernel.jit import column, jitted, line, prefer_wide_vectors, to_uint32

F = np.float32
ZERO, ONE = F(0), F(1)
MANY = 2**31
"""Samples from which a length is no signed 32-bit number."""


@jitted
def percussive(ops, state, k, row):
    """Percussive envelope: up and down again after every positive sample."""
    bufs, flat, params = state.bufs, state.flat, state.params
    out, source = column(ops, k, op.OUT), column(ops, k, op.IN0)
    position, scale = state.ints[row, column(ops, k, op.INT)], state.floats[row, column(ops, k, op.FLOAT)]
    rate, quick = params[row, column(ops, k, op.P2)], ops[k, op.QUICK] != op.NEVER
    attack = to_uint32(params[row, column(ops, k, op.P0)] * rate)
    # The engine's lengths are unsigned 32-bit numbers, and so is their sum.
    end = (attack + to_uint32(params[row, column(ops, k, op.P1)] * rate)) & 0xFFFFFFFF
    decay = to_uint32(params[row, column(ops, k, op.P1)] * rate)
    triggers = 0
    if not (flat[row, source] and bufs[row, source, 0] <= ZERO):
        for i in range(BLOCK):
            triggers += 1 if bufs[row, source, i] > ZERO else 0
    start = 0
    if triggers > 0:
        for i in range(BLOCK):
            if bufs[row, source, i] > ZERO:
                envelope_segment(bufs, row, out, start, i, position, scale, attack, decay, end, quick)
                start = i
                position = 0
                scale = bufs[row, source, i]
    if triggers == 0 and position > max(attack, end):
        fill(bufs, flat, row, out, ZERO * scale)
    elif triggers == 0 and quick and attack < position <= end + 1 - BLOCK and attack + decay < MANY:
        fall(bufs, row, out, end - position, scale / F(decay))
        flat[row, out] = 0
    else:
        envelope_segment(bufs, row, out, start, BLOCK, position, scale, attack, decay, end, quick)
        flat[row, out] = 0
    state.ints[row, column(ops, k, op.INT)] = position + BLOCK - start
    state.floats[row, column(ops, k, op.FLOAT)] = scale


@jitted
def fall(bufs, row, out, left, slope):
    """A block of nothing but decay, as most are, with so many samples left at its start; as ``attack_and_decay``."""
    prefer_wide_vectors()
    for i in range(BLOCK):
        bufs[row, out, i] = F(line(left, -1, i)) * slope


@jitted
def envelope_segment(bufs, row, out, start, stop, position, scale, attack, decay, end, quick):
    """Samples start to stop of an envelope that stands at a position; lengths and its end in samples.

    ``quick`` multiplies by a slope instead of dividing every sample, which may change its last digit.
    """
    # How many samples of the attack (its end included), then of the decay, are still to come.
    rising = min(max(attack + 1 - position, 0), stop - start)
    falling = max(min(max(end + 1 - position, 0), stop - start), rising)
    first, peak, floor, last = np.uint64(start), np.uint64(start + rising), np.uint64(start + falling), np.uint64(stop)
    past, left = position - start, end - position + start
    if attack + decay >= MANY:
        for i in range(first, floor):
            if i >= peak:
                bufs[row, out, i] = F(left - np.int64(i)) / F(decay) * scale
            elif attack > 0:
                bufs[row, out, i] = F(past + np.int64(i)) / F(attack) * scale
            else:
                bufs[row, out, i] = ZERO * scale
    else:
        attack_and_decay(bufs, row, out, first, peak, floor, past, left, scale, attack, decay, quick)
    for i in range(floor, last):
        bufs[row, out, i] = ZERO * scale


@jitted
def attack_and_decay(bufs, row, out, first, peak, floor, past, left, scale, attack, decay, quick):
    """Attack and decay of less than 2³¹ samples, of which vectors are converted at once."""
    prefer_wide_vectors()
    if attack == 0:
        for i in range(first, peak):
            bufs[row, out, i] = ZERO * scale
    elif quick:
        slope = scale / F(attack)
        for i in range(first, peak):
            bufs[row, out, i] = F(line(past, 1, i)) * slope
    else:
        for i in range(first, peak):
            bufs[row, out, i] = F(line(past, 1, i)) / F(attack) * scale
    if quick:
        slope = scale / F(decay)
        for i in range(peak, floor):
            bufs[row, out, i] = F(line(left, -1, i)) * slope
    else:
        for i in range(peak, floor):
            bufs[row, out, i] = F(line(left, -1, i)) / F(decay) * scale


# State of an adsr envelope: last input, last output, output at the last change.
LAST_INPUT, LAST_OUTPUT, TURN = range(3)
# And its integers: samples since the change, phase.
POSITION, PHASE = range(2)
IDLE, HELD, RELEASED = range(3)


@jitted
def adsr(ops, state, k, row):
    """Attack, decay, sustain while the input is positive, release when it is back at 0."""
    bufs, floats, ints, params = state.bufs, state.floats, state.ints, state.params
    out, source = column(ops, k, op.OUT), column(ops, k, op.IN0)
    int_at, at = column(ops, k, op.INT), column(ops, k, op.FLOAT)
    sustain, rate = params[row, column(ops, k, op.P2)], params[row, column(ops, k, op.P4)]
    attack_length = to_uint32(params[row, column(ops, k, op.P0)] * rate)
    decay_length = to_uint32(params[row, column(ops, k, op.P1)] * rate)
    release_length = to_uint32(params[row, column(ops, k, op.P3)] * rate)
    last_input, y, turn = floats[row, at + LAST_INPUT], floats[row, at + LAST_OUTPUT], floats[row, at + TURN]
    position, phase = ints[row, int_at + POSITION], ints[row, int_at + PHASE]
    for i in range(BLOCK):
        x = bufs[row, source, i]
        if x > ZERO and last_input == ZERO:
            phase, position, turn = HELD, 0, y
        elif x == ZERO and last_input > ZERO:
            phase, position, turn = RELEASED, 0, y
        if phase == HELD:
            if position <= attack_length:
                y = ZERO if attack_length == 0 else F(position) / F(attack_length) * (ONE - turn)
            elif position <= attack_length + decay_length:
                left = attack_length + decay_length - position
                y = F(left) / F(decay_length) * (ONE - sustain) + sustain
            else:
                y = sustain
        elif phase == RELEASED and position < release_length:
            y = F(release_length - position) / F(release_length) * turn
        else:
            y = ZERO
        bufs[row, out, i] = y
        last_input = x
        position += 1
    floats[row, at + LAST_INPUT], floats[row, at + LAST_OUTPUT], floats[row, at + TURN] = last_input, y, turn
    ints[row, int_at + POSITION], ints[row, int_at + PHASE] = position, phase
