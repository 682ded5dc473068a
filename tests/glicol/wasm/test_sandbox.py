"""The sandbox: nothing runs for ever, takes all memory or harms the host."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import psutil
import pytest

from raveforce.glicol import GlicolError, Program, open_engine


def engine(code, **options):
    return open_engine(Program.literal(code), kind="wasm", **options)


def play(opened, samples=5000):
    return opened.play([[]] * opened.rows, samples)


@pytest.mark.parametrize("code", ["o: meta `loop { }`", "o: meta `let a = [1]; loop { a[0] += 1; }`"])
def test_a_script_without_end_meets_the_deadline(code):
    opened = open_engine(Program("{x}", words={"x": ("o: sin 440", code)}), rows=2, deadline=0.3, kind="wasm")
    start, working = time.monotonic(), time.process_time()
    with pytest.raises(GlicolError, match=r"deadline of 0\.3 s") as caught:
        opened.play([[0], [1]], 1000)
    assert time.monotonic() - start > 0.25
    assert time.process_time() - working < 3
    assert (caught.value.kind, caught.value.row) == ("deadline", 1)
    assert "in the node meta" in caught.value.message
    assert (caught.value.line, caught.value.column) == (1, 4)
    assert opened.play([[0], [0]], 1000).any()


@pytest.mark.parametrize(
    "code",
    [
        'o: meta `let a = "abcdefgh"; loop { a += a; }`',
        "o: meta `let a = []; a.pad(100000000, 1.0); a`",
        "o: meta `let a = []; loop { a.push([1, 2, 3]); }`",
        "o: sin 1 >> delayn 100000000",
        "o: sin 1 >> delayn 2000000000",
    ],
)
def test_a_program_that_eats_memory_meets_its_limit(code):
    opened = engine(code, memory_limit=16 * 2**20)
    with pytest.raises(GlicolError, match="16 MiB") as caught:
        play(opened)
    assert caught.value.kind == "memory"


def test_a_sample_too_big_for_the_memory_limit_is_an_error():
    opened = engine(r"o: imp 1 >> sp \hit", memory_limit=8 * 2**20)
    opened.add_sample("hit", np.zeros(4 * 2**20))
    with pytest.raises(GlicolError) as caught:
        play(opened)
    assert caught.value.kind == "memory"


def test_memory_stays_flat_over_many_programs():
    opened = open_engine("o: saw {} >> delayms {} >> plate 0.1", kind="wasm", memory_limit=8 * 2**20)
    for round_ in range(200):
        opened.reset()
        opened.play([[100 + round_, 200]], 128)


def test_a_long_program_fits():
    code = "\n".join(f"~c{n}: sin {n}" for n in range(5000)) + "\no: sin 440"
    np.testing.assert_array_equal(play(engine(code), 128), play(engine("o: sin 440"), 128))


def test_wild_values_do_not_break_it():
    opened = open_engine("o: saw {} >> lpf {} {} >> mul {}", kind="wasm")
    for value in (0.0, -1.0, 1e-40, 3.4e38, -3.4e38):
        assert opened.play([[value] * 4], 500).shape == (1, 500)
        opened.reset()


# --- processes and threads


def test_it_plays_in_another_thread():
    opened = engine("o: sin 440")
    heard = [play(opened, 1000)]
    thread = threading.Thread(target=lambda: heard.append(play(opened, 1000)))
    thread.start()
    thread.join()
    np.testing.assert_array_equal(np.concatenate(heard, axis=1), play(engine("o: sin 440"), 2000))


def _in_child(opened, queue):
    try:
        play(opened, 1000)
    except GlicolError as error:
        queue.put(error)


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_the_deadline_holds_in_a_forked_process():
    opened = engine("o: meta `loop { }`", deadline=0.3)
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_in_child, args=(opened, queue))
    child.start()
    try:
        error = queue.get(timeout=120)
    finally:
        child.kill()
        child.join()
    assert error.kind == "deadline"


# --- Ctrl-C

SCRIPTED = """
import signal, sys, time
from raveforce.glicol import Program, open_engine
engine = open_engine(Program.literal("o: meta `loop { }`"), kind="wasm", deadline=60)
print("ready", flush=True)
try:
    engine.play([[]], 1000)
except KeyboardInterrupt:
    print("interrupted", time.process_time(), flush=True)
print(signal.set_wakeup_fd(-1), flush=True)
again = open_engine("o: saw 100 >> delayms 1", kind="wasm", deadline=60)
print(again.play([[]], 1000).any(), flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals are sent as POSIX knows them")
def test_an_interruption_is_heard_inside_a_script_that_never_ends():
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPTED], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.5)
        before = psutil.Process(process.pid).cpu_times()
        process.send_signal(signal.SIGINT)
        said, worked = process.stdout.readline().split(maxsplit=1)
        assert said == "interrupted"
        assert float(worked) - before.user - before.system < 1  # a second, if it has the machine for itself
        assert process.stdout.read() == "-1\nTrue\n"
        assert process.wait(120) == 0
    finally:
        process.kill()


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no such timers")
def test_other_signals_do_not_hurry_the_clock():
    before = signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    start = time.monotonic()
    try:
        with pytest.raises(GlicolError, match=r"deadline of 0\.6 s"):
            play(engine("o: meta `loop { }`", deadline=0.6))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert time.monotonic() - start > 0.5


@pytest.mark.skipif(os.name != "posix", reason="signals are sent as POSIX knows them")
def test_a_handler_of_ones_own_is_not_cut_short():
    heard = []
    before = signal.signal(signal.SIGINT, lambda *_: heard.append(True))
    try:
        timer = threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGINT))
        timer.start()
        with pytest.raises(GlicolError, match=r"deadline of 0\.6 s"):
            play(engine("o: meta `loop { }`", deadline=0.6))
        timer.join()
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == [True]
