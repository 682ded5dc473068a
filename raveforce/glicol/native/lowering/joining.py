"""Many programs joined from fragments at once, in microseconds: to read and compile a text takes a millisecond."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raveforce.glicol.native.lowering.fragments import (
    BLANK,
    BUFFER,
    CONSTANT,
    FLOAT,
    INTEGER,
    SOURCE,
    TRACK,
    Fragment,
)

__all__ = ["Joined", "Library", "pad_rows"]

Ints = NDArray[np.int64]


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
