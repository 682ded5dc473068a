"""Pieces of chains that are compiled once, to be joined to many programs (``joining``).

What is joined plays the same samples, to the bit, as its text does.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from raveforce.glicol.native.frontend.parser import Chain, Node, Reference
from raveforce.glicol.native.kernel import opcodes as op
from raveforce.glicol.native.lowering.chains import lower_chains
from raveforce.glicol.native.lowering.graph import Builder, Context
from raveforce.glicol.native.lowering.precision import BLANK_PEAK, choose_precision

__all__ = ["BLANK", "BUFFER", "CONSTANT", "FLOAT", "INTEGER", "SOURCE", "TRACK", "Fragment", "compile_fragment"]

Ints = NDArray[np.int64]

INPUT = "~in"
"""The chain that a fragment refers to as what comes before it."""

# What a number of an instruction is counted in, and so what is added to it where fragments are joined.
NOTHING, BUFFER, SOURCE, INTEGER, FLOAT, BLANK, CONSTANT, TRACK = range(8)


@dataclass(frozen=True)
class Fragment:
    """Nodes of a chain, compiled by themselves.

    Attributes
    ----------
    ops : instructions; their buffers, parameters and states are counted from 0
    kinds : what every number in them is counted in
    constants, ints, floats : see ``Graph``
    blanks : how many blanks it has
    buffers : how many buffers it has, of which the first is the input's
    final : the buffer that it ends in
    tracks : how many phases are looked up ahead
    peak : what it holds at most, infinite where that is unknown
    gain : what a difference in its input is multiplied by until it is heard
    """

    ops: Ints
    kinds: Ints
    constants: NDArray[np.float32]
    ints: Ints
    floats: NDArray[np.float32]
    blanks: int
    buffers: int
    final: int
    tracks: int
    peak: float
    gain: float
    sizes: Ints = field(init=False)

    def __post_init__(self) -> None:
        # In the order of the kinds; a fragment's own source is where the one before it ended.
        sizes = 0, self.buffers, 0, len(self.ints), len(self.floats), self.blanks, len(self.constants), self.tracks
        object.__setattr__(self, "sizes", np.array(sizes, np.int64))


def compile_fragment(
    nodes: Sequence[Node],
    chains: Mapping[str, Chain],
    blanks: int,
    context: Context,
    *,
    peak: float | None = None,
    gain: float = 1.0,
) -> Fragment:
    """Compile nodes of a chain.

    Parameters
    ----------
    nodes : the nodes, with slots for their blanks
    chains : those that they refer to
    blanks : how many blanks they have. They are filled once, before the sound begins, with factors of
        ``BLANK_PEAK`` at most
    context : what nodes take for granted
    peak : what comes in holds at most, infinite where that is unknown; None where nothing comes in
    gain : what a difference in the last node's output is multiplied by until it is heard
    """
    builder = Builder(blanks)
    source = builder.buffer()
    first = () if peak is None else (Node("get", (Reference(INPUT),), 1, 1),)
    main = Chain("o", (*first, *nodes))
    final, _ = lower_chains(builder, {**chains, "o": main}, context, {INPUT: source})
    builder.number(0.0)
    ops = np.array(builder.ops, np.int64).reshape(-1, op.COLUMNS)
    if builder.lists:
        raise ValueError("a fragment has no nodes with lists")
    numbers = {blanks + place: value for value, place in builder.constants.items()}
    numbers |= dict.fromkeys(range(blanks), BLANK_PEAK)
    given = {} if peak is None or math.isinf(peak) else {source: peak}
    peaks, gains = choose_precision(ops, np.zeros(1, np.int64), numbers, final, gain=gain, given=given)
    kinds = _kinds(ops, blanks)
    # Constants are counted from 0 too, not from behind the blanks.
    ops[kinds == CONSTANT] -= blanks
    return Fragment(
        ops=ops,
        kinds=kinds,
        constants=np.array(list(builder.constants), np.float32),
        ints=np.array(builder.ints, np.int64),
        floats=np.array(builder.floats, np.float32),
        blanks=blanks,
        buffers=builder.buffers,
        final=final,
        tracks=int((ops[:, op.TRACK] >= 0).sum()),
        peak=peaks.get(final, math.inf),
        gain=gains.get(source, 0.0),
    )


def _kinds(ops: Ints, blanks: int) -> Ints:
    kinds = np.full(ops.shape, NOTHING, np.int64)
    buffers = [op.OUT, op.IN0, op.IN1, op.MUTE]
    kinds[:, buffers] = np.where(ops[:, buffers] < 0, NOTHING, np.where(ops[:, buffers] == 0, SOURCE, BUFFER))
    kinds[:, op.INT], kinds[:, op.FLOAT] = INTEGER, FLOAT
    parameters = slice(op.P0, op.P4 + 1)
    kinds[:, parameters] = np.where(ops[:, parameters] < blanks, BLANK, CONSTANT)
    kinds[:, op.TRACK] = np.where(ops[:, op.TRACK] < 0, NOTHING, TRACK)
    return kinds
