"""Rows of one graph: their parameters and their state."""

from __future__ import annotations

import math
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from raveforce.glicol.block import BLOCK
from raveforce.glicol.native.bank import Bank
from raveforce.glicol.native.kernel import opcodes as op
from raveforce.glicol.native.kernel.jit import LANES, PAD
from raveforce.glicol.native.lowering.graph import Graph, NodeState, symbol_of

__all__ = ["Voices"]


class Voices:
    """State of every row for one graph.

    Parameters
    ----------
    graph : what is played
    rows : how many rows there are
    kernel : the compiled kernel
    bank : recordings; those that the graph names are there
    """

    def __init__(self, graph: Graph, rows: int, blanks: int, kernel: ModuleType, bank: Bank) -> None:
        self.graph = graph
        self._bank = bank
        self._kernel = kernel
        self._blanks = blanks
        self._ops = graph.ops.copy()
        self._rings = np.zeros((rows + 1, 0), np.float32)
        self._has_rings = bool((graph.ops[:, op.FAMILY] == op.RING_BUFFER).any())
        self._samplers = np.flatnonzero(graph.ops[:, op.FAMILY] == op.RECORDED)
        self._programs = np.array([[0, len(graph.ops), graph.final, rows]], np.int64)
        self._rows = np.arange(rows)
        self._sines = int((graph.ops[:, op.TRACK] >= 0).sum())
        self._params = np.empty((rows, blanks + len(graph.constants)), np.float32)
        self._params[:, blanks:] = graph.constants
        self._ints = np.empty((rows + 1, len(graph.ints)), np.int64)
        self._floats = np.empty((rows + 1, len(graph.floats)), np.float32)
        self._bufs = np.empty((rows + 1, graph.buffers, BLOCK + PAD), np.float32)
        self._flat = np.empty((rows + 1, graph.buffers), np.uint8)
        self.reset(slice(None))
        self.cue()

    def reset(self, rows: slice | NDArray[np.int64]) -> None:
        """Put rows back to silence. Rings are cleared when a node is born."""
        self._ints[rows] = self.graph.ints
        self._floats[rows] = self.graph.floats
        self._bufs[rows] = 0
        self._flat[rows] = 1

    def set(self, values: NDArray[np.float32]) -> None:
        """Fill the blanks, values [rows, blanks], and make room for the delays they ask for."""
        self._params[:, : self._blanks] = values
        if self._has_rings:
            sizes = np.zeros(len(self._ops), np.int64)
            self._kernel.ring_sizes(self._ops, self._programs, self._params, sizes)
            self._make_room(sizes)

    def cue(self) -> None:
        """Let samplers that begin from now on play the recordings that there are now."""
        for k in self._samplers:
            self._ops[k, op.CUE] = self._bank.cue(symbol_of(self.graph.nodes[k]))

    def most_blocks(self, rows: NDArray[np.int64], work: int) -> int:
        """Blocks that these rows may play in one call of so much work; makes room for as many playbacks of samplers."""
        each = self.graph.work
        if not len(self._samplers):
            return max(1, work // (len(rows) * each))
        sounding = self._of_samplers(rows, op.PLAYBACKS)
        room = np.zeros(len(self._ops), np.int64)
        # A playback for every sample of a few blocks fits, and as many again as sound now.
        room[self._samplers] = 2 * (2 * sounding.max(axis=0) + BLOCK * FEWEST_BLOCKS)
        self._make_room(room)
        free = (self._ops[self._samplers, op.CAPACITY] // 2 - sounding.max(axis=0)) // BLOCK
        # With a playback begun at every sample the work grows with the square of the blocks.
        steady = len(rows) * each + BLOCK * int(sounding.sum())
        growing = len(rows) * len(self._samplers) * BLOCK * BLOCK // 2
        blocks = (math.sqrt(steady**2 + 4 * growing * work) - steady) / (2 * growing)
        return max(1, min(int(blocks), int(free.min())))

    def sampler_work(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Samples that the rows' samplers have computed since they began, [rows]."""
        return self._of_samplers(rows, op.COMPUTED).sum(axis=1)

    @property
    def has_samplers(self) -> bool:
        """Whether recordings are played: how much work that is depends on what comes in."""
        return len(self._samplers) > 0

    def first_sampler(self) -> int:
        """Instruction of a sampler, for errors."""
        return int(self._samplers[0])

    def _of_samplers(self, rows: NDArray[np.int64], which: int) -> NDArray[np.int64]:
        """An integer of every sampler's state, [rows, samplers]."""
        return self._ints[np.ix_(rows, self._ops[self._samplers, op.INT] + which)]

    def play(
        self,
        out: NDArray[np.float32],
        skip: int,
        blocks: int,
        later: int,
        failed: NDArray[np.int64],
        rows: NDArray[np.int64],
    ) -> int:
        """Play blocks of rows into ``out`` from a sample on, ``later`` more to follow; ``failed`` gets what broke."""
        code = self._ops, self.graph.lists, self._bank.samples, self._bank.cues
        state = self._params, self._ints, self._floats, self._rings, self._bufs, self._flat, failed
        scratch = np.empty((self._sines, 2, blocks, LANES), np.float32), np.empty(6 * LANES, np.float32)
        which = self._programs, rows.copy(), self._rows
        return self._kernel.play(*code, *state, *scratch, *which, out, skip, blocks, later, False)

    def last_block(self, rows: slice | NDArray[np.int64]) -> NDArray[np.float32]:
        """Block that rows played last, [rows, BLOCK]."""
        return self._bufs[:-1][rows, self.graph.final, :BLOCK]

    def take_over(self, row: int, other: Voices, pairs: list[tuple[NodeState, NodeState]]) -> None:
        """Start a row from another graph's state: ``pairs`` are nodes there and here that live on."""
        self.reset(np.array([row]))
        for theirs, ours in pairs:
            self._ints[row, slice(*ours.ints)] = other._ints[row, slice(*theirs.ints)]
            self._floats[row, slice(*ours.floats)] = other._floats[row, slice(*theirs.floats)]
            self._bufs[row, list(ours.bufs)] = other._bufs[row, list(theirs.bufs)]
            self._flat[row, list(ours.bufs)] = other._flat[row, list(theirs.bufs)]
            if self._has_rings or self.has_samplers:
                self._take_rings(row, other, theirs.ops, ours.ops)
            self._change_recordings(row, other, theirs.ops, ours.ops)

    def _take_rings(self, row: int, other: Voices, theirs: tuple[int, int], ours: tuple[int, int]) -> None:
        sizes = self._ops[:, op.CAPACITY].copy()
        sizes[slice(*ours)] = np.maximum(sizes[slice(*ours)], other._ops[slice(*theirs), op.CAPACITY])
        self._make_room(sizes)
        for source, target in zip(range(*theirs), range(*ours), strict=True):
            size = other._ops[source, op.CAPACITY]
            start, at = other._ops[source, op.RING], self._ops[target, op.RING]
            self._rings[row, at : at + size] = other._rings[row, start : start + size]

    def _change_recordings(self, row: int, other: Voices, theirs: tuple[int, int], ours: tuple[int, int]) -> None:
        """A sampler that got another sample plays on with that one, whatever it had begun."""
        for source, target in zip(range(*theirs), range(*ours), strict=True):
            if self._ops[target, op.FAMILY] == op.RECORDED:
                before, now = other.graph.nodes[source], self.graph.nodes[target]
                if symbol_of(before) != symbol_of(now):
                    self._ints[row, self._ops[target, op.INT] + op.CUED] = 1 + self._ops[target, op.CUE]

    def _make_room(self, sizes: NDArray[np.int64]) -> None:
        """Give every instruction's ring at least the size asked for, short of ``MOST_SAMPLES``."""
        present = self._ops[:, op.CAPACITY]
        wanted = np.where(sizes <= MOST_SAMPLES, sizes, 0)
        if (wanted <= present).all():
            return
        grown = np.maximum(wanted, present)
        starts = np.cumsum(grown) - grown
        rings = np.zeros((len(self._rings), int(grown.sum())), np.float32)
        for k, size in enumerate(present):
            old = self._ops[k, op.RING]
            rings[:, starts[k] : starts[k] + size] = self._rings[:, old : old + size]
        self._ops[:, op.RING], self._ops[:, op.CAPACITY] = starts, grown
        self._rings = rings


FEWEST_BLOCKS = 128
"""Blocks with a playback begun at every sample that find room at once."""
MOST_SAMPLES = 1 << 24
"""Longest delay line of a row (64 MB); a longer one breaks the row, as it breaks the real engine."""
