"""Rows of one graph: their parameters and their state."""

from __future__ import annotations

from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from raveforce.glicol.block import BLOCK
from raveforce.glicol.native.kernel import opcodes as op
from raveforce.glicol.native.kernel.jit import LANES, PAD
from raveforce.glicol.native.lowering.graph import Graph, NodeState

__all__ = ["Voices"]


class Voices:
    """State of every row for one graph.

    Parameters
    ----------
    graph : what is played
    rows : how many rows there are
    kernel : the compiled kernel
    """

    def __init__(self, graph: Graph, rows: int, blanks: int, kernel: ModuleType) -> None:
        self.graph = graph
        self._kernel = kernel
        self._blanks = blanks
        self._ops = graph.ops.copy()
        self._rings = np.zeros((rows + 1, 0), np.float32)
        self._has_rings = bool((graph.ops[:, op.FAMILY] == op.RING_BUFFER).any())
        self._sines = int((graph.ops[:, op.TRACK] >= 0).sum())
        self._params = np.empty((rows, blanks + len(graph.constants)), np.float32)
        self._params[:, blanks:] = graph.constants
        self._ints = np.empty((rows + 1, len(graph.ints)), np.int64)
        self._floats = np.empty((rows + 1, len(graph.floats)), np.float32)
        self._bufs = np.empty((rows + 1, graph.buffers, BLOCK + PAD), np.float32)
        self._flat = np.empty((rows + 1, graph.buffers), np.uint8)
        self.reset(slice(None))

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
            self._kernel.ring_sizes(self._ops, self._params, sizes)
            self._make_room(sizes)

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
        code = self._ops, self.graph.lists
        state = self._params, self._ints, self._floats, self._rings, self._bufs, self._flat, failed
        scratch = np.empty((self._sines, blocks + 1, LANES), np.float32), np.empty(5 * LANES, np.float32)
        final = self.graph.final
        return self._kernel.play(*code, *state, *scratch, rows.copy(), out, skip, blocks, later, final)

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
            if self._has_rings:
                self._take_rings(row, other, theirs.ops, ours.ops)

    def _take_rings(self, row: int, other: Voices, theirs: tuple[int, int], ours: tuple[int, int]) -> None:
        sizes = self._ops[:, op.CAPACITY].copy()
        sizes[slice(*ours)] = np.maximum(sizes[slice(*ours)], other._ops[slice(*theirs), op.CAPACITY])
        self._make_room(sizes)
        for source, target in zip(range(*theirs), range(*ours), strict=True):
            size = other._ops[source, op.CAPACITY]
            start, at = other._ops[source, op.RING], self._ops[target, op.RING]
            self._rings[row, at : at + size] = other._rings[row, start : start + size]

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


MOST_SAMPLES = 1 << 24
"""Longest delay line of a row (64 MB); a longer one breaks the row, as it breaks the real engine."""
