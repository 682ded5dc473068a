"""Recursive filters. Their sums keep Glicol's order: low cut-offs amplify every rounding."""

from __future__ import annotations

import math

import numpy as np

from raveforce.glicol.block import BLOCK
from raveforce.glicol.native.kernel import opcodes as op
from raveforce.glicol.native.kernel.blocks import fill
from raveforce.glicol.native.kernel.jit import LANES, column, jitted, prefer_wide_vectors
from raveforce.glicol.native.kernel.lanes import collect, deal, shift, spread, top, weigh

F = np.float32
ZERO, HALF, ONE, TWO = F(0), F(0.5), F(1), F(2)
TWO_PI = F(2) * F(math.pi)
INFINITE = F(math.inf)

RUN = BLOCK // LANES
"""Samples of a block that a lane filters."""
FORGOTTEN = 1e-4
"""What is left of a difference between quick and exact that is too small to matter even when it is enlarged."""
MOST_NOISE = 80.0
"""Gain of rounding noise up to which a filter may be computed quickly: 5e-5 of full scale at worst."""


@jitted
def biquad_coefficients(floats, row, at, cutoff, q, rate, highpass, quick):
    """Compute a resonant filter's coefficients, unless they stand, and whether it may be quick, where that is asked."""
    if floats[row, at + op.CUTOFF] == cutoff and floats[row, at + op.Q] == q and floats[row, at + op.TUNED] == ONE:
        return
    theta = TWO_PI * cutoff / rate
    damping = ONE / q
    sine = F(math.sin(np.float64(theta)))
    beta = HALF * (ONE - damping * sine / TWO) / (ONE + damping * sine / TWO)
    gamma = (HALF + beta) * F(math.cos(np.float64(theta)))
    if highpass:
        floats[row, at + op.A0] = (HALF + beta + gamma) / TWO
        floats[row, at + op.A1] = -HALF - beta - gamma
    else:
        floats[row, at + op.A0] = (HALF + beta - gamma) / TWO
        floats[row, at + op.A1] = HALF + beta - gamma
    floats[row, at + op.B1] = -TWO * gamma
    floats[row, at + op.B2] = TWO * beta
    floats[row, at + op.CUTOFF], floats[row, at + op.Q], floats[row, at + op.TUNED] = cutoff, q, ONE
    floats[row, at + op.SETTLING] = settling(floats, row, at) if quick != op.NEVER else ZERO
    floats[row, at + op.KNOWN] = ZERO


@jitted
def settling(floats, row, at):
    """In how many blocks a resonant filter forgets that it was quick; 0 if it may not be.

    Rounding noise passes through the filter's recursive part. Its gain, and the level that the filter makes
    of the lowest and highest tones and at its resonance, tell whether it may be computed in another order
    than the engine's unheard.
    """
    b1, b2, q = (
        np.float64(floats[row, at + op.B1]),
        np.float64(floats[row, at + op.B2]),
        np.float64(floats[row, at + op.Q]),
    )
    noise = (1 + b2) / ((1 - b2) * ((1 + b2) * (1 + b2) - b1 * b1))
    a0, a1 = np.float64(floats[row, at + op.A0]), np.float64(floats[row, at + op.A1])
    level = max(q, abs(a0 + a1) / (1 + b1 + b2), abs(a0 - a1) / (1 - b1 + b2), 1.0)
    if b2 < 1 and noise > 0 and noise * level * level < MOST_NOISE * MOST_NOISE:
        spread = b1 * b1 - 4 * b2
        radius = (abs(b1) + math.sqrt(spread)) / 2 if spread > 0 else math.sqrt(b2)
        return F(math.ceil(math.log(FORGOTTEN) / math.log(max(radius, 1e-3)) / BLOCK) + 1)
    return ZERO


@jitted
def pole_side(floats, row, at):
    """1 where the poles lie at the right, and outputs follow one another closely; -1 where they change their signs."""
    return ONE if floats[row, at + op.B1] < ZERO else -ONE


@jitted
def echoes(floats, row, at):
    """Compute what a quick filter's output leaves behind, and its rise from the one before, unless it stands.

    Where the filter amplifies every rounding the last two outputs are nearly alike; their difference is exact.
    """
    if floats[row, at + op.KNOWN] == ONE:
        return
    b1, b2 = np.float64(floats[row, at + op.B1]), np.float64(floats[row, at + op.B2])
    side = np.float64(pole_side(floats, row, at))
    by_output, by_rise = -b1 - side * b2, side * b2
    # From an output of 1, and from a rise of 1, to the output and the rise of a sample.
    a, b, c, d = 1.0, 0.0, 0.0, 1.0  # output to output, rise to output, output to rise, rise to rise
    for i in range(RUN):
        output, rise = by_output * a + by_rise * c, by_output * b + by_rise * d
        c, d = output - side * a, rise - side * b
        a, b = output, rise
        floats[row, at + op.LEFT_OUTPUT + i], floats[row, at + op.LEFT_RISE + i] = F(a), F(b)
    # And to those so many lanes further.
    for step in range(op.STEPS):
        k = at + op.FURTHER + 4 * step
        floats[row, k], floats[row, k + 1], floats[row, k + 2], floats[row, k + 3] = F(a), F(b), F(c), F(d)
        a, b, c, d = a * a + b * c, a * b + b * d, c * a + d * c, c * b + d * d
    floats[row, at + op.KNOWN] = ONE


@jitted
def further(floats, row, at, step, output, rise, output_before, rise_before):
    """Outputs and rises that hear of those of some lanes before, by the weights of a step."""
    k = at + op.FURTHER + 4 * step
    a, b = spread(floats[row, k]), spread(floats[row, k + 1])
    c, d = spread(floats[row, k + 2]), spread(floats[row, k + 3])
    output = weigh(b, rise_before, weigh(a, output_before, output))
    return output, weigh(d, rise_before, weigh(c, output_before, rise))


@jitted
def resonate_quickly(bufs, flat, row, out, source, floats, at, muted):
    """Resonant filter, every lane of a vector with eight samples of the block as if silence came before them.

    Then each gets what the lanes before it, and the block before, leave behind: first those next to one another tell
    each other, then those two, four and eight lanes apart. So the processor need not wait for one result by the next.
    Where it is muted, only what it remembers is computed.
    """
    prefer_wide_vectors()
    echoes(floats, row, at)
    a0, a1 = spread(floats[row, at + op.A0]), spread(floats[row, at + op.A1])
    b1, b2 = spread(-floats[row, at + op.B1]), spread(-floats[row, at + op.B2])
    opposite, silence = spread(-pole_side(floats, row, at)), spread(ZERO)
    x0, x1, x2, x3, x4, x5, x6, x7 = deal(bufs, (row, source, 0))
    u, v = shift(x6, 1, spread(floats[row, at + op.X2])), shift(x7, 1, spread(floats[row, at + op.X1]))
    y0 = weigh(a1, v, weigh(a0, u, silence))
    y1 = weigh(b1, y0, weigh(a1, x0, weigh(a0, v, silence)))
    y2 = weigh(b1, y1, weigh(b2, y0, weigh(a1, x1, weigh(a0, x0, silence))))
    y3 = weigh(b1, y2, weigh(b2, y1, weigh(a1, x2, weigh(a0, x1, silence))))
    y4 = weigh(b1, y3, weigh(b2, y2, weigh(a1, x3, weigh(a0, x2, silence))))
    y5 = weigh(b1, y4, weigh(b2, y3, weigh(a1, x4, weigh(a0, x3, silence))))
    y6 = weigh(b1, y5, weigh(b2, y4, weigh(a1, x5, weigh(a0, x4, silence))))
    y7 = weigh(b1, y6, weigh(b2, y5, weigh(a1, x6, weigh(a0, x5, silence))))
    o, r = y7, weigh(y6, opposite, y7)
    last = spread(floats[row, at + op.Y1])
    rise = weigh(spread(floats[row, at + op.Y2]), opposite, last)
    # What the lane before the first, if there were one, would hold; and nothing before it.
    last, rise = shift(last, 15, silence), shift(rise, 15, silence)
    o, r = further(floats, row, at, 0, o, r, shift(o, 1, last), shift(r, 1, rise))
    o, r = further(floats, row, at, 1, o, r, shift(o, 2, last), shift(r, 2, rise))
    o, r = further(floats, row, at, 2, o, r, shift(o, 4, last), shift(r, 4, rise))
    o, r = further(floats, row, at, 3, o, r, shift(o, 8, last), shift(r, 8, rise))
    o, r = shift(o, 1, last), shift(r, 1, rise)
    y6, y7 = leave(floats, row, at, 6, o, r, y6), leave(floats, row, at, 7, o, r, y7)
    floats[row, at + op.X1], floats[row, at + op.X2] = bufs[row, source, BLOCK - 1], bufs[row, source, BLOCK - 2]
    floats[row, at + op.Y1], floats[row, at + op.Y2] = top(y7), top(y6)
    if muted and abs(top(y7)) < INFINITE and abs(top(y6)) < INFINITE:  # what is not finite is heard through silence
        fill(bufs, flat, row, out, ZERO)
        return
    y0, y1 = leave(floats, row, at, 0, o, r, y0), leave(floats, row, at, 1, o, r, y1)
    y2, y3 = leave(floats, row, at, 2, o, r, y2), leave(floats, row, at, 3, o, r, y3)
    y4, y5 = leave(floats, row, at, 4, o, r, y4), leave(floats, row, at, 5, o, r, y5)
    collect(bufs, (row, out, 0), (y0, y1, y2, y3, y4, y5, y6, y7))
    flat[row, out] = 0


@jitted
def leave(floats, row, at, i, output, rise, own):
    """A lane's sample, with what the output before the lane and its rise leave in it."""
    left_output, left_rise = spread(floats[row, at + op.LEFT_OUTPUT + i]), spread(floats[row, at + op.LEFT_RISE + i])
    return weigh(left_rise, rise, weigh(left_output, output, own))


@jitted
def resonate(bufs, row, out, source, floats, at):
    """Resonant filter; it hears its input a sample late, as in Glicol."""
    a0, a1, b1, b2 = floats[row, at + op.A0], floats[row, at + op.A1], floats[row, at + op.B1], floats[row, at + op.B2]
    x1, x2, y1, y2 = floats[row, at + op.X1], floats[row, at + op.X2], floats[row, at + op.Y1], floats[row, at + op.Y2]
    for i in range(BLOCK):
        y = a1 * x1 + a0 * x2 - b1 * y1 - b2 * y2
        x2, x1, y2, y1 = x1, bufs[row, source, i], y1, y
        bufs[row, out, i] = y
    floats[row, at + op.X1], floats[row, at + op.X2], floats[row, at + op.Y1], floats[row, at + op.Y2] = x1, x2, y1, y2


@jitted
def feedforward(bufs, row, out, source, floats, at):
    """The part of a resonant filter that looks at its input."""
    prefer_wide_vectors()
    a0, a1 = floats[row, at + op.A0], floats[row, at + op.A1]
    x1, x2 = floats[row, at + op.X1], floats[row, at + op.X2]
    bufs[row, out, 0] = a1 * x1 + a0 * x2
    bufs[row, out, 1] = a1 * bufs[row, source, 0] + a0 * x1
    # Two samples too many, which fall into the padding, so that no vector is left half empty.
    for i in range(BLOCK):
        bufs[row, out, i + 2] = a1 * bufs[row, source, i + 1] + a0 * bufs[row, source, i]
    floats[row, at + op.X1] = bufs[row, source, BLOCK - 1]
    floats[row, at + op.X2] = bufs[row, source, BLOCK - 2]


@jitted
def resonate_four(bufs, r, s, t, u, out, source, floats, at):
    """``resonate`` for four rows in step: the processor works on three while the fourth waits for its sum."""
    for row in (r, s, t, u):
        feedforward(bufs, row, out, source, floats, at)
    rb1, sb1, tb1, ub1 = floats[r, at + op.B1], floats[s, at + op.B1], floats[t, at + op.B1], floats[u, at + op.B1]
    rb2, sb2, tb2, ub2 = floats[r, at + op.B2], floats[s, at + op.B2], floats[t, at + op.B2], floats[u, at + op.B2]
    r1, s1, t1, u1 = floats[r, at + op.Y1], floats[s, at + op.Y1], floats[t, at + op.Y1], floats[u, at + op.Y1]
    r2, s2, t2, u2 = floats[r, at + op.Y2], floats[s, at + op.Y2], floats[t, at + op.Y2], floats[u, at + op.Y2]
    for i in range(BLOCK):
        r0 = bufs[r, out, i] - rb1 * r1 - rb2 * r2
        s0 = bufs[s, out, i] - sb1 * s1 - sb2 * s2
        t0 = bufs[t, out, i] - tb1 * t1 - tb2 * t2
        u0 = bufs[u, out, i] - ub1 * u1 - ub2 * u2
        bufs[r, out, i], bufs[s, out, i], bufs[t, out, i], bufs[u, out, i] = r0, s0, t0, u0
        r2, s2, t2, u2 = r1, s1, t1, u1
        r1, s1, t1, u1 = r0, s0, t0, u0
    floats[r, at + op.Y1], floats[s, at + op.Y1], floats[t, at + op.Y1], floats[u, at + op.Y1] = r1, s1, t1, u1
    floats[r, at + op.Y2], floats[s, at + op.Y2], floats[t, at + op.Y2], floats[u, at + op.Y2] = r2, s2, t2, u2


@jitted
def exponential(x):
    """Float32 exponential."""
    return F(math.exp(np.float64(x)))


@jitted
def smooth(ops, state, k, row):
    """One-pole filter."""
    bufs, floats = state.bufs, state.floats
    out, source, at = column(ops, k, op.OUT), column(ops, k, op.IN0), column(ops, k, op.FLOAT)
    b = exponential(-TWO_PI * state.params[row, column(ops, k, op.P0)])
    a = ONE - b
    y = floats[row, at]
    for i in range(BLOCK):
        y = bufs[row, source, i] * a + b * y
        bufs[row, out, i] = y
    floats[row, at] = y


@jitted
def smooth_by_signal(ops, state, k, row):
    """One-pole filter whose pole is a signal: Glicol filters what the reference brings by what comes down the chain."""
    bufs, floats = state.bufs, state.floats
    out, source, poles = column(ops, k, op.OUT), column(ops, k, op.IN1), column(ops, k, op.IN0)
    at = column(ops, k, op.FLOAT)
    y = floats[row, at]
    for i in range(BLOCK):
        b = exponential(-TWO_PI * bufs[row, poles, i])
        y = bufs[row, source, i] * (ONE - b) + b * y
        bufs[row, out, i] = y
    floats[row, at] = y
