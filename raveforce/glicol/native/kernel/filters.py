"""Recursive filters. Their sums keep Glicol's order: low cut-offs amplify every rounding."""

from __future__ import annotations

import math

import numpy as np

from raveforce.glicol.block import BLOCK
from raveforce.glicol.native.kernel import opcodes as op
from raveforce.glicol.native.kernel.jit import LANES, column, jitted, prefer_wide_vectors
from raveforce.glicol.native.kernel.lanes import convolve, repeat, shifts, spread, take, weigh, write

F = np.float32
ZERO, HALF, ONE, TWO = F(0), F(0.5), F(1), F(2)
TWO_PI = F(2) * F(math.pi)

FORGOTTEN = 1e-4
"""NodeState of a difference between quick and exact that is too small to matter even when it is enlarged."""
MOST_NOISE = 80.0
"""Gain of rounding noise up to which a filter may be computed quickly: 5e-5 of full scale at worst."""


@jitted
def biquad_coefficients(floats, row, at, cutoff, q, rate, highpass):
    """Compute a resonant filter's coefficients, unless they stand."""
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
    floats[row, at + op.SETTLING], floats[row, at + op.RESPONDED] = settling(floats, row, at), ZERO


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
def respond(floats, row, at):
    """Compute what the filter makes, in a vector's length, of an impulse and of what it remembers, unless it stands."""
    if floats[row, at + op.RESPONDED] == ONE:
        return
    a0, a1 = np.float64(floats[row, at + op.A0]), np.float64(floats[row, at + op.A1])
    b1, b2 = np.float64(floats[row, at + op.B1]), np.float64(floats[row, at + op.B2])
    side = np.float64(pole_side(floats, row, at))
    before, recursive = 0.0, 1.0  # the response of the recursive part
    for i in range(LANES):
        floats[row, at + op.IMPULSE + i] = ZERO  # the last is at the impulse, which is heard a sample late
        floats[row, at + op.IMPULSE + LANES + i] = F(a1 * recursive + a0 * before)
        floats[row, at + op.LEFT_X2 + i] = F(a0 * recursive)
        left_y2 = -b2 * recursive
        before, recursive = recursive, -b1 * recursive - b2 * before
        floats[row, at + op.LEFT_Y1 + i] = F(recursive + side * left_y2)
        floats[row, at + op.LEFT_RISE + i] = F(-side * left_y2)
    floats[row, at + op.RESPONDED] = ONE


@jitted
def pole_side(floats, row, at):
    """1 where the poles lie at the right, and outputs follow one another closely; -1 where they change their signs."""
    return ONE if floats[row, at + op.B1] < ZERO else -ONE


@jitted
def resonate_quickly(bufs, row, out, source, floats, at):
    """Resonant filter, a vector of samples at a time.

    What the samples of a vector make of one another needs no result; what the last ones before them leave behind is
    added. So the processor waits for a result once in sixteen samples. The last two outputs are nearly alike where a
    filter amplifies every rounding: it is told the last one and their difference, which is exact. A sample that is
    no finite number spoils its vector.
    """
    prefer_wide_vectors()
    respond(floats, row, at)
    responses = shifts(floats, (row, at + op.IMPULSE + LANES - 1))
    left_x1, left_x2 = take(floats, (row, at + op.IMPULSE + LANES)), take(floats, (row, at + op.LEFT_X2))
    left_y1, left_rise = take(floats, (row, at + op.LEFT_Y1)), take(floats, (row, at + op.LEFT_RISE))
    opposite = spread(-pole_side(floats, row, at))
    x1, x2 = floats[row, at + op.X1], floats[row, at + op.X2]
    y1, y2 = spread(floats[row, at + op.Y1]), spread(floats[row, at + op.Y2])
    for i in range(0, BLOCK, LANES):
        own = weigh(left_x1, spread(x1), weigh(left_x2, spread(x2), spread(ZERO)))
        own = convolve(bufs, (row, source, i), responses, own)
        y = weigh(left_rise, weigh(y2, opposite, y1), weigh(left_y1, y1, own))
        write(bufs, (row, out, i), y)
        y1, y2 = repeat(y, 15), repeat(y, 14)
        x1, x2 = bufs[row, source, i + LANES - 1], bufs[row, source, i + LANES - 2]
    floats[row, at + op.X1], floats[row, at + op.X2] = x1, x2
    floats[row, at + op.Y1], floats[row, at + op.Y2] = bufs[row, out, BLOCK - 1], bufs[row, out, BLOCK - 2]


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
