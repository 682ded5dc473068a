"""What every function of the kernel works on: the instructions, and the rows' parameters and state."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["FINAL", "FIRST", "LAST", "ROWS", "Code", "Scratch", "State"]

# Programs that are played in one call: the first instruction and that behind the last, the buffer that is heard, and
# how many of the rows that are left play it, at most.
FIRST, LAST, FINAL, ROWS = range(4)


class Code(NamedTuple):
    """A program.

    Attributes
    ----------
    ops : int64 [instructions, COLUMNS]
    lists : int64, what the instructions' lists hold
    bank : float32, the recordings' samples, one after another
    cues : int64 [recordings, 4], where each starts, its samples, its channels, its rate
    """

    ops: NDArray[np.int64]
    lists: NDArray[np.int64]
    bank: NDArray[np.float32]
    cues: NDArray[np.int64]


class State(NamedTuple):
    """What rows have of their own; the last of ``rows + 1`` is a spare.

    Attributes
    ----------
    params : float32 [rows, parameters]
    ints, floats, rings : int64, float32, float32 [rows + 1, ...], the nodes' state
    bufs : float32 [rows + 1, buffers, BLOCK + PAD], the nodes' last blocks
    flat : uint8 [rows + 1, buffers], whether a block is known to hold one value
    failed : int64 [rows], where a row broke first and how: ``ENDINGS * (1 + instruction)`` plus the ending (0: it did
        not)
    """

    params: NDArray[np.float32]
    ints: NDArray[np.int64]
    floats: NDArray[np.float32]
    rings: NDArray[np.float32]
    bufs: NDArray[np.float32]
    flat: NDArray[np.uint8]
    failed: NDArray[np.int64]


class Scratch(NamedTuple):
    """Room to work in; what it holds between calls does not matter.

    Attributes
    ----------
    tracks : float32 [sines, 2, blocks, LANES], phases looked up ahead, and slopes
    lanes : float32, to look them up
    """

    tracks: NDArray[np.float32]
    lanes: NDArray[np.float32]
