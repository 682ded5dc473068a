"""Oscillators, impulses and noise, one block of one row at a time.

Glicol keeps an oscillator's phase in float32 and adds the increment sample by sample, so its pitch carries that
rounding. A phase computed in any other way drifts audibly within seconds; here every phase is the same float32.
"""

from __future__ import annotations

import math

import numpy as np

from raveforce.glicol.native.jit import BLOCK, jitted

F = np.float32
ZERO, HALF, ONE, TWO = F(0), F(0.5), F(1), F(2)
PI = F(math.pi)

STEEP = F(1 / 48)
"""Increment from which phases are added one by one: a cycle is too short for runs to pay."""


@jitted
def next_power_of_two(x):
    """Power of two above a positive float32, read off its bits."""
    bits = np.float32(x).view(np.int32)
    return np.int32((bits & np.int32(0x7F800000)) + np.int32(0x00800000)).view(np.float32)


@jitted
def ramp(bufs, row, out, phase, step):
    """Write a block of float32 phases ``phase, phase + step, ...`` wrapped at 1, and return the next phase.

    Within one binade every addition rounds the step in the same way, so a run of equal steps up to the next power
    of two is exact as a product; only the crossings are added one by one. The sums are those of the plain loop.
    """
    i = 0
    if ZERO < step < STEEP:
        while i < BLOCK:
            sum1 = phase + step
            if ZERO < phase < ONE:
                top = next_power_of_two(phase)
                if sum1 <= top:
                    stride = sum1 - phase
                    run = 1
                    # A tie may round up and down in turn; two equal strides in a row show that it does not.
                    if stride > ZERO and (sum1 + step) - sum1 == stride:
                        run = min(int(np.float64(top - phase) / np.float64(stride)), BLOCK - i)
                    # Unsigned, because the compiler vectorises no loop that might count from the array's end.
                    for k in range(np.uint64(run)):
                        bufs[row, out, np.uint64(i) + k] = phase + F(np.int32(k)) * stride
                    phase = phase + F(np.int32(run)) * stride
                    i += run
                    continue
            bufs[row, out, i] = phase
            phase = sum1 - ONE if sum1 > ONE else sum1
            i += 1
        return phase
    for k in range(BLOCK):
        bufs[row, out, k] = phase
        phase = phase + step
        phase = phase - ONE if phase > ONE else phase
    return phase


@jitted
def uniform(bufs, row, source):
    """Whether a block holds one value throughout."""
    first = bufs[row, source, 0]
    same = 0
    for i in range(BLOCK):
        same += 1 if bufs[row, source, i] == first else 0
    return same == BLOCK


@jitted
def phases_by_input(bufs, row, out, source, phase, rate):
    """Phases of an oscillator whose frequency is a signal (a ``sin`` follows it as it is)."""
    if uniform(bufs, row, source):
        return ramp(bufs, row, out, phase, bufs[row, source, 0] / rate)
    for i in range(BLOCK):
        bufs[row, out, i] = bufs[row, source, i] / rate
    for i in range(BLOCK):
        step = bufs[row, out, i]
        bufs[row, out, i] = phase
        phase = phase + step
        phase = phase - ONE if phase > ONE else phase
    return phase


@jitted
def phases_by_held_input(bufs, row, out, source, phase, rate, held):
    """Phases of an oscillator that holds the last frequency other than 0 (``saw``, ``squ``, ``tri``)."""
    if uniform(bufs, row, source):
        if bufs[row, source, 0] != ZERO:
            held = bufs[row, source, 0]
        return ramp(bufs, row, out, phase, held / rate), held
    step = held / rate
    for i in range(BLOCK):
        frequency = bufs[row, source, i]
        if frequency != ZERO:
            held = frequency
            step = held / rate
        bufs[row, out, i] = phase
        phase = phase + step
        phase = phase - ONE if phase > ONE else phase
    return phase, held


@jitted
def shape_saw(bufs, row, out):
    """Phase to saw."""
    for i in range(BLOCK):
        bufs[row, out, i] = bufs[row, out, i] * TWO - ONE


@jitted
def shape_square(bufs, row, out):
    """Phase to square."""
    for i in range(BLOCK):
        bufs[row, out, i] = ONE if bufs[row, out, i] <= HALF else -ONE


@jitted
def shape_triangle(bufs, row, out):
    """Phase to triangle."""
    for i in range(BLOCK):
        bufs[row, out, i] = TWO * (abs(bufs[row, out, i] * TWO - ONE) - HALF)


@jitted(fastmath={"contract"})
def shape_sine(bufs, row, out):
    """Phase to sine, right to the last float32 digit almost everywhere.

    The argument is rounded to float32 as in Glicol; an odd polynomial, fitted on [-π/2, π/2] to 5e-14, is
    evaluated in float64.
    """
    for i in range(BLOCK):
        x = np.float64(bufs[row, out, i] * TWO * PI)
        turns = math.floor(x * 0.3183098861837907 + 0.5)
        x = x - turns * 3.141592653589793
        z = x * x
        p = 1.538731014393329e-10
        p = p * z - 2.502845365768419e-08
        p = p * z + 2.755690122547305e-06
        p = p * z - 1.9841266008143943e-04
        p = p * z + 8.333333316503091e-03
        p = p * z - 1.6666666666402047e-01
        y = x + x * z * p
        odd = turns - 2.0 * math.floor(0.5 * turns)
        bufs[row, out, i] = F(y - 2.0 * odd * y)


@jitted
def impulses(bufs, row, out, clock, period):
    """One at every multiple of the period, counted in samples; return the clock at the block's end."""
    for i in range(BLOCK):
        bufs[row, out, i] = ZERO
    i = (-clock) % period
    while i < BLOCK:
        bufs[row, out, i] = ONE
        i += period
    return clock + BLOCK


@jitted
def white_noise(seed):
    """A pseudo-random number in [-1, 1] that depends on the seed alone (an integer hash)."""
    x = (seed << 13) ^ seed
    hashed = (x * (x * x * 15731 + 789221) + 1376312589) & 0x7FFFFFFF
    return 1.0 - np.float64(np.int32(hashed)) / 1073741824.0


@jitted
def noise(bufs, row, out, seed):
    """Noise from successive seeds; return the next seed."""
    for i in range(BLOCK):
        bufs[row, out, i] = F(white_noise(seed + i))
    return seed + BLOCK
