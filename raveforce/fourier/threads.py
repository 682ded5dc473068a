"""Rows of sounds shared among threads: the compiled code lets others run, and no row knows of another."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from itertools import pairwise
from typing import Any

__all__ = ["SAMPLES_A_THREAD", "in_shares"]

SAMPLES_A_THREAD = 1 << 18
"""Samples of sound that pay for handing them to another thread: that takes about 0.05 ms, transforming them 0.5 ms or
more."""


def in_shares(transform: Callable[[slice], None], rows: int, samples: int) -> None:
    """Call ``transform`` with slices that make up all rows, where it pays from several threads at once.

    Parameters
    ----------
    transform : does its work on the rows of a slice
    rows : that there are
    samples : of a row
    """
    count = min(rows, rows * samples // SAMPLES_A_THREAD)
    count = min(count, _threads()) if count > 1 else 1
    edges = [rows * share // count for share in range(count + 1)]
    first, *others = (slice(start, end) for start, end in pairwise(edges))
    handed = [_pool().submit(transform, share) for share in others]
    try:
        transform(first)
    finally:
        # Whatever comes: nobody writes into the result any more once it is the caller's.
        wait(handed)
    for each in handed:
        each.result()


def _threads() -> int:
    """As many as numba would use: one a core, or what ``NUMBA_NUM_THREADS`` says, as joblib's workers do."""
    import numba

    config: Any = numba.config
    return int(config.NUMBA_NUM_THREADS)


@cache
def _pool() -> ThreadPoolExecutor:
    """The other threads, which start with the first work for them."""
    return ThreadPoolExecutor(_threads() - 1, thread_name_prefix="spectra")


if hasattr(os, "register_at_fork"):
    # A forked process inherits no threads.
    os.register_at_fork(after_in_child=_pool.cache_clear)
