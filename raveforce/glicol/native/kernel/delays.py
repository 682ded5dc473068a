"""Delay lines: rings of samples that a row keeps from block to block."""

from __future__ import annotations

import numpy as np

from raveforce.glicol.block import BLOCK
from raveforce.glicol.native.kernel.jit import jitted, to_uint32
from raveforce.glicol.native.kernel.oscillators import power_of_two

F = np.float32
ZERO, ONE, THOUSAND = F(0), F(1), F(1000)
NOWHERE = F(-1)
WORD = 0xFFFFFFFF
"""The engine's unsigned numbers have 32 bits."""


@jitted
def delay(bufs, row, out, source, rings, ring, head, length):
    """Put a block through a ring: what comes out went in ``length`` samples ago. Return the new head."""
    i = 0
    while i < BLOCK:
        run = min(length - head, BLOCK - i)
        # One way, then the other: so the compiler sees vectors.
        for k in range(np.uint64(run)):
            bufs[row, out, np.uint64(i) + k] = rings[row, np.uint64(ring + head) + k]
        for k in range(np.uint64(run)):
            rings[row, np.uint64(ring + head) + k] = bufs[row, source, np.uint64(i) + k]
        i += run
        head += run
        if head == length:
            head = 0
    return head


@jitted
def allpass(bufs, row, out, source, rings, ring, head, length, gain):
    """All-pass filter around a delay: one ring of inputs, then one of outputs. Return the new head."""
    i = 0
    while i < BLOCK:
        # No sample of a run is heard again before its end.
        run = min(length - head, BLOCK - i)
        at, inputs, outputs = np.uint64(i), np.uint64(ring + head), np.uint64(ring + length + head)
        for k in range(np.uint64(run)):
            x = bufs[row, source, at + k]
            bufs[row, out, at + k] = -gain * x + rings[row, inputs + k] + gain * rings[row, outputs + k]
        for k in range(np.uint64(run)):
            rings[row, inputs + k] = bufs[row, source, at + k]
        for k in range(np.uint64(run)):
            rings[row, outputs + k] = bufs[row, out, at + k]
        i += run
        head += run
        if head == length:
            head = 0
    return head


@jitted
def tap(milliseconds, rate, length):
    """Where in a ring of a length a modulated delay reads, in samples from its head (-1: the engine never knows).

    The engine adds the length in float32 until the sum is no longer negative. Between two powers of two all additions
    but the first round alike (see ``ramp``), so a run of them is one product; a length that changes nothing is
    added for ever.
    """
    position = -milliseconds / THOUSAND * rate
    step = F(length)
    while position < ZERO:
        after = position + step
        if after == position:
            return NOWHERE
        position = after
        if position < ZERO:
            stride = (position + step) - position
            if stride == ZERO:
                return NOWHERE
            # In float64, which holds it exactly, up to one before the rounding changes.
            left = -np.float64(position) - np.float64(power_of_two(-position))
            run = np.floor(left / np.float64(stride)) - 1.0
            if run > 0.0:
                position = F(np.float64(position) + run * np.float64(stride))
    return position


@jitted
def interpolate(rings, row, ring, head, length, position):
    """Read a ring between two samples, weighted as Glicol does."""
    whole = to_uint32(position)
    fraction = position - np.floor(position)
    first = ((head + whole) & WORD) % length
    second = ((head + ((whole + 1) & WORD)) & WORD) % length
    return rings[row, ring + first] * fraction + rings[row, ring + second] * (ONE - fraction)


@jitted
def modulated_delay(bufs, row, out, source, modulator, rings, ring, head, length, rate):
    """Delay by a signal in milliseconds. Return the new head, -1 if the engine would never return."""
    for i in range(BLOCK):
        position = tap(bufs[row, modulator, i], rate, length)
        if position < ZERO:
            return -1
        bufs[row, out, i] = interpolate(rings, row, ring, head, length, position)
        rings[row, ring + head] = bufs[row, source, i]
        head = head + 1 if head + 1 < length else 0
    return head


@jitted
def modulated_allpass(bufs, row, out, source, modulator, rings, ring, head, length, gain, rate):
    """All-pass filter whose delay is a signal in milliseconds. Return the new head, -1 as above."""
    for i in range(BLOCK):
        position = tap(bufs[row, modulator, i], rate, length)
        if position < ZERO:
            return -1
        x = bufs[row, source, i]
        delayed_x = interpolate(rings, row, ring, head, length, position)
        delayed_y = interpolate(rings, row, ring + length, head, length, position)
        y = -gain * x + delayed_x + gain * delayed_y
        rings[row, ring + head] = x
        rings[row, ring + length + head] = y
        bufs[row, out, i] = y
        head = head + 1 if head + 1 < length else 0
    return head
