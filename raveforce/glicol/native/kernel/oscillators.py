"""Oscillators, impulses and noise, one block of one row at a time.

Glicol keeps an oscillator's phase in float32 and adds the increment sample by sample, so its pitch carries
that rounding. A phase computed in any other way drifts audibly within seconds; here every phase is the same
float32.
"""

from __future__ import annotations

import math

import numpy as np

from raveforce.glicol.block import BLOCK
from raveforce.glicol.native.kernel.blocks import blank
from raveforce.glicol.native.kernel.jit import LANES, jitted, line, prefer_wide_vectors

F = np.float32
ZERO, HALF, ONE, TWO, FOUR = F(0), F(0.5), F(1), F(2), F(4)
PI = F(math.pi)

# Coefficients of sine and cosine on [-π/4, π/4], relative to y and 1, in powers of y².
S1, S2, S3, S4 = (
    -0.166666666416265235595,
    0.0083333293858894631756,
    -0.000198393348360966317347,
    2.7183114939898219064e-6,
)
C0, C1, C2, C3 = (
    -0.499999997251031003120,
    0.0416666233237390631894,
    -0.00138867637746099294692,
    2.43904487962774090654e-5,
)

# Coefficients of sin(2πr) / (r (1 - 4r²)) on [-1/2, 1/2] in powers of r²: minimax, 1e-7 from the sine.
Q0, Q1, Q2 = F(6.283182595388816), F(-16.20867027743016), F(16.76097450418928)
Q3, Q4 = F(-9.53079917469997), F(3.058325254529591)

STEEP = F(1 / 128)
"""Increment from which phases are added one by one: a cycle is too short for runs to pay."""
FAR = np.int32(F(2.0**16).view(np.int32))
"""Bits of the phase from which a sine is reduced with all digits of π."""
TURN = 2**32
"""A cycle in the integers of a quick sine."""
FAINT = F(2.0**-40)
"""Increment up to which they are, too, lest its inverse overflow."""
SHORT = 24
"""Additions at the start of a cycle that are too few between two powers of two for runs to pay."""


@jitted
def power_of_two(x):
    """Power of two at or below a positive float32, read off its bits."""
    return np.int32(np.float32(x).view(np.int32) & np.int32(0x7F800000)).view(np.float32)


@jitted(fastmath={"contract"})
def ramp(bufs, row, out, phase, step, scale=ONE, shift=ZERO):
    """Write a block of float32 phases ``phase, phase + step, ...`` wrapped at 1, and return the next phase.

    What is written of a phase is ``phase * scale - shift``; the scale is a power of two, and the product exact.

    Between two powers of two every addition but the first rounds the step in the same way (the first may
    round a tie up or down, after which the last digit is even), so a run of equal strides up to the next
    power is exact as a product; only the crossings are added one by one. The sums are those of the plain loop.
    """
    prefer_wide_vectors()
    i = 0
    if FAINT < step < STEEP and phase <= TWO:
        low = F(SHORT) * step
        inverse = ONE / step
        # What a stride may differ from the step by, over a block: a run that is too short is harmless.
        doubt = F(BLOCK) * inverse * F(2.0**-24)
        while i < BLOCK:
            if phase < low:
                run = min(SHORT, BLOCK - i)
                for k in range(np.uint64(run)):
                    bufs[row, out, np.uint64(i) + k] = phase * scale - shift
                    phase = phase + step
                i += run
                continue
            bufs[row, out, np.uint64(i)] = phase * scale - shift
            i += 1
            base = power_of_two(phase)
            phase = phase + step
            if phase > ONE:
                phase = phase - ONE
                continue
            stride = (base + step) - base
            left = BLOCK - i
            # To the end of the block, even if the run is shorter: as many vectors each time are guessed right by the
            # processor. The last may run over into what follows. Unsigned, because the compiler vectorises no loop
            # that might count from the array's end.
            for k in range(np.uint64((left + 15) & ~15)):
                bufs[row, out, np.uint64(i) + k] = (phase + F(np.int32(k)) * stride) * scale - shift
            fitting = (base + base - phase) * inverse - base * doubt - F(0.001)
            if fitting >= F(np.int32(left)):
                return phase + F(np.int32(left)) * stride
            run = max(int(fitting), 0)
            phase = phase + F(np.int32(run)) * stride
            i += run
            if i < BLOCK:
                i += 1
                phase = phase + step
                phase = phase - ONE if phase > ONE else phase
        return phase
    if ZERO <= step < HALF and phase <= ONE:
        # Cycle by cycle: within one only the addition is waited for.
        while i < BLOCK:
            next_phase = phase
            while i < BLOCK and next_phase <= ONE:
                phase = next_phase
                bufs[row, out, np.uint64(i)] = phase * scale - shift
                next_phase = phase + step
                i += 1
            phase = next_phase - ONE if next_phase > ONE else next_phase
        return phase
    for k in range(BLOCK):
        bufs[row, out, k] = phase * scale - shift
        phase = phase + step
        phase = phase - ONE if phase > ONE else phase
    return phase


@jitted
def phases_by_input(bufs, flat, row, out, source, phase, rate):
    """Phases of an oscillator whose frequency is a signal (a ``sin`` follows it as it is)."""
    if flat[row, source]:
        return ramp(bufs, row, out, phase, bufs[row, source, 0] / rate)
    for i in range(BLOCK):
        bufs[row, out, i] = bufs[row, source, i] / rate
    return accumulate(bufs, row, out, phase)


@jitted
def phases_by_held_input(bufs, flat, row, out, source, phase, rate, held):
    """Phases of an oscillator that holds the last frequency other than 0 (``saw``, ``squ``, ``tri``)."""
    if flat[row, source]:
        if bufs[row, source, 0] != ZERO:
            held = bufs[row, source, 0]
        return ramp(bufs, row, out, phase, held / rate), held
    rests = 0
    for i in range(BLOCK):
        bufs[row, out, i] = bufs[row, source, i] / rate
        rests += np.int32(1) if bufs[row, source, i] == ZERO else np.int32(0)
    if rests:
        for i in range(BLOCK):
            held = bufs[row, source, i] if bufs[row, source, i] != ZERO else held
            bufs[row, out, i] = held / rate
    else:
        held = bufs[row, source, BLOCK - 1]
    return accumulate(bufs, row, out, phase), held


@jitted
def accumulate(bufs, row, out, phase):
    """Replace a block of steps by phases, wrapped at 1, and return the next phase.

    Cycle by cycle: within one only the addition is waited for.
    """
    i = 0
    while i < BLOCK:
        step = bufs[row, out, np.uint64(i)]
        bufs[row, out, np.uint64(i)] = phase
        phase = phase + step
        i += 1
        while i < BLOCK and not phase > ONE:
            step = bufs[row, out, np.uint64(i)]
            bufs[row, out, np.uint64(i)] = phase
            phase = phase + step
            i += 1
        if phase > ONE:
            phase = phase - ONE
    return phase


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
    """Phase to sine.

    The argument is rounded to float32, then reduced and evaluated in float64 by the classic pair of short
    minimax polynomials for sine and cosine on [-π/4, π/4], which is how the engine's C library does it:
    hardly a sample differs in its last digit. Of far larger arguments too little would be left.
    """
    prefer_wide_vectors()
    # By their bits, which grow with the absolute value (a NaN's are the largest), and whose maximum is a vector's.
    largest = np.int32(0)
    for i in range(BLOCK):
        largest = max(largest, np.float32(bufs[row, out, i]).view(np.int32) & np.int32(0x7FFFFFFF))
    if largest >= FAR:
        for i in range(BLOCK):
            bufs[row, out, i] = F(math.sin(np.float64(bufs[row, out, i] * TWO * PI)))
        return
    for i in range(BLOCK):
        x = np.float64(bufs[row, out, i] * TWO * PI)
        quarter = np.floor(x * 0.6366197723675814 + 0.5)
        y = x - quarter * 1.5707963267948966
        z = y * y
        sine = y + y * z * ((S1 + z * S2) + z * z * (S3 + z * S4))
        cosine = 1.0 + z * C0 + z * z * C1 + z * z * z * (C2 + z * C3)
        half = np.floor(0.5 * quarter)
        value = cosine if quarter - 2.0 * half != 0.0 else sine
        negative = half - 2.0 * np.floor(0.5 * half)
        bufs[row, out, i] = F(value - 2.0 * negative * value)


@jitted
def slope_between(phase, end, step):
    """What an even phase grows by in a sample to get from one value to that at the next block, a 32-bit integer.

    ``step`` says how many turns it takes; phases lie in [0, 1].
    """
    rise = end - phase
    turns = np.floor(step * F(BLOCK) - rise + HALF)
    return line(np.int32(rise * F(TURN / BLOCK)), TURN // BLOCK, np.int32(turns))


@jitted(fastmath={"contract"})
def even_sine(bufs, row, out, phase, slope):
    """Sine whose phase goes evenly from a value in [0, 1], within 1e-5.

    For what is only heard, never followed by a pitch or a filter. Phases are 32-bit integers, which wrap by
    themselves, from half a turn before to half a turn after; a polynomial in float32 that is 0 at either end does
    the rest.
    """
    prefer_wide_vectors()
    start = np.int64(phase * F(TURN))
    for j in range(0, BLOCK, LANES):
        first = line(start, slope, j)
        for i in range(LANES):
            r = F(line(first, slope, i)) * F(1 / TURN)
            z = r * r
            p = Q4 * z + Q3
            p = p * z + Q2
            p = p * z + Q1
            p = p * z + Q0
            bufs[row, out, j + i] = r * (ONE - FOUR * z) * p


@jitted
def impulses(bufs, flat, row, out, clock, period):
    """One at every multiple of the period, counted in samples."""
    blank(bufs, flat, row, out)
    i = (-clock) % period
    while i < BLOCK:
        bufs[row, out, i] = ONE
        flat[row, out] = 0
        i += period


@jitted
def noise_hash(seed):
    """An integer hash of the seed's lowest 31 bits, of as many bits."""
    seed = line(seed, 1, 0)
    x = (seed << 13) ^ seed
    return line(1376312589, x, line(789221, 15731, line(0, x, x))) & 0x7FFFFFFF


@jitted
def white_noise(seed):
    """A pseudo-random number in [-1, 1] that depends on the seed alone."""
    return 1.0 - np.float64(noise_hash(seed)) / 1073741824.0


@jitted
def noise(bufs, row, out, seed):
    """White noise from successive seeds, rounded to float32; return the next seed."""
    prefer_wide_vectors()
    for i in range(BLOCK):
        # The difference of integers is exact, so that rounding it is rounding the number.
        bufs[row, out, i] = F(np.int32(1073741824 - noise_hash(seed + i))) * F(1 / 1073741824)
    return seed + BLOCK
