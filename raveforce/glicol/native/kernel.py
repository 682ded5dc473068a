"""The interpreter: walks a program's instructions over blocks of 128 frames, for a few rows at a time.

Its instructions work on whole blocks, so that walking them costs next to nothing beside the arithmetic. A tile of
rows goes through an instruction together: recursive filters run four rows in step. Whatever the tile, a row's
arithmetic is the same, and so is its sound, to the last bit.
"""

from __future__ import annotations

import numpy as np

from raveforce.glicol.native import opcodes as op
from raveforce.glicol.native.blocks import blank, fill
from raveforce.glicol.native.delays import allpass, delay, modulated_allpass, modulated_delay
from raveforce.glicol.native.envelopes import adsr, percussive
from raveforce.glicol.native.filters import MILD, resonate, resonate_four, resonate_quickly, smooth, smooth_by_signal, swept, tune
from raveforce.glicol.native.jit import BLOCK, count, jitted
from raveforce.glicol.native.oscillators import (
    impulses,
    noise,
    phases_by_held_input,
    phases_by_input,
    ramp,
    shape_saw,
    shape_sine,
    shape_sine_quickly,
    shape_square,
    shape_triangle,
)
from raveforce.glicol.native.sequencers import arrangement, bar_of, choice, pattern, sequence, silence_ahead

F = np.float32
ZERO, ONE, THOUSAND = F(0), F(1), F(1000)
TILE = 4
# Offsets in the integer state of nodes that act when a number changes.
BORN, HEAD, LENGTH = range(3)
# And of a sequence, behind its step: the note that comes next, and for how many samples at least nothing does.
HINT, WAIT = 1, 2


@jitted(cache=True)
def play(ops, lists, params, ints, floats, rings, bufs, flat, rows, out, skip, blocks, final, failed):
    """Play blocks of the rows named.

    Parameters
    ----------
    ops : int64 [instructions, COLUMNS]
    lists : int64, what the instructions' lists hold
    params : float32 [rows, parameters]
    ints, floats, rings : int64, float32, float32 [rows, ...], the nodes' state
    bufs : float32 [rows, nodes, BLOCK + PAD], the nodes' last blocks
    flat : uint8 [rows, nodes], whether a block is known to hold one value
    rows : int64, the rows to play
    out : float32 [rows, samples], what is heard, written from ``skip`` on until it is full
    final : buffer that is heard
    failed : int64 [rows], set to 1 + the instruction at which the engine would have broken
    """
    for start in range(0, rows.shape[0], TILE):
        tile = rows[start : start + TILE]
        for block in range(blocks):
            for k in range(ops.shape[0]):
                code = ops[k, op.CODE]
                if op.LPF <= code <= op.HPF_SIGNAL:
                    resonate_tile(ops, k, code, params, floats, bufs, flat, tile)
                    continue
                for j in range(tile.shape[0]):
                    row = tile[j]
                    if not work(ops, k, code, lists, params, ints, floats, rings, bufs, flat, row):
                        failed[row] = failed[row] or k + 1
            at = skip + block * BLOCK
            length = min(BLOCK, out.shape[1] - at)
            for j in range(tile.shape[0]):
                row = tile[j]
                for i in range(np.uint64(length)):
                    out[row, np.uint64(at) + i] = bufs[row, final, i]


@jitted(inline="always")
def resonate_tile(ops, k, code, params, floats, bufs, flat, tile):
    """Resonant filters of a tile: four rows in step, or one after the other."""
    out, source, signal, at = ops[k, op.OUT], ops[k, op.IN0], ops[k, op.IN1], ops[k, op.FLOAT]
    highpass, quick = code >= op.HPF, 0
    for j in range(tile.shape[0]):
        row = tile[j]
        cutoff = bufs[row, signal, 0] if signal >= 0 else params[row, ops[k, op.P0]]
        tune(floats, row, at, cutoff, params[row, ops[k, op.P1]], params[row, ops[k, op.P2]], highpass)
        flat[row, out] = 0
        quick += 1 if ops[k, op.QUICK] and floats[row, at + MILD] else 0
    if quick == 0 and tile.shape[0] == TILE:
        resonate_four(bufs, tile[0], tile[1], tile[2], tile[3], out, source, floats, at)
        return
    for j in range(tile.shape[0]):
        if ops[k, op.QUICK] and floats[tile[j], at + MILD]:
            resonate_quickly(bufs, tile[j], out, source, floats, at)
        else:
            resonate(bufs, tile[j], out, source, floats, at)


@jitted(inline="always")
def work(ops, k, code, lists, params, ints, floats, rings, bufs, flat, row):
    """Do an instruction for a row; False where the engine would break."""
    out, a, b = ops[k, op.OUT], ops[k, op.IN0], ops[k, op.IN1]
    p0 = params[row, ops[k, op.P0]]
    p1 = params[row, ops[k, op.P1]]
    if code == op.MUL_SIGNAL:
        for i in range(BLOCK):
            bufs[row, out, i] = bufs[row, a, i] * bufs[row, b, i]
        flat[row, out] = flat[row, a] & flat[row, b]
    elif code == op.MUL_NUMBER:
        if flat[row, a]:
            fill(bufs, flat, row, out, bufs[row, a, 0] * p0)
        else:
            for i in range(BLOCK):
                bufs[row, out, i] = bufs[row, a, i] * p0
            flat[row, out] = 0
    elif code == op.ADD_SIGNAL:
        for i in range(BLOCK):
            bufs[row, out, i] = bufs[row, a, i] + bufs[row, b, i]
        flat[row, out] = flat[row, a] & flat[row, b]
    elif code == op.ADD_NUMBER:
        if flat[row, a]:
            fill(bufs, flat, row, out, bufs[row, a, 0] + p0)
        else:
            for i in range(BLOCK):
                bufs[row, out, i] = bufs[row, a, i] + p0
            flat[row, out] = 0
    elif code == op.COPY:
        for i in range(BLOCK):
            bufs[row, out, i] = bufs[row, a, i]
        flat[row, out] = flat[row, a]
    elif code == op.SUM:
        add_up(ops, k, lists, bufs, row)
        flat[row, out] = 0
    elif op.SIN <= code <= op.TRI:
        oscillate(bufs, flat, row, out, a, code, ops[k, op.QUICK] != 0, floats, ops[k, op.FLOAT], p0, p1)
        flat[row, out] = 0
    elif code == op.ENVPERC:
        position, scale = ints[row, ops[k, op.INT]], floats[row, ops[k, op.FLOAT]]
        rate, quick = params[row, ops[k, op.P2]], ops[k, op.QUICK] != 0
        position, scale = percussive(bufs, flat, row, out, a, position, scale, p0, p1, rate, quick)
        ints[row, ops[k, op.INT]], floats[row, ops[k, op.FLOAT]] = position, scale
    elif code == op.CONSTANT:
        fill(bufs, flat, row, out, p0)
    elif code == op.SPEED:
        # Nobody else writes here: all but the first sample is 0 from the start.
        bufs[row, out, 0] = p0
        flat[row, out] = 0
    elif code >= op.SEQ:
        return count_bars(ops, k, code, lists, params, ints, floats, bufs, flat, row)
    elif code >= op.DELAYN:
        flat[row, out] = 0
        return remember(ops, k, code, params, ints, floats, rings, bufs, row)
    else:
        return work_on(ops, k, code, params, ints, floats, bufs, flat, row)
    return True


@jitted(inline="always")
def add_up(ops, k, lists, bufs, row):
    """Sum of the listed buffers."""
    out, at = ops[k, op.OUT], ops[k, op.LIST]
    for i in range(BLOCK):
        bufs[row, out, i] = bufs[row, lists[at], i]
    for j in range(1, ops[k, op.COUNT]):
        source = lists[at + j]
        for i in range(BLOCK):
            bufs[row, out, i] += bufs[row, source, i]


@jitted(inline="always")
def oscillate(bufs, flat, row, out, source, code, quick, floats, at, frequency, rate):
    """An oscillator: its phases (state: phase, frequency held), then their shape."""
    if source < 0:
        phase, step = floats[row, at], frequency / rate
        quick = quick and ZERO <= phase <= ONE and ZERO <= step <= ONE
        floats[row, at] = ramp(bufs, row, out, phase, step)
    elif code == op.SIN:
        floats[row, at] = phases_by_input(bufs, flat, row, out, source, floats[row, at], rate)
    else:
        phase, held = phases_by_held_input(
            bufs, flat, row, out, source, floats[row, at], rate, floats[row, at + 1]
        )
        floats[row, at], floats[row, at + 1] = phase, held
    if code == op.SIN and quick:
        shape_sine_quickly(bufs, row, out)
    elif code == op.SIN:
        shape_sine(bufs, row, out)
    elif code == op.SAW:
        shape_saw(bufs, row, out)
    elif code == op.SQU:
        shape_square(bufs, row, out)
    else:
        shape_triangle(bufs, row, out)


@jitted(inline="always")
def work_on(ops, k, code, params, ints, floats, bufs, flat, row):
    """Triggers, noise, envelopes and filters that are met less often."""
    out, a, b = ops[k, op.OUT], ops[k, op.IN0], ops[k, op.IN1]
    int_at, at = ops[k, op.INT], ops[k, op.FLOAT]
    p0, p1 = params[row, ops[k, op.P0]], params[row, ops[k, op.P1]]
    if code != op.IMP:
        flat[row, out] = 0
    if code == op.IMP:
        period = count(p1 / p0)
        if period == 0:
            return False
        clock = ints[row, int_at]
        if period == ints[row, int_at + 1] and ints[row, int_at + WAIT] >= BLOCK:
            blank(bufs, flat, row, out)
        else:
            impulses(bufs, flat, row, out, clock, period)
            ints[row, int_at + 1], ints[row, int_at + WAIT] = period, BLOCK + (-clock - BLOCK) % period
        ints[row, int_at + WAIT] -= BLOCK
        ints[row, int_at] = clock + BLOCK
    elif code == op.NOISE:
        if ints[row, int_at + BORN] == 0 or floats[row, at] != p0:
            ints[row, int_at + BORN], floats[row, at] = 1, p0
            ints[row, int_at + HEAD] = count(p0)
        ints[row, int_at + HEAD] = noise(bufs, row, out, ints[row, int_at + HEAD])
    elif code == op.ADSR:
        p2, p3, rate = params[row, ops[k, op.P2]], params[row, ops[k, op.P3]], params[row, ops[k, op.P4]]
        adsr(bufs, row, out, a, ints, int_at, floats, at, p0, p1, p2, p3, rate)
    elif code == op.ONEPOLE:
        smooth(bufs, row, out, a, floats, at, p0)
    else:
        smooth_by_signal(bufs, row, out, b, a, floats, at)
    return True


@jitted(inline="always")
def remember(ops, k, code, params, ints, floats, rings, bufs, row):
    """Delays and all-pass filters: their rings are laid anew when a number changes."""
    out, a, b = ops[k, op.OUT], ops[k, op.IN0], ops[k, op.IN1]
    int_at, at, ring = ops[k, op.INT], ops[k, op.FLOAT], ops[k, op.RING]
    p0, p1, rate = params[row, ops[k, op.P0]], params[row, ops[k, op.P1]], params[row, ops[k, op.P2]]
    born = ints[row, int_at + BORN] != 0
    if not born or (code != op.ALLPASS_SIGNAL and (floats[row, at] != p0 or floats[row, at + 1] != p1)):
        wanted = ring_length(code, p0, rate, born)
        floats[row, at], floats[row, at + 1] = p0, p1
        if not lay(ops, k, code, wanted, ints, rings, row, born):
            return False
    head, length = ints[row, int_at + HEAD], ints[row, int_at + LENGTH]
    if code == op.ALLPASS:
        head = allpass(bufs, row, out, a, rings, ring, head, length, p1)
    elif code == op.ALLPASS_SIGNAL:
        head = modulated_allpass(bufs, row, out, a, b, rings, ring, head, length, p1, rate)
    elif code == op.DELAYMS_SIGNAL:
        head = modulated_delay(bufs, row, out, a, b, rings, ring, head, length, rate)
    elif length == 0:
        for i in range(BLOCK):
            bufs[row, out, i] = bufs[row, a, i]
    else:
        head = delay(bufs, row, out, a, rings, ring, head, length)
    ints[row, int_at + HEAD] = max(head, 0)
    return head >= 0


@jitted
def ring_length(code, value, rate, born):
    """Samples in a node's ring for a number in its program, when it is made or (born) when the number changes."""
    if code == op.DELAYN:
        return count(value)
    if code == op.DELAYMS or code == op.DELAYMS_SIGNAL:
        return count(value / THOUSAND * rate)
    if not born and value == ZERO:
        return count(F(3) * rate)
    return count(value / THOUSAND * rate)


@jitted
def lay(ops, k, code, wanted, ints, rings, row, born):
    """Make a node's ring, or act on a changed number as the engine does; False where that breaks it."""
    int_at, ring = ops[k, op.INT], ops[k, op.RING]
    if code == op.ALLPASS or code == op.ALLPASS_SIGNAL:
        if born:
            # A changed number moves the ring's head; its length stays what it was at first.
            ints[row, int_at + HEAD] = wanted % ints[row, int_at + LENGTH]
            return True
        if wanted == 0:
            return False
        size = 2 * wanted
    else:
        size = wanted
    if size > ops[k, op.CAPACITY] or (born and wanted == 0 and code == op.DELAYN):
        return False
    for i in range(np.uint64(ring), np.uint64(ring + size)):
        rings[row, i] = ZERO
    # A delayms that is set to 0 loses its ring: it passes sound on, and any other number breaks it.
    if ints[row, int_at + BORN] < 0 and wanted > 0:
        return False
    ints[row, int_at + BORN] = -1 if born and wanted == 0 else 1
    ints[row, int_at + HEAD] = 0
    ints[row, int_at + LENGTH] = wanted
    return True


@jitted(inline="always")
def count_bars(ops, k, code, lists, params, ints, floats, bufs, flat, row):
    """Nodes that follow the beat."""
    out, a, int_at, at = ops[k, op.OUT], ops[k, op.IN0], ops[k, op.INT], ops[k, op.FLOAT]
    bpm, rate = params[row, ops[k, op.P0]], params[row, ops[k, op.P1]]
    listed, size, order, inputs = ops[k, op.LIST], ops[k, op.COUNT], ops[k, op.ORDER], ops[k, op.INPUTS]
    step = ints[row, int_at]
    if code == op.SEQ:
        has_speed = 0
        if inputs > 0 and bufs[row, lists[order], 0] > ZERO and bufs[row, lists[order], 1] == ZERO:
            has_speed = 1
            floats[row, at] = bufs[row, lists[order], 0]
        if has_speed == 0 or floats[row, at] == floats[row, at + 1]:
            wait = ints[row, int_at + WAIT]
            if wait >= BLOCK:
                blank(bufs, flat, row, out)
                ints[row, int_at + WAIT] = wait - BLOCK
                ints[row, int_at] = step + BLOCK
                return True
        floats[row, at + 1] = floats[row, at]
        length = 240.0 / np.float64(bpm) * np.float64(rate) / np.float64(floats[row, at])
        hint = ints[row, int_at + HINT]
        hint = sequence(
            bufs, flat, row, out, step, length, lists, listed, size, params, inputs, order, has_speed, hint
        )
        if hint < 0:
            return False
        ints[row, int_at + HINT] = hint
        step += BLOCK
        ints[row, int_at + WAIT] = silence_ahead(step, length, lists, listed, size, params, row, hint)
    elif code == op.CHOOSE:
        fill(bufs, flat, row, out, params[row, lists[listed + choice(step, size)]])
        step += 1
    elif code == op.ARRANGE:
        step = arrangement(bufs, row, out, step, bpm, rate, lists, listed, size, params, order)
        flat[row, out] = 0
    else:
        cycle, bar = bar_of(bpm, rate, params[row, ops[k, op.P2]])
        if bar == 0:
            return False
        value = floats[row, at]
        if code == op.PATTERN:
            value = pattern(bufs, flat, row, out, step, value, cycle, rate, bar, lists, listed, size, params)
        else:
            q = params[row, ops[k, op.P3]]
            value = swept(bufs, row, out, a, floats, at, step, value, cycle, rate, bar, lists, listed, size, params, q)
            flat[row, out] = 0
        floats[row, at] = value
        step += BLOCK
    ints[row, int_at] = step
    return True


@jitted(cache=True)
def ring_sizes(ops, params, sizes):
    """Write the samples that each instruction's ring takes at most, for the rows' present parameters."""
    for k in range(ops.shape[0]):
        code = ops[k, op.CODE]
        if op.DELAYN <= code <= op.ALLPASS_SIGNAL:
            for row in range(params.shape[0]):
                length = ring_length(code, params[row, ops[k, op.P0]], params[row, ops[k, op.P2]], False)
                rings = 2 if code >= op.ALLPASS else 1
                sizes[k] = max(sizes[k], rings * length)
