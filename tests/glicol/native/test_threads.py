"""Threads share the rows of an engine: never another sound, and never slower."""

import multiprocessing
import os

import numpy as np
import pytest

from raveforce.glicol.native.threads import count_threads, play_shared
from tests.glicol.native.programs import BASS, KICK, RANGES, draw, native

pytestmark = pytest.mark.xdist_group("threads")


@pytest.fixture
def two_cores(monkeypatch):
    monkeypatch.setattr("raveforce.glicol.native.threads.WORK_PER_THREAD", 1)
    monkeypatch.setattr("raveforce.glicol.native.threads.most_threads", lambda: 2)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 1}, raising=False)


@pytest.mark.parametrize("template", RANGES)
def test_threads_change_nothing(template, two_cores):
    values = draw(template, 33)
    one, two = native(template, rows=33, num_threads=1), native(template, rows=33, num_threads=2)
    for samples in (3000, 100):
        np.testing.assert_array_equal(one.play(values, samples), two.play(values, samples))
    two.close()


@pytest.mark.parametrize(("template", "rows", "samples", "pays"), [(KICK, 8, 13230, False), (BASS, 64, 88200, True)])
def test_threads_are_used_only_where_they_pay(template, rows, samples, pays, monkeypatch):
    opened = native(template, rows=rows, num_threads=2)
    opened._threads = 2  # whatever the machine has
    used = []

    def in_threads(play, shares, threads):
        used.append(threads)
        return [play(share) for share in shares]

    monkeypatch.setattr("raveforce.glicol.native.threads.in_threads", in_threads)
    opened.play(draw(template, rows), samples)
    assert set(used) == ({2} if pays else set())
    opened.close()


@pytest.mark.parametrize(("wanted", "rows", "count"), [(None, 8, 1), (None, 64, 2), (1, 64, 1), (5, 64, 2), (2, 1, 1)])
def test_there_are_no_more_threads_than_cores_or_rows(wanted, rows, count, two_cores):
    assert count_threads(wanted, rows) == count


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes are forked here")
def test_threads_survive_a_fork(two_cores):
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


def test_every_row_is_played_once_and_what_broke_is_summed(two_cores):
    played = []

    def play(rows):
        played.extend(rows.tolist())
        return len(rows)

    assert play_shared(play, np.arange(64), 10, 2) == 64
    assert sorted(played) == list(range(64))
