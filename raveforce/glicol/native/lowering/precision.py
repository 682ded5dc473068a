"""Which nodes may be computed quickly: those that are heard and nothing else.

What is only scaled, added up and heard stays within 5e-5 when its last digits are off; what sets a pitch or
goes through a recursive filter does not, for these pass a difference on enlarged.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from raveforce.glicol.native.kernel import opcodes as op
from raveforce.glicol.nodes import ENVELOPE, INPUT, INSTRUCTIONS, NOTES, NUMBER, PRODUCT, TOTAL, UNIT

__all__ = ["choose_precision"]

Row: TypeAlias = list[int]
"""An instruction."""

BLANK_PEAK = 2.0
HIGHEST_NOTE, MOST_NOTE = 96, 6000
"""What a gain and a note in a blank are taken to be at most: beyond, the difference grows with the sound."""


def choose_precision(
    ops: NDArray[np.int64],
    lists: NDArray[np.int64],
    numbers: dict[int, float],
    final: int,
    *,
    gain: float = 1.0,
    given: Mapping[int, float] | None = None,
) -> tuple[dict[int, float], dict[int, float]]:
    """Mark sines of a fixed frequency, envelopes and filters as quick where that cannot be heard.

    Parameters
    ----------
    ops, lists : the instructions, changed in place
    numbers : parameters that never change
    final : the buffer that is heard
    gain : what a difference in it is multiplied by until it is heard
    given : what buffers hold at most that come from elsewhere

    Returns
    -------
    peaks : what buffers hold at most, where it is known
    gains : largest gain with which a difference in them is heard; infinite where it is not merely scaled
    """
    rows, listed = ops.tolist(), lists.tolist()
    inputs = [_inputs(row, listed) for row in rows]
    peaks = _peaks(rows, inputs, listed, numbers, given or {})
    gains = _gains(rows, inputs, numbers, peaks, final, gain)
    tracks = 0
    for k, row in enumerate(rows):
        if gains.get(row[op.OUT], 0.0) * peaks.get(row[op.OUT], math.inf) <= INSTRUCTIONS[row[op.CODE]].most_gain:
            ops[k, op.QUICK] = quick = _quickness(row, numbers)
            if row[op.CODE] == op.SIN and quick:
                ops[k, op.TRACK], tracks = tracks, tracks + 1
            if quick:
                ops[k, op.MUTE] = _mute(k, rows, inputs, final)
    return peaks, gains


def _mute(k: int, rows: list[Row], read: list[list[int]], final: int) -> int:
    """The buffer without which nobody hears an instruction: what its only listener multiplies it by; -1 if none is.

    It must be there before, and the listener behind.
    """
    out = rows[k][op.OUT]
    listeners = [j for j, inputs in enumerate(read) if out in inputs]
    if out == final or len(listeners) != 1 or listeners[0] < k or rows[listeners[0]][op.CODE] != op.MUL_SIGNAL:
        return -1
    (factor,) = [each for each in read[listeners[0]] if each != out] or [-1]
    writers = [j for j, row in enumerate(rows) if row[op.OUT] == factor]
    return factor if writers and max(writers) < k else -1


def _quickness(row: Row, numbers: dict[int, float]) -> int:
    code = row[op.CODE]
    if code == op.ENVPERC or (code == op.SIN and row[op.IN0] < 0):
        return op.ALWAYS
    if code in (op.LPF, op.HPF):
        return op.ALWAYS if row[op.P0] in numbers and row[op.P1] in numbers else op.EARLY
    return op.NEVER


def _inputs(row: Row, lists: list[int]) -> list[int]:
    """Buffers that an instruction reads."""
    found = [row[op.IN0], row[op.IN1]]
    if row[op.CODE] == op.SUM:
        found += lists[row[op.LIST] : row[op.LIST] + row[op.COUNT]]
    found += lists[row[op.ORDER] : row[op.ORDER] + row[op.INPUTS]]
    return [each for each in found if each >= 0]


def _peaks(
    rows: list[Row],
    read: list[list[int]],
    lists: list[int],
    numbers: dict[int, float],
    given: Mapping[int, float],
) -> dict[int, float]:
    """What buffers hold at most, where it is known; ``read`` are the inputs of every row."""
    peaks = dict(given)
    for row, buffers in zip(rows, read, strict=True):
        level = INSTRUCTIONS[row[op.CODE]].level
        inputs = [peaks.get(each, math.inf) for each in buffers]
        # A number, where the second factor or summand is no signal.
        other = inputs[1] if len(inputs) > 1 else abs(numbers.get(row[op.P0], BLANK_PEAK))
        if level == UNIT:
            peak = 1.0
        elif level == NOTES:
            notes = lists[row[op.LIST] + 1 : row[op.LIST] + 2 * row[op.COUNT] : 2]
            peak = max([_pitch(numbers.get(note, HIGHEST_NOTE)) for note in notes], default=0.0)
        elif level == ENVELOPE:
            peak = max(inputs[0], 1.0)
        elif level == INPUT:
            peak = inputs[0]  # a high q, which may add to it, rules quick arithmetic out by itself
        elif level == NUMBER:
            peak = other
        elif level == PRODUCT:
            peak = inputs[0] * other
        elif level == TOTAL:
            peak = inputs[0] + other
        else:
            continue
        peaks[row[op.OUT]] = peak
    return peaks


def _pitch(note: float) -> float:
    return math.inf if note > MOST_NOTE else 2 ** ((note - 60) / 12)


def _gains(
    rows: list[Row],
    read: list[list[int]],
    numbers: dict[int, float],
    peaks: dict[int, float],
    final: int,
    gain: float,
) -> dict[int, float]:
    """Largest gain with which a difference in a buffer is heard; infinite where it is not merely scaled."""
    gains = {final: gain}
    in_order = _in_order(rows, read)
    for _ in range(len(rows) + 1):
        before = dict(gains)
        for row, inputs in zip(reversed(rows), reversed(read), strict=True):
            heard = gains.get(row[op.OUT], 0.0)
            made = INSTRUCTIONS[row[op.CODE]]
            number = abs(numbers.get(row[op.P0], BLANK_PEAK))
            for i, each in enumerate(inputs):
                if not made.linear:
                    passed = math.inf
                elif made.level == PRODUCT:
                    factor = peaks.get(inputs[1 - i], math.inf) if len(inputs) > 1 else number
                    passed = heard * factor if heard else 0.0
                else:
                    passed = heard
                gains[each] = max(gains.get(each, 0.0), passed)
        if gains == before or in_order:
            return gains
    return dict.fromkeys(gains, math.inf)  # feedback that grows


def _in_order(rows: list[Row], read: list[list[int]]) -> bool:
    """Whether all is written once and read afterwards, so that to go back over the instructions once is enough."""
    to_come = {row[op.OUT] for row in rows}
    if len(to_come) < len(rows):
        return False
    for row, inputs in zip(rows, read, strict=True):
        if not to_come.isdisjoint(inputs):
            return False
        to_come.discard(row[op.OUT])
    return True
