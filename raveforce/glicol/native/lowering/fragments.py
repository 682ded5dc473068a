"""Pieces of chains that are compiled once and joined to many programs.

Joining takes microseconds where reading and compiling a text takes a millisecond, and what is joined plays the same
samples, to the bit, as the text does.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raveforce.glicol.native.frontend.parser import Chain, Node, Reference
from raveforce.glicol.native.kernel import opcodes as op
from raveforce.glicol.native.lowering.chains import lower_chains
from raveforce.glicol.native.lowering.graph import Builder, Context
from raveforce.glicol.native.lowering.precision import BLANK_PEAK, choose_precision

__all__ = ["Fragment", "Joined", "Library", "compile_fragment", "pad_rows"]

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
    buffers = [op.OUT, op.IN0, op.IN1]
    kinds[:, buffers] = np.where(ops[:, buffers] < 0, NOTHING, np.where(ops[:, buffers] == 0, SOURCE, BUFFER))
    kinds[:, op.INT], kinds[:, op.FLOAT] = INTEGER, FLOAT
    parameters = slice(op.P0, op.P4 + 1)
    kinds[:, parameters] = np.where(ops[:, parameters] < blanks, BLANK, CONSTANT)
    kinds[:, op.TRACK] = np.where(ops[:, op.TRACK] < 0, NOTHING, TRACK)
    return kinds


@dataclass(frozen=True)
class Joined:
    """Chains of fragments, ready for the kernel; no chain knows of the others.

    Attributes
    ----------
    ops : instructions of all chains, one after the other
    spans : int64 [chains, 3], the first instruction of each and that behind its last, and the buffer that is heard
    params : float32 [chains, parameters], constants, behind places for the blanks
    ints, floats : [chains, ...], state at the start
    buffers, tracks : how many each chain needs at most
    """

    ops: Ints
    spans: Ints
    params: NDArray[np.float32]
    ints: Ints
    floats: NDArray[np.float32]
    buffers: int
    tracks: int


class Library:
    """Fragments side by side, of which any number of chains are joined at once.

    Attributes
    ----------
    fragments : those that were added; their places are their numbers
    """

    def __init__(self) -> None:
        self.fragments: list[Fragment] = []
        self._lock = Lock()
        self._tables = _Tables([])

    def add(self, fragment: Fragment) -> int:
        """Take a fragment in; return its number."""
        with self._lock:
            self.fragments.append(fragment)
            return len(self.fragments) - 1

    def join(self, chains: Sequence[Sequence[int]]) -> Joined:
        """Join chains of fragments, by their numbers; what a chain ends in is heard, and nothing else.

        Each fragment hears the one before it in its chain.
        """
        with self._lock:
            if self._tables.count < len(self.fragments):
                self._tables = _Tables(self.fragments)
            tables = self._tables
        chosen = np.array([number for chain in chains for number in chain])
        lengths = np.array([len(chain) for chain in chains])
        ends = np.cumsum(lengths)
        begins = ends - lengths
        chain_of = np.repeat(np.arange(len(chains)), lengths)
        sizes = tables.sizes[chosen]
        totals = np.add.reduceat(sizes, begins)
        offsets = np.cumsum(sizes, axis=0) - sizes
        offsets -= offsets[begins][chain_of]
        offsets[:, CONSTANT] += totals[chain_of, BLANK]
        finals = offsets[:, BUFFER] + tables.finals[chosen]
        offsets[1:, SOURCE] = np.where(chain_of[1:] == chain_of[:-1], finals[:-1], 0)
        counts = tables.ops.counts[chosen]
        ops, kinds = tables.ops.of(chosen), tables.kinds.of(chosen)
        ops += offsets[np.repeat(np.arange(len(chosen)), counts)[:, None], kinds]
        own = np.add.reduceat(counts, begins)
        last = np.cumsum(own)
        return Joined(
            ops=ops,
            spans=np.stack([last - own, last, finals[ends - 1]], axis=1),
            params=pad_rows(tables.constants.of(chosen), totals[:, CONSTANT], totals[:, BLANK]),
            ints=pad_rows(tables.ints.of(chosen), totals[:, INTEGER]),
            floats=pad_rows(tables.floats.of(chosen), totals[:, FLOAT]),
            buffers=int(totals[:, BUFFER].max()),
            tracks=int(totals[:, TRACK].max()),
        )


class _Column:
    """What fragments have of one kind, one after the other."""

    def __init__(self, arrays: Sequence[NDArray[Any]]) -> None:
        self.counts = np.array([len(array) for array in arrays], np.int64)
        self._starts = np.cumsum(self.counts) - self.counts
        self._flat = np.concatenate(arrays) if arrays else np.zeros(0, np.int64)

    def of(self, chosen: Ints) -> NDArray[Any]:
        """That of some fragments, in their order."""
        counts = self.counts[chosen]
        ends = np.cumsum(counts)
        return np.asarray(self._flat[np.arange(counts.sum()) + np.repeat(self._starts[chosen] - ends + counts, counts)])


class _Tables:
    """A library's fragments as arrays."""

    def __init__(self, fragments: Sequence[Fragment]) -> None:
        self.count = len(fragments)
        self.sizes = np.array([fragment.sizes for fragment in fragments], np.int64)
        self.finals = np.array([fragment.final for fragment in fragments], np.int64)
        self.ops, self.kinds, self.constants, self.ints, self.floats = (
            _Column([getattr(fragment, name) for fragment in fragments])
            for name in ("ops", "kinds", "constants", "ints", "floats")
        )


def pad_rows(flat: Any, counts: Ints, before: Ints | int = 0) -> Any:
    """Give every row its next so many numbers, behind zeros if some go before them; zeros fill the rows up.

    Examples
    --------
    >>> pad_rows(np.array([1, 2, 3]), np.array([1, 2]), np.array([1, 0])).tolist()
    [[0, 1, 0], [2, 3, 0]]
    """
    rows = np.repeat(np.arange(len(counts)), counts)
    columns = np.arange(len(flat)) - np.repeat(np.cumsum(counts) - counts - before, counts)
    padded = np.zeros((len(counts), int((counts + before).max(initial=0)) + 1), flat.dtype)
    padded[rows, columns] = flat
    return padded
