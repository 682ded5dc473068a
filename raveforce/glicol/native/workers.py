"""The threads that share the rows of an engine."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from raveforce.glicol.native.kernel.jit import TILE

__all__ = ["Workers"]

CONFIG: Any = numba.config
WORK_PER_THREAD = 2**21
"""Samples of one instruction, over all rows, that pay for handing them to another thread."""
ROWS_PER_THREAD = 16
"""Rows for which another thread pays by default."""


class Workers:
    """Threads, started when they first pay.

    Parameters
    ----------
    wanted : how many; None takes one for every 16 rows. Never more than the machine or numba's settings allow, nor rows
    rows : that there are

    Raises
    ------
    ValueError
        Less than one is wanted.
    """

    def __init__(self, wanted: int | None, rows: int) -> None:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        if wanted is None:
            wanted = rows // ROWS_PER_THREAD
        elif wanted < 1:
            raise ValueError(f"num_threads must be at least 1, not {wanted}")
        self._threads = max(1, min(wanted, cores, CONFIG.NUMBA_NUM_THREADS, rows))
        self._pool: ThreadPoolExecutor | None = None
        self._process = 0

    def play(self, play: Callable[[NDArray[np.int64]], int], rows: NDArray[np.int64], work: int) -> int:
        """Let the threads play shares of the rows, so much work in all; return how often they broke."""
        shares = min(self._threads, len(rows) // TILE, work // WORK_PER_THREAD)
        if shares < 2:
            return play(rows)
        return sum(self._running().map(play, np.array_split(rows, shares)))

    def stop(self) -> None:
        """End the threads; they start anew when they are needed."""
        if self._pool is not None and self._process == os.getpid():
            self._pool.shutdown(cancel_futures=True)
        self._pool = None

    def _running(self) -> ThreadPoolExecutor:
        """The pool; a forked process inherits none, so it starts its own."""
        if self._pool is None or self._process != os.getpid():
            self._pool, self._process = ThreadPoolExecutor(self._threads), os.getpid()
        return self._pool
