"""When the rows of sounds are worth sharing among threads."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from raveforce._threads import in_threads, most_threads

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
    count = min(count, most_threads()) if count > 1 else 1
    edges = [rows * share // count for share in range(count + 1)]
    in_threads(transform, [slice(start, end) for start, end in pairwise(edges)], count)
