"""The threads that share the rows of an engine."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from raveforce.glicol.native.kernel.jit import LANES, TILE

__all__ = ["Workers"]

CONFIG: Any = numba.config
WORK_PER_THREAD = 2**21
"""Samples of one instruction, over all rows, that pay for handing them to another thread."""
SHARES_PER_THREAD = 4
"""Into which rows are divided, if whole groups of lanes allow it: a thread that is held up holds up one of them."""
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
        """Let the threads play shares of the rows, so much work in all; return how often they broke.

        Whoever asks plays too, and waits for no thread that has not begun: where the machine is busy with something
        else, that takes as long as without threads.
        """
        threads = min(self._threads, len(rows) // TILE, work // WORK_PER_THREAD)
        if threads < 2:
            return play(rows)
        shares = max(threads, min(SHARES_PER_THREAD * threads, len(rows) // LANES))
        waiting = deque(np.array_split(rows, shares))
        help_out = partial(_play_waiting, play, waiting)
        helpers = [self._running().submit(help_out) for _ in range(threads - 1)]
        try:
            broken = help_out()
        finally:
            waiting.clear()
        return broken + sum(helper.result() for helper in helpers if not helper.cancel())

    def stop(self) -> None:
        """End the threads; they start anew when they are needed."""
        if self._pool is not None and self._process == os.getpid():
            self._pool.shutdown(cancel_futures=True)
        self._pool = None

    def _running(self) -> ThreadPoolExecutor:
        """The pool; a forked process inherits none, so it starts its own."""
        if self._pool is None or self._process != os.getpid():
            self._pool, self._process = ThreadPoolExecutor(self._threads - 1), os.getpid()
        return self._pool


def _play_waiting(play: Callable[[NDArray[np.int64]], int], waiting: deque[NDArray[np.int64]]) -> int:
    """Play shares of the rows as long as some wait; return how often they broke."""
    broken = 0
    while True:
        try:
            share = waiting.popleft()
        except IndexError:
            return broken
        broken += play(share)
