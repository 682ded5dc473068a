"""Which nodes may be computed quickly: those that are heard and nothing else.

What is only scaled, added up and heard stays within 5e-5 when its last digits are off; what sets a pitch or
goes through a recursive filter does not, for these pass a difference on enlarged.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from raveforce.glicol.native.kernel import opcodes as op

__all__ = ["relax"]

MOST_GAIN = {op.ENVPERC: 16.0, op.SIN: 3.0, op.LPF: 2.0, op.HPF: 2.0}
"""Largest peaks at the output that a node computed quickly may cause: the less exact, the smaller."""

BLANK_PEAK = 2.0
HIGHEST_NOTE = 96
"""What a gain and a note in a blank are taken to be at most: beyond, the difference grows with the sound."""

BOUNDED = {op.SIN, op.SAW, op.SQU, op.TRI, op.NOISE, op.IMP}


def relax(ops: NDArray[np.int64], lists: NDArray[np.int64], numbers: dict[int, float], final: int) -> None:
    """Mark sines of a fixed frequency, envelopes and filters as quick where that cannot be heard.

    Parameters
    ----------
    ops, lists : the instructions, changed in place
    numbers : parameters that never change
    final : the buffer that is heard
    """
    peaks = _peaks(ops, lists, numbers)
    gains = _gains(ops, lists, numbers, peaks, final)
    tracks = 0
    for row in ops:
        out = int(row[op.OUT])
        if gains.get(out, 0.0) * peaks.get(out, math.inf) <= MOST_GAIN.get(int(row[op.CODE]), 0.0):
            row[op.QUICK] = _quickness(row, numbers)
            if row[op.CODE] == op.SIN and row[op.QUICK]:
                row[op.TRACK], tracks = tracks, tracks + 1


def _quickness(row: NDArray[np.int64], numbers: dict[int, float]) -> int:
    code = row[op.CODE]
    if code == op.ENVPERC or (code == op.SIN and row[op.IN0] < 0):
        return op.ALWAYS
    if code in (op.LPF, op.HPF):
        return op.ALWAYS if row[op.P0] in numbers and row[op.P1] in numbers else op.EARLY
    return op.NEVER


def _inputs(row: NDArray[np.int64], lists: NDArray[np.int64]) -> list[int]:
    """Buffers that an instruction reads."""
    listed = lists[row[op.LIST] : row[op.LIST] + row[op.COUNT] * (row[op.CODE] == op.SUM)]
    ordered = lists[row[op.ORDER] : row[op.ORDER] + row[op.INPUTS]]
    return [int(each) for each in (row[op.IN0], row[op.IN1], *listed, *ordered) if each >= 0]


def _peaks(ops: NDArray[np.int64], lists: NDArray[np.int64], numbers: dict[int, float]) -> dict[int, float]:
    """What buffers hold at most, where it is known."""
    peaks: dict[int, float] = {}
    for row in ops:
        code, out = int(row[op.CODE]), int(row[op.OUT])
        inputs = [peaks.get(each, math.inf) for each in _inputs(row, lists)]
        number = abs(numbers.get(int(row[op.P0]), BLANK_PEAK))
        if code in BOUNDED:
            peaks[out] = 1.0
        elif code == op.SEQ:
            notes = lists[row[op.LIST] + 1 : row[op.LIST] + 2 * row[op.COUNT] : 2]
            peaks[out] = max([2 ** ((numbers.get(int(note), HIGHEST_NOTE) - 60) / 12) for note in notes], default=0.0)
        elif code == op.ENVPERC:
            peaks[out] = max(inputs[0], 1.0)
        elif op.LPF <= code <= op.HPF_SIGNAL:
            peaks[out] = inputs[0]  # a high q, which may add to it, rules quick arithmetic out by itself
        elif code == op.CONSTANT:
            peaks[out] = number
        elif code == op.COPY:
            peaks[out] = inputs[0]
        elif code in (op.MUL_NUMBER, op.MUL_SIGNAL):
            peaks[out] = inputs[0] * (number if code == op.MUL_NUMBER else inputs[1])
        elif code in (op.ADD_NUMBER, op.ADD_SIGNAL):
            peaks[out] = inputs[0] + (number if code == op.ADD_NUMBER else inputs[1])
    return peaks


def _gains(
    ops: NDArray[np.int64],
    lists: NDArray[np.int64],
    numbers: dict[int, float],
    peaks: dict[int, float],
    final: int,
) -> dict[int, float]:
    """Largest gain with which a difference in a buffer is heard; infinite where it is not merely scaled."""
    gains = {final: 1.0}
    for _ in range(len(ops) + 1):
        before = dict(gains)
        for row in ops[::-1]:
            code, inputs = int(row[op.CODE]), _inputs(row, lists)
            gain = gains.get(int(row[op.OUT]), 0.0)
            number = abs(numbers.get(int(row[op.P0]), BLANK_PEAK))
            for i, each in enumerate(inputs):
                if code in (op.COPY, op.SUM, op.ADD_NUMBER, op.ADD_SIGNAL):
                    passed = gain
                elif code == op.MUL_NUMBER:
                    passed = gain * number if gain else 0.0
                elif code == op.MUL_SIGNAL:
                    passed = gain * peaks.get(inputs[1 - i], math.inf) if gain else 0.0
                else:
                    passed = math.inf
                gains[each] = max(gains.get(each, 0.0), passed)
        if gains == before:
            return gains
    return dict.fromkeys(gains, math.inf)  # feedback that grows
