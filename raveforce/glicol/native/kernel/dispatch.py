"""From an instruction to its arithmetic. A new instruction gets a line here."""

from __future__ import annotations

from raveforce.glicol.block import BLOCK
from raveforce.glicol.native.kernel import opcodes as op
from raveforce.glicol.native.kernel.blocks import fill
from raveforce.glicol.native.kernel.envelopes import adsr, percussive
from raveforce.glicol.native.kernel.filters import smooth, smooth_by_signal
from raveforce.glicol.native.kernel.generators import impulse_train, oscillate, seeded_noise
from raveforce.glicol.native.kernel.jit import column, index, jitted
from raveforce.glicol.native.kernel.ring_buffers import process_delay
from raveforce.glicol.native.kernel.samplers import process_sampler
from raveforce.glicol.native.kernel.sequencers import follow_beat


@jitted(inline="always")
def dispatch(code, state, k, row):
    """Do an instruction for a row; return how it ended."""
    ops, bufs, flat = code.ops, state.bufs, state.flat
    opcode, family = ops[k, op.CODE], ops[k, op.FAMILY]
    out, a, b = column(ops, k, op.OUT), column(ops, k, op.IN0), column(ops, k, op.IN1)
    if family == op.OSCILLATOR:
        oscillate(ops, state, k, row)
    elif family == op.BEAT:
        return follow_beat(code, state, k, row)
    elif family == op.RING_BUFFER:
        return process_delay(ops, state, k, row)
    elif family == op.RECORDED:
        return process_sampler(code, state, k, row)
    elif opcode == op.MUL_SIGNAL:
        if flat[row, a] & flat[row, b]:
            fill(bufs, flat, row, out, bufs[row, a, 0] * bufs[row, b, 0])
        else:
            for i in range(BLOCK):
                bufs[row, out, i] = bufs[row, a, i] * bufs[row, b, i]
            flat[row, out] = 0
    elif opcode == op.ADD_SIGNAL:
        for i in range(BLOCK):
            bufs[row, out, i] = bufs[row, a, i] + bufs[row, b, i]
        flat[row, out] = flat[row, a] & flat[row, b]
    elif opcode == op.MUL_NUMBER:
        factor = state.params[row, column(ops, k, op.P0)]
        if flat[row, a]:
            fill(bufs, flat, row, out, bufs[row, a, 0] * factor)
        else:
            for i in range(BLOCK):
                bufs[row, out, i] = bufs[row, a, i] * factor
            flat[row, out] = 0
    elif opcode == op.ADD_NUMBER:
        summand = state.params[row, column(ops, k, op.P0)]
        if flat[row, a]:
            fill(bufs, flat, row, out, bufs[row, a, 0] + summand)
        else:
            for i in range(BLOCK):
                bufs[row, out, i] = bufs[row, a, i] + summand
            flat[row, out] = 0
    elif opcode == op.COPY:
        if flat[row, a]:
            fill(bufs, flat, row, out, bufs[row, a, 0])
        else:
            for i in range(BLOCK):
                bufs[row, out, i] = bufs[row, a, i]
            flat[row, out] = 0
    elif opcode == op.SUM:
        sum_inputs(code, state, k, row)
    elif opcode == op.ENVPERC:
        percussive(ops, state, k, row)
    elif opcode == op.CONSTANT:
        fill(bufs, flat, row, out, state.params[row, column(ops, k, op.P0)])
    elif opcode == op.SPEED:
        # Nobody else writes here: all but the first sample is 0 from the start.
        bufs[row, out, 0] = state.params[row, column(ops, k, op.P0)]
        flat[row, out] = 0
    else:
        return dispatch_rare(ops, state, k, row)
    return op.FINE


@jitted(inline="always")
def dispatch_rare(ops, state, k, row):
    """Instructions that are met less often."""
    opcode = ops[k, op.CODE]
    if opcode == op.IMP:
        return impulse_train(ops, state, k, row)
    if opcode == op.NOISE:
        seeded_noise(ops, state, k, row)
    elif opcode == op.ADSR:
        adsr(ops, state, k, row)
        state.flat[row, column(ops, k, op.OUT)] = 0
    elif opcode == op.ONEPOLE:
        smooth(ops, state, k, row)
        state.flat[row, column(ops, k, op.OUT)] = 0
    elif opcode == op.ONEPOLE_SIGNAL:
        smooth_by_signal(ops, state, k, row)
        state.flat[row, column(ops, k, op.OUT)] = 0
    else:
        return op.TRAP  # no such instruction
    return op.FINE


@jitted(inline="always")
def sum_inputs(code, state, k, row):
    """Sum of the listed buffers."""
    bufs, out, at = state.bufs, column(code.ops, k, op.OUT), column(code.ops, k, op.LIST)
    first = index(code.lists[at])
    for i in range(BLOCK):
        bufs[row, out, i] = bufs[row, first, i]
    for j in range(1, code.ops[k, op.COUNT]):
        source = index(code.lists[at + j])
        for i in range(BLOCK):
            bufs[row, out, i] += bufs[row, source, i]
    state.flat[row, out] = 0
