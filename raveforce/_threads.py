"""Work shared among threads: compiled code lets others run, and no share knows of another."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache, partial
from typing import Any, TypeVar

__all__ = ["in_threads", "most_threads"]

Share = TypeVar("Share")
Result = TypeVar("Result")


def in_threads(work: Callable[[Share], Result], shares: Iterable[Share], threads: int) -> list[Result]:
    """Do all shares of some work, each once; return what came of them, in any order.

    Whoever asks works too, and waits for no thread that has not begun: where the machine is busy with something else,
    that takes as long as without threads. Whatever comes, no thread is at work any more when this ends.

    Parameters
    ----------
    work : does one share
    shares : as many as there are
    threads : how many work on them, whoever asks among them

    Examples
    --------
    >>> sorted(in_threads(lambda share: 2 * share, [1, 2, 3], threads=2))
    [2, 4, 6]
    """
    if threads < 2:
        return [work(share) for share in shares]
    waiting = deque(shares)
    help_out = partial(_work_waiting, work, waiting)
    helpers = [_pool().submit(help_out) for _ in range(threads - 1)]
    try:
        done = help_out()
    finally:
        waiting.clear()
        begun = [helper for helper in helpers if not helper.cancel()]
        wait(begun)
    return done + [result for helper in begun for result in helper.result()]


def most_threads() -> int:
    """As many as numba would use: one a core, or what ``NUMBA_NUM_THREADS`` says, as joblib's workers do."""
    import numba

    config: Any = numba.config
    return int(config.NUMBA_NUM_THREADS)


def _work_waiting(work: Callable[[Share], Result], waiting: deque[Share]) -> list[Result]:
    """Do shares as long as some wait."""
    done: list[Result] = []
    while True:
        try:
            share = waiting.popleft()
        except IndexError:
            return done
        done.append(work(share))


@cache
def _pool() -> ThreadPoolExecutor:
    """The other threads, which start with the first work for them."""
    return ThreadPoolExecutor(max(1, most_threads() - 1), thread_name_prefix="raveforce")


if hasattr(os, "register_at_fork"):
    # A forked process inherits no threads.
    os.register_at_fork(after_in_child=_pool.cache_clear)
