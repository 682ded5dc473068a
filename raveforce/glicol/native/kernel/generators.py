"""Instructions that make sound: oscillators, impulses, noise."""

from __future__ import annotations

import numpy as np

from raveforce.glicol.block import BLOCK
from raveforce.glicol.native.kernel import opcodes as op
from raveforce.glicol.native.kernel.blocks import are_other_numbers, blank, fill, is_muted
from raveforce.glicol.native.kernel.jit import column, jitted, to_uint32
from raveforce.glicol.native.kernel.oscillators import (
    even_sine,
    impulses,
    noise,
    phases_by_held_input,
    phases_by_input,
    ramp,
    shape_saw,
    shape_sine,
    shape_square,
    shape_triangle,
    slope_between,
)

F = np.float32
ZERO, ONE, TWO = F(0), F(1), F(2)
# Integers of an impulse train: samples since its birth, its period, for how many samples no impulse is due.
CLOCK, PERIOD, WAIT = range(3)
# And of a noise: whether its seed is set, its next seed.
SEEDED, SEED = range(2)


@jitted(inline="always")
def oscillate(ops, state, k, row):
    """An oscillator, free or following a signal: its phases (state: phase, frequency held), then their shape."""
    bufs, flat, floats, params = state.bufs, state.flat, state.floats, state.params
    out, source, at = column(ops, k, op.OUT), column(ops, k, op.IN0), column(ops, k, op.FLOAT)
    rate, code = params[row, column(ops, k, op.P1)], ops[k, op.CODE]
    if ops[k, op.IN0] < 0:
        step = params[row, column(ops, k, op.P0)] / rate
        scale, shift = (TWO, ONE) if code == op.SAW else (ONE, ZERO)
        floats[row, at] = ramp(bufs, row, out, floats[row, at], step, scale, shift)
    elif code == op.SIN:
        floats[row, at] = phases_by_input(bufs, flat, row, out, source, floats[row, at], rate)
    else:
        phase, held = phases_by_held_input(bufs, flat, row, out, source, floats[row, at], rate, floats[row, at + 1])
        floats[row, at], floats[row, at + 1] = phase, held
    flat[row, out] = 0
    if code == op.SIN:
        shape_sine(bufs, row, out)
    elif code == op.SAW:
        if ops[k, op.IN0] >= 0:  # else it is written as such
            shape_saw(bufs, row, out)
    elif code == op.SQU:
        shape_square(bufs, row, out)
    else:
        shape_triangle(bufs, row, out)


@jitted(inline="always")
def quick_sine(ops, state, k, row, end, slope):
    """A sine that is only heard; ``end`` is its next phase if that is known, and ``slope`` how it gets there."""
    bufs, floats, params = state.bufs, state.floats, state.params
    out, at = column(ops, k, op.OUT), column(ops, k, op.FLOAT)
    phase = floats[row, at]
    even = known = end >= ZERO
    if not known:
        step = params[row, column(ops, k, op.P0)] / params[row, column(ops, k, op.P1)]
        even = ZERO <= phase <= ONE and ZERO <= step <= ONE
        end = ramp(bufs, row, out, phase, step)
        slope = slope_between(phase, end, step)
    floats[row, at] = end
    if even and is_muted(ops, state, k, row):
        if not known:
            state.flat[row, out] = 0  # a ramp was written there
        fill(bufs, state.flat, row, out, ZERO)
        return
    if even:
        even_sine(bufs, row, out, phase, slope)
    else:
        shape_sine(bufs, row, out)
    state.flat[row, out] = 0


@jitted
def impulse_train(ops, state, k, row):
    """Impulses; False where their period is no sample."""
    bufs, flat, ints, params = state.bufs, state.flat, state.ints, state.params
    out, at = column(ops, k, op.OUT), column(ops, k, op.INT)
    period = to_uint32(params[row, column(ops, k, op.P1)] / params[row, column(ops, k, op.P0)])
    clock = ints[row, at + CLOCK]
    if period == 0:
        return op.TRAP
    if period == ints[row, at + PERIOD] and ints[row, at + WAIT] >= BLOCK:
        blank(bufs, flat, row, out)
    else:
        impulses(bufs, flat, row, out, clock, period)
        ints[row, at + PERIOD], ints[row, at + WAIT] = period, BLOCK + (-clock - BLOCK) % period
    ints[row, at + WAIT] -= BLOCK
    ints[row, at + CLOCK] = clock + BLOCK
    return op.FINE


@jitted
def low_half(x):
    """The lower 32 bits of a float made an unsigned 64-bit integer: towards 0, within range, 0 for NaN."""
    if x < 9223372036854775808.0:
        return to_uint32(x) if x < 4294967296.0 else int(x) & 0xFFFFFFFF
    return 0xFFFFFFFF if x >= 18446744073709551616.0 else 0  # a float32 as large has only zeros there


@jitted
def seeded_noise(ops, state, k, row):
    """Noise, which begins anew when its seed changes.

    The engine reads the first seed into 32 bits and a changed one into 64; of both the hash hears the lowest 31.
    """
    ints, floats = state.ints, state.floats
    out, int_at, at = column(ops, k, op.OUT), column(ops, k, op.INT), column(ops, k, op.FLOAT)
    seed = state.params[row, column(ops, k, op.P0)]
    if ints[row, int_at + SEEDED] == 0 or are_other_numbers(floats[row, at], seed):
        changed = ints[row, int_at + SEEDED] == 1
        ints[row, int_at + SEEDED], floats[row, at] = 1, seed
        ints[row, int_at + SEED] = low_half(seed) if changed else to_uint32(seed)
    ints[row, int_at + SEED] = noise(state.bufs, row, out, ints[row, int_at + SEED])
    state.flat[row, out] = 0
