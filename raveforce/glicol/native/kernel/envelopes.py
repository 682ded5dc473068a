"""Envelopes: straight lines in samples, started by a trigger."""

from __future__ import annotations

import numpy as np

from raveforce.glicol.block import BLOCK
from raveforce.glicol.native.kernel.blocks import fill
from raveforce.glicol.native.kernel.jit import count, jitted

F = np.float32
ZERO, ONE = F(0), F(1)


@jitted
def percussive(bufs, flat, row, out, source, position, scale, attack, decay, rate, quick):
    """Percussive envelope: up and down again after every positive sample; return position and scale."""
    attack_length = count(attack * rate)
    decay_length = count(decay * rate)
    triggers = 0
    if not (flat[row, source] and bufs[row, source, 0] <= ZERO):
        for i in range(BLOCK):
            triggers += 1 if bufs[row, source, i] > ZERO else 0
    start = 0
    if triggers > 0:
        for i in range(BLOCK):
            if bufs[row, source, i] > ZERO:
                line(bufs, row, out, start, i, position, scale, attack_length, decay_length, quick)
                start = i
                position = 0
                scale = bufs[row, source, i]
    elif position > attack_length + decay_length:
        fill(bufs, flat, row, out, ZERO * scale)
        return position + BLOCK, scale
    line(bufs, row, out, start, BLOCK, position, scale, attack_length, decay_length, quick)
    flat[row, out] = 0
    return position + BLOCK - start, scale


@jitted
def line(bufs, row, out, start, stop, position, scale, attack, decay, quick):
    """Samples start to stop of an envelope that stands at a position; lengths in samples.

    ``quick`` multiplies by a slope instead of dividing every sample, which may change its last digit.
    """
    # How many samples of the attack (its end included), then of the decay, are still to come.
    rising = min(max(attack + 1 - position, 0), stop - start)
    falling = min(max(attack + decay + 1 - position, 0), stop - start)
    begin, peak, floor, end = (
        np.uint64(start),
        np.uint64(start + rising),
        np.uint64(start + falling),
        np.uint64(stop),
    )
    past, left = position - start, attack + decay - position + start
    if attack == 0:
        for i in range(begin, peak):
            bufs[row, out, i] = ZERO * scale
    elif quick:
        slope = scale / F(attack)
        for i in range(begin, peak):
            bufs[row, out, i] = F(np.int32(past + np.int64(i))) * slope
    else:
        for i in range(begin, peak):
            bufs[row, out, i] = F(np.int32(past + np.int64(i))) / F(attack) * scale
    if quick:
        slope = scale / F(decay)
        for i in range(peak, floor):
            bufs[row, out, i] = F(np.int32(left - np.int64(i))) * slope
    else:
        for i in range(peak, floor):
            bufs[row, out, i] = F(np.int32(left - np.int64(i))) / F(decay) * scale
    for i in range(floor, end):
        bufs[row, out, i] = ZERO * scale


# State of an adsr envelope: last input, last output, output at the last change.
LAST_INPUT, LAST_OUTPUT, TURN = range(3)
# And its integers: samples since the change, phase.
POSITION, PHASE = range(2)
IDLE, HELD, RELEASED = range(3)


@jitted
def adsr(bufs, row, out, source, ints, int_at, floats, at, attack, decay, sustain, release, rate):
    """Attack, decay, sustain while the input is positive, release when it is back at 0."""
    attack_length, decay_length, release_length = (
        count(attack * rate),
        count(decay * rate),
        count(release * rate),
    )
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
