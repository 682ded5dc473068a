"""Nodes that count bars: seq, patterns, choose, arrange."""

from __future__ import annotations

import numpy as np

from raveforce.glicol.native.jit import BLOCK, count, jitted
from raveforce.glicol.native.oscillators import white_noise

F = np.float32
ZERO = F(0)


@jitted
def pitch(midi):
    """Note number to frequency ratio (60 is 1); 0 is a rest."""
    if midi == ZERO:
        return ZERO
    return F(2.0 ** np.float64((midi - F(60)) / F(12)))


@jitted
def sequence(bufs, row, out, step, speed, bpm, rate, lists, at, events, params, inputs, order, has_speed):
    """A block of notes. Return the next step, -1 where the engine would break.

    lists[at:] holds for each event the parameters of its time and note; a note below 0 is reference -1 - note.
    lists[order:] holds the buffers of the inputs, of which the first may be a speed.
    """
    length = 240.0 / np.float64(bpm) * np.float64(rate) / np.float64(speed)
    bar = count(length)
    if bar == 0:
        return -1
    for i in range(BLOCK):
        bufs[row, out, i] = ZERO
    now = step % bar
    for event in range(events):
        when = count(np.float64(params[row, lists[at + 2 * event]]) * length)
        i = when - now if when >= now else when - now + bar
        note = lists[at + 2 * event + 1]
        while when < bar and i < BLOCK:
            if note >= 0:
                bufs[row, out, i] = pitch(params[row, note])
            else:
                index = -1 - note + has_speed
                if index >= inputs:
                    return -1
                bufs[row, out, i] = pitch(bufs[row, lists[order + index], i])
            i += bar
    return step + BLOCK


@jitted
def bar_of(bpm, rate, span):
    """Length of a cycle in seconds, and of a pattern in samples."""
    cycle = F(60) / bpm * F(4)
    return cycle, count(cycle * span * rate)


@jitted
def pattern(bufs, row, out, step, value, cycle, rate, bar, lists, at, events, params):
    """A value that changes at set times of a bar. Return the value at the block's end."""
    nearest = BLOCK
    for event in range(events):
        when = count(params[row, lists[at + 2 * event]] * cycle * rate)
        if when < bar:
            nearest = min(nearest, (when - step) % bar)
    for i in range(BLOCK):
        bufs[row, out, i] = value
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
