"""Sounds shared among threads come out as by one."""

import os
import threading

import numba
import numpy as np
import pytest

from raveforce import fourier
from raveforce.distances import make_distance, measure_rows
from raveforce.fourier import threads
from raveforce.fourier.threads import SAMPLES_A_THREAD, in_shares
from raveforce.spectra import log_mel

pytestmark = pytest.mark.xdist_group("threads")


@pytest.fixture(autouse=True)
def three_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_threads", lambda: 3)
    threads._pool.cache_clear()


def shares(rows: int, samples: int) -> list[tuple[slice, str]]:
    taken: list[tuple[slice, str]] = []
    in_shares(lambda share: taken.append((share, threading.current_thread().name)), rows, samples)
    return sorted(taken, key=lambda one: one[0].start)


@pytest.mark.parametrize("rows", [0, 1, 2, 7, 64])
@pytest.mark.parametrize("samples", [0, 100, SAMPLES_A_THREAD // 8, 2 * SAMPLES_A_THREAD])
def test_shares_make_up_all_rows_once(rows: int, samples: int) -> None:
    taken = [share for share, _ in shares(rows, samples)]
    assert [row for share in taken for row in range(share.start, share.stop)] == list(range(rows))
    assert len(taken) <= 3
    assert len(taken) == 1 or rows * samples >= len(taken) * SAMPLES_A_THREAD


def test_little_work_stays_with_the_caller_and_much_does_not() -> None:
    here = threading.current_thread().name
    assert [name for _, name in shares(8, 17640)] == [here]
    assert len({name for _, name in shares(64, 17640)} - {here}) >= 1


def test_rows_sound_alike_shared_or_alone() -> None:
    sounds = np.random.default_rng(0).normal(0, 0.1, (48, SAMPLES_A_THREAD // 16)).astype(np.float32)
    targets = sounds[::-1].copy()
    distance = make_distance("mss")
    one, each = distance.features(targets[:1]), distance.features(targets)
    together = [
        log_mel(sounds, sample_rate=44100),
        fourier.powers(sounds, 1024, 256),
        *each,
        measure_rows(distance, sounds, one),
        measure_rows(distance, sounds, each),
    ]
    for row in (0, 17, 47):
        own = slice(row, row + 1)
        part = distance.features(targets[own])
        alone = [
            log_mel(sounds[own], sample_rate=44100),
            fourier.powers(sounds[own], 1024, 256),
            *part,
            measure_rows(distance, sounds[own], one),
            measure_rows(distance, sounds[own], part),
        ]
        for ours, other in zip(together, alone, strict=True):
            np.testing.assert_array_equal(ours[own], other)


def test_what_fails_in_a_thread_is_raised_when_all_are_done() -> None:
    done = []

    def work(share: slice) -> None:
        if share.start:
            raise MemoryError(share.start)
        done.append(share)

    with pytest.raises(MemoryError):
        in_shares(work, 64, SAMPLES_A_THREAD)
    assert done


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own() -> None:
    shares(64, SAMPLES_A_THREAD)
    child = os.fork()
    if not child:
        try:
            os._exit(0 if len(shares(64, SAMPLES_A_THREAD)) == 3 else 1)
        finally:
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0


def test_threads_are_as_many_as_numba_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert threads._threads() == numba.config.NUMBA_NUM_THREADS
