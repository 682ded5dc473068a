"""How many threads share the rows of an engine."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from raveforce._threads import in_threads, most_threads
from raveforce.glicol.native.kernel.jit import LANES, TILE

__all__ = ["count_threads", "play_shared"]

WORK_PER_THREAD = 3 * 2**20
"""Samples of one instruction, over all rows, that pay for handing them to another thread."""
SHARES_PER_THREAD = 4
"""Into which rows are divided, if whole groups of lanes allow it: a thread that is held up holds up one of them."""
ROWS_PER_THREAD = 16
"""Rows for which another thread pays by default."""


def count_threads(wanted: int | None, rows: int) -> int:
    """How many threads an engine may use: never more than the machine or numba's settings allow, nor rows.

    Parameters
    ----------
    wanted : how many; None takes one for every 16 rows
    rows : that there are

    Raises
    ------
    ValueError
        Less than one is wanted.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if wanted is None:
        wanted = rows // ROWS_PER_THREAD
    elif wanted < 1:
        raise ValueError(f"num_threads must be at least 1, not {wanted}")
    return max(1, min(wanted, cores, most_threads(), rows))


def play_shared(play: Callable[[NDArray[np.int64]], int], rows: NDArray[np.int64], work: int, threads: int) -> int:
    """Play the rows, by several threads where it pays; return how often they broke.

    Parameters
    ----------
    play : plays some rows, and says how often they broke
    rows : int64 array
    work : samples of one instruction, over all rows
    threads : at most
    """
    threads = min(threads, len(rows) // TILE, work // WORK_PER_THREAD)
    if threads < 2:
        return play(rows)
    shares = max(threads, min(SHARES_PER_THREAD * threads, len(rows) // LANES))
    return sum(in_threads(play, np.array_split(rows, shares), threads))
