"""Nodes that follow the beat: seq, choose, arrange, patterns."""

from __future__ import annotations

import numpy as np

from raveforce.glicol.block import BLOCK
from raveforce.glicol.native.kernel import opcodes as op
from raveforce.glicol.native.kernel.blocks import blank, fill
from raveforce.glicol.native.kernel.filters import biquad_coefficients
from raveforce.glicol.native.kernel.jit import column, index, jitted, to_uint32
from raveforce.glicol.native.kernel.oscillators import white_noise

F = np.float32
ZERO = F(0)
# A sequence's integers: its step, the note that comes next, and for how many samples none is due.
STEP, HINT, WAIT = range(3)
# And its numbers: its speed, and that of the block before.
SPEED, SPEED_BEFORE = range(2)


@jitted(inline="always")
def follow_beat(code, state, k, row):
    """Dispatch the instructions of this family; return how it ended."""
    opcode = code.ops[k, op.CODE]
    if opcode == op.SEQ:
        return sequence(code, state, k, row)
    if opcode == op.CHOOSE:
        choose(code, state, k, row)
        return op.FINE
    if opcode == op.ARRANGE:
        arrange(code, state, k, row)
        return op.FINE
    if opcode == op.PATTERN:
        return pattern(code, state, k, row)
    return swept_lowpass(code, state, k, row)


@jitted
def pitch(midi):
    """Note number to frequency ratio (60 is 1); 0 is a rest."""
    if midi == ZERO:
        return ZERO
    return F(2.0 ** np.float64((midi - F(60)) / F(12)))


@jitted
def sequence(code, state, k, row):
    """A block of notes.

    The list holds for each event the parameters of its time and its note; a note below 0 is reference -1 - note. Of
    the inputs, whose buffers are listed in ``ORDER``, the first may be a speed. ``HINT`` is the note that was to come
    next at the last block's end; times only grow within a bar, so that the search starts there.
    """
    ops, bufs, ints, floats = code.ops, state.bufs, state.ints, state.floats
    int_at, at = column(ops, k, op.INT), column(ops, k, op.FLOAT)
    step = ints[row, int_at + STEP]
    speed_from = index(code.lists[column(ops, k, op.ORDER)])
    has_speed = 0
    if ops[k, op.INPUTS] > 0 and bufs[row, speed_from, 0] > ZERO and bufs[row, speed_from, 1] == ZERO:
        has_speed = 1
        floats[row, at + SPEED] = bufs[row, speed_from, 0]
    if has_speed == 0 or floats[row, at + SPEED] == floats[row, at + SPEED_BEFORE]:
        wait = ints[row, int_at + WAIT]
        if wait >= BLOCK:
            blank(bufs, state.flat, row, column(ops, k, op.OUT))
            ints[row, int_at + WAIT] = wait - BLOCK
            ints[row, int_at + STEP] = step + BLOCK
            return op.FINE
    floats[row, at + SPEED_BEFORE] = floats[row, at + SPEED]
    bpm, rate = state.params[row, column(ops, k, op.P0)], state.params[row, column(ops, k, op.P1)]
    length = 240.0 / np.float64(bpm) * np.float64(rate) / np.float64(floats[row, at + SPEED])
    hint = notes(code, state, k, row, step, length, has_speed)
    if hint < 0:
        return op.TRAP
    ints[row, int_at + HINT] = hint
    ints[row, int_at + WAIT] = silence_ahead(code, state, k, row, step + BLOCK, length, hint)
    ints[row, int_at + STEP] = step + BLOCK
    return op.FINE


@jitted
def notes(code, state, k, row, step, length, has_speed):
    """Notes of a block, in a bar of a length in samples; return the one that comes next, -1 where the engine breaks."""
    ops, lists, bufs, out = code.ops, code.lists, state.bufs, column(code.ops, k, op.OUT)
    listed, events, order = column(ops, k, op.LIST), ops[k, op.COUNT], column(ops, k, op.ORDER)
    bar, hint = to_uint32(length), state.ints[row, column(ops, k, op.INT) + HINT]
    if bar == 0:
        return -1
    blank(bufs, state.flat, row, out)
    now = step % bar
    if hint > 0 and event_sample(code, state, k, row, hint - 1, length) >= now:
        hint = 0
    done = 0  # samples of the block before the present bar
    while done < BLOCK:
        while hint < events:
            when = event_sample(code, state, k, row, hint, length)
            if when >= now:
                if when - now + done >= BLOCK or when >= bar:
                    break
                note = lists[listed + 2 * hint + 1]
                source = -1 - note + has_speed
                if note < 0 and source >= ops[k, op.INPUTS]:
                    return -1
                i = when - now + done
                midi = state.params[row, note] if note >= 0 else bufs[row, lists[order + source], i]
                bufs[row, out, i] = pitch(midi)
                state.flat[row, out] = 0
            hint += 1
        done += bar - now
        now = 0
        if done <= BLOCK:
            hint = 0
    return hint


@jitted
def silence_ahead(code, state, k, row, step, length, hint):
    """Samples from a step on in which a sequence, at this speed, plays no note for sure."""
    bar = to_uint32(length)
    now = step % bar
    due = event_sample(code, state, k, row, hint, length) if hint < code.ops[k, op.COUNT] else bar
    return max(min(due, bar) - now, 0)


@jitted
def event_sample(code, state, k, row, event, length):
    """Sample of the bar at which an event is due."""
    return to_uint32(np.float64(state.params[row, code.lists[column(code.ops, k, op.LIST) + 2 * event]]) * length)


@jitted
def pattern_event_sample(code, state, k, row, event, cycle):
    """Sample of a pattern at which an event is due."""
    time = state.params[row, code.lists[column(code.ops, k, op.LIST) + 2 * event]]
    return to_uint32(time * cycle * state.params[row, column(code.ops, k, op.P1)])


@jitted
def value_of(code, state, k, row, event):
    """Value of a pattern's event."""
    return state.params[row, code.lists[column(code.ops, k, op.LIST) + 2 * event + 1]]


@jitted
def bar_of(ops, state, k, row):
    """Length of a cycle in seconds, and of a pattern in samples."""
    cycle = F(60) / state.params[row, column(ops, k, op.P0)] * F(4)
    return cycle, to_uint32(cycle * state.params[row, column(ops, k, op.P2)] * state.params[row, column(ops, k, op.P1)])


@jitted
def pattern(code, state, k, row):
    """A value that changes at set times of a bar."""
    ops, bufs, out, at = code.ops, state.bufs, column(code.ops, k, op.OUT), column(code.ops, k, op.FLOAT)
    step, value, events = state.ints[row, column(ops, k, op.INT)], state.floats[row, at], ops[k, op.COUNT]
    cycle, bar = bar_of(ops, state, k, row)
    if bar == 0:
        return op.TRAP
    nearest = BLOCK
    for event in range(events):
        when = pattern_event_sample(code, state, k, row, event, cycle)
        if when < bar:
            nearest = min(nearest, (when - step) % bar)
    fill(bufs, state.flat, row, out, value)
    if nearest < BLOCK:
        state.flat[row, out] = 0
    for i in range(nearest, BLOCK):
        for event in range(events):
            if (step + i) % bar == pattern_event_sample(code, state, k, row, event, cycle):
                value = value_of(code, state, k, row, event)
        bufs[row, out, i] = value
    state.floats[row, at] = value
    state.ints[row, column(ops, k, op.INT)] = step + BLOCK
    return op.FINE


@jitted
def swept_lowpass(code, state, k, row):
    """Low-pass filter whose cut-off, kept before its state, follows a pattern."""
    ops, bufs, floats, out = code.ops, state.bufs, state.floats, column(code.ops, k, op.OUT)
    source, at = column(ops, k, op.IN0), column(ops, k, op.FLOAT)
    step, cutoff, events = state.ints[row, column(ops, k, op.INT)], floats[row, at], ops[k, op.COUNT]
    cycle, bar = bar_of(ops, state, k, row)
    if bar == 0:
        return op.TRAP
    q, rate, filter_at = state.params[row, column(ops, k, op.P3)], state.params[row, column(ops, k, op.P1)], at + 1
    x1, x2 = floats[row, filter_at + op.X1], floats[row, filter_at + op.X2]
    y1, y2 = floats[row, filter_at + op.Y1], floats[row, filter_at + op.Y2]
    for i in range(BLOCK):
        for event in range(events):
            if (step + i) % bar == pattern_event_sample(code, state, k, row, event, cycle):
                cutoff = value_of(code, state, k, row, event)
        biquad_coefficients(floats, row, filter_at, cutoff, q, rate, False, op.NEVER)
        y = floats[row, filter_at + op.A1] * x1 + floats[row, filter_at + op.A0] * x2
        y = y - floats[row, filter_at + op.B1] * y1 - floats[row, filter_at + op.B2] * y2
        bufs[row, out, i] = y
        x2, x1, y2, y1 = x1, bufs[row, source, i], y1, y
    floats[row, filter_at + op.X1], floats[row, filter_at + op.X2] = x1, x2
    floats[row, filter_at + op.Y1], floats[row, filter_at + op.Y2] = y1, y2
    floats[row, at] = cutoff
    state.ints[row, column(ops, k, op.INT)] = step + BLOCK
    state.flat[row, out] = 0
    return op.FINE


@jitted
def choose(code, state, k, row):
    """A number of the list, another one for each block."""
    ops, at, options = code.ops, column(code.ops, k, op.INT), code.ops[k, op.COUNT]
    seed = state.ints[row, at]
    option = to_uint32((white_noise(seed) * 0.5 + 0.5) * options)
    option = 0 if option >= options else option
    value = state.params[row, code.lists[column(ops, k, op.LIST) + option]]
    fill(state.bufs, state.flat, row, column(ops, k, op.OUT), value)
    state.ints[row, at] = seed + 1


@jitted
def arrange(code, state, k, row):
    """Play one input after another, each for its bars."""
    ops, lists, bufs = code.ops, code.lists, state.bufs
    out, at = column(ops, k, op.OUT), column(ops, k, op.INT)
    listed, sections, order = column(ops, k, op.LIST), ops[k, op.COUNT], column(ops, k, op.ORDER)
    bar = F(240) / state.params[row, column(ops, k, op.P0)] * state.params[row, column(ops, k, op.P1)]
    step = state.ints[row, at]
    for i in range(BLOCK):
        position = F(step) / bar
        bars = ZERO
        chosen = -1
        for section in range(sections):
            bars = bars + state.params[row, lists[listed + section]]
            if position < bars:
                chosen = section
                break
        if chosen < 0:
            chosen = 0
            step = 0
        bufs[row, out, i] = bufs[row, lists[order + chosen], i]
        step += 1
    state.ints[row, at] = step
    state.flat[row, out] = 0
