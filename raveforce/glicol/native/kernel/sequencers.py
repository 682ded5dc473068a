"""Nodes that count bars: seq, patterns, choose, arrange."""

from __future__ import annotations

import numpy as np

from raveforce.glicol.block import BLOCK
from raveforce.glicol.native.kernel.blocks import blank, fill
from raveforce.glicol.native.kernel.jit import count, jitted
from raveforce.glicol.native.kernel.oscillators import white_noise

F = np.float32
ZERO = F(0)


@jitted
def pitch(midi):
    """Note number to frequency ratio (60 is 1); 0 is a rest."""
    if midi == ZERO:
        return ZERO
    return F(2.0 ** np.float64((midi - F(60)) / F(12)))


@jitted
def sequence(bufs, flat, row, out, step, length, lists, at, events, params, inputs, order, has_speed, hint):
    """A block of notes, in a bar of a length in samples.

    Return the note that comes next, -1 where the engine breaks. lists[at:] holds for each event the
    parameters of its time and note; a note below 0 is reference -1 - note. lists[order:] holds the buffers of
    the inputs, of which the first may be a speed. ``hint`` is the note that was to come next at the last
    block's end; times only grow within a bar, so that the search starts there.
    """
    bar = count(length)
    if bar == 0:
        return -1
    blank(bufs, flat, row, out)
    now = step % bar
    if hint > 0 and moment(params, row, lists, at, hint - 1, length) >= now:
        hint = 0
    done = 0  # samples of the block before the present bar
    while done < BLOCK:
        while hint < events:
            when = moment(params, row, lists, at, hint, length)
            if when >= now:
                if when - now + done >= BLOCK or when >= bar:
                    break
                note = lists[at + 2 * hint + 1]
                index = -1 - note + has_speed
                if note < 0 and index >= inputs:
                    return -1
                i = when - now + done
                midi = params[row, note] if note >= 0 else bufs[row, lists[order + index], i]
                bufs[row, out, i] = pitch(midi)
                flat[row, out] = 0
            hint += 1
        done += bar - now
        now = 0
        if done <= BLOCK:
            hint = 0
    return hint


@jitted
def silence_ahead(step, length, lists, at, events, params, row, hint):
    """Samples from a step on in which a sequence, at this speed, plays no note for sure."""
    bar = count(length)
    now = step % bar
    due = moment(params, row, lists, at, hint, length) if hint < events else bar
    return max(min(due, bar) - now, 0)


@jitted
def moment(params, row, lists, at, event, length):
    """Sample of the bar at which an event is due."""
    return count(np.float64(params[row, lists[at + 2 * event]]) * length)


@jitted
def bar_of(bpm, rate, span):
    """Length of a cycle in seconds, and of a pattern in samples."""
    cycle = F(60) / bpm * F(4)
    return cycle, count(cycle * span * rate)


@jitted
def pattern(bufs, flat, row, out, step, value, cycle, rate, bar, lists, at, events, params):
    """A value that changes at set times of a bar. Return the value at the block's end."""
    nearest = BLOCK
    for event in range(events):
        when = count(params[row, lists[at + 2 * event]] * cycle * rate)
        if when < bar:
            nearest = min(nearest, (when - step) % bar)
    fill(bufs, flat, row, out, value)
    if nearest < BLOCK:
        flat[row, out] = 0
    for i in range(nearest, BLOCK):
        for event in range(events):
            if (step + i) % bar == count(params[row, lists[at + 2 * event]] * cycle * rate):
                value = params[row, lists[at + 2 * event + 1]]
        bufs[row, out, i] = value
    return value


@jitted
def choice(seed, options):
    """Index of the option that a seed picks."""
    index = count((white_noise(seed) * 0.5 + 0.5) * options)
    return 0 if index >= options else index


@jitted
def arrangement(bufs, row, out, step, bpm, rate, lists, at, sections, params, order):
    """Play one input after another, each for its bars. Return the next step."""
    bar = F(240) / bpm * rate
    for i in range(BLOCK):
        position = F(step) / bar
        bars = ZERO
        chosen = -1
        for section in range(sections):
            bars = bars + params[row, lists[at + section]]
            if position < bars:
                chosen = section
                break
        if chosen < 0:
            chosen = 0
            step = 0
        bufs[row, out, i] = bufs[row, lists[order + chosen], i]
        step += 1
    return step
