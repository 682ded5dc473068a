"""One pool of threads: no share is done twice or left, and nobody waits for a thread that has not begun."""

import os
import threading
import time
from collections.abc import Callable, Iterator

import numba
import pytest

from raveforce import _threads
from raveforce._threads import in_threads

pytestmark = pytest.mark.xdist_group("threads")

HERE = threading.main_thread().name


@pytest.fixture(autouse=True)
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(_threads, "most_threads", lambda: 3)
    _threads._pool.cache_clear()
    yield
    _threads._pool.cache_clear()


@pytest.fixture
def busy() -> Iterator[threading.Event]:
    """Something else keeps all other threads."""
    free = threading.Event()
    for _ in range(2):
        _threads._pool().submit(free.wait, 60)
    yield free
    free.set()


def slow(share: int) -> tuple[int, str]:
    time.sleep(0.01)
    return share, threading.current_thread().name


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
@pytest.mark.parametrize("shares", [0, 1, 10])
def test_each_share_is_done_once(threads: int, shares: int) -> None:
    assert sorted(share for share, _ in in_threads(slow, range(shares), threads)) == list(range(shares))


def test_the_others_help() -> None:
    names = {name for _, name in in_threads(slow, range(20), 3)}
    assert HERE in names
    assert len(names) > 1


def test_a_thread_that_does_not_come_is_not_waited_for(busy: threading.Event) -> None:
    assert {name for _, name in in_threads(slow, range(5), 3)} == {HERE}


def failing(where: Callable[[], bool]) -> Callable[[int], int]:
    def work(share: int) -> int:
        time.sleep(0.01)
        if where():
            raise MemoryError(share)
        return share

    return work


@pytest.mark.parametrize("here", [True, False])
def test_an_error_anywhere_is_raised(here: bool) -> None:
    with pytest.raises(MemoryError):
        in_threads(failing(lambda: (threading.current_thread().name == HERE) == here), range(20), 3)


def test_after_an_error_no_share_begins_and_none_is_at_work() -> None:
    begun: list[int] = []
    ended: list[int] = []

    def work(share: int) -> None:
        begun.append(share)
        time.sleep(0.05)
        if threading.current_thread().name == HERE:
            raise KeyboardInterrupt
        ended.append(share)

    with pytest.raises(KeyboardInterrupt):
        in_threads(work, range(100), 3)
    assert len(begun) == len(ended) + 1
    assert len(begun) < 10


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own() -> None:
    in_threads(slow, range(5), 3)
    child = os.fork()
    if not child:
        try:
            os._exit(0 if len({name for _, name in in_threads(slow, range(20), 3)}) > 1 else 1)
        finally:
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0


def test_threads_are_as_many_as_numba_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert _threads.most_threads() == numba.config.NUMBA_NUM_THREADS
