"""Threads share the rows of an engine: never another sound, and never slower."""

import multiprocessing
import os
import threading

import numpy as np
import pytest

from raveforce.glicol.native.workers import Workers
from tests.glicol.native.programs import BASS, KICK, RANGES, draw, native


@pytest.mark.parametrize("template", RANGES)
def test_threads_change_nothing(template, monkeypatch):
    monkeypatch.setattr("raveforce.glicol.native.workers.WORK_PER_THREAD", 1)
    values = draw(template, 33)
    one, two = native(template, rows=33, num_threads=1), native(template, rows=33, num_threads=2)
    for samples in (3000, 100):
        np.testing.assert_array_equal(one.play(values, samples), two.play(values, samples))
    two.close()


@pytest.mark.parametrize(("template", "rows", "samples", "pays"), [(KICK, 8, 13230, False), (BASS, 64, 88200, True)])
def test_threads_are_used_only_where_they_pay(template, rows, samples, pays, monkeypatch):
    opened = native(template, rows=rows, num_threads=2)
    used = []
    running = opened._workers._running
    monkeypatch.setattr(opened._workers, "_running", lambda: used.append(True) or running())
    opened.play(draw(template, rows), samples)
    assert bool(used) == pays
    opened.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes are forked here")
def test_threads_survive_a_fork(monkeypatch):
    monkeypatch.setattr("raveforce.glicol.native.workers.WORK_PER_THREAD", 1)
    values = draw(KICK, 33)
    opened = native(KICK, rows=33, num_threads=2)
    before = opened.play(values, 100)
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()

    def child():
        opened.reset()
        queue.put(opened.play(values, 100))

    process = context.Process(target=child)
    process.start()
    process.join(30)
    assert process.exitcode == 0
    np.testing.assert_array_equal(queue.get(), before)
    opened.close()


@pytest.fixture
def workers(monkeypatch):
    monkeypatch.setattr("raveforce.glicol.native.workers.WORK_PER_THREAD", 1)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 1}, raising=False)
    monkeypatch.setattr("raveforce.glicol.native.workers.CONFIG.NUMBA_NUM_THREADS", 2)
    opened = Workers(2, 64)
    yield opened
    opened.stop()


def test_every_row_is_played_once_and_what_broke_is_summed(workers):
    played = []

    def play(rows):
        played.extend(rows.tolist())
        return len(rows)

    assert workers.play(play, np.arange(64), 10) == 64
    assert sorted(played) == list(range(64))


def test_a_thread_that_does_not_come_is_not_waited_for(workers):
    busy = threading.Event()
    workers._running().submit(busy.wait, 60)  # something else keeps it
    threads = set()
    try:
        assert workers.play(lambda rows: threads.add(threading.get_ident()) or 1, np.arange(64), 10) >= 2
    finally:
        busy.set()
    assert threads == {threading.get_ident()}


def test_after_an_error_no_more_rows_begin(workers):
    busy = threading.Event()
    workers._running().submit(busy.wait, 60)
    begun = []

    def play(rows):
        begun.append(rows)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        workers.play(play, np.arange(64), 10)
    busy.set()
    workers.stop()
    assert len(begun) == 1
