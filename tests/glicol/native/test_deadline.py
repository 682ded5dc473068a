"""Nothing plays for ever: work is counted, and Ctrl-C is heard."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest

from raveforce.glicol import GlicolError, open_engine, render

ENDLESS = (
    "o: imp 100 >> delayms ~m\n~m: sig 100000000000000",
    "o: imp 100 >> apfmsgain ~m 0.5\n~m: sig 100000000000000",
    "o: imp 100 >> delayms ~m\n~m: sig 1.0 >> mul 1000000000000000000000.0 >> mul 1000000000000000000000.0",
)


@pytest.mark.parametrize("code", ENDLESS)
def test_a_tap_that_is_never_found_is_an_error_at_once(code):
    start = time.process_time()
    with pytest.raises(GlicolError, match="deadline") as caught:
        render(code, 0.1, engine="native")
    assert time.process_time() - start < 5
    assert (caught.value.kind, caught.value.caused_by_values) == ("deadline", True)


def test_the_real_engine_never_ends_there_either():
    for code in ENDLESS:
        with pytest.raises(GlicolError, match="deadline"):
            render(code, 0.1, engine="wasm", deadline=0.2)


@pytest.mark.parametrize("kind", ["native", "wasm"])
def test_only_the_late_row_is_lost(kind):
    template = "o: imp 100 >> delayms ~m\n~m: sig {}"
    opened = open_engine(template, 3, kind=kind, deadline=1.0)  # on a busy machine the other two take long as well
    with pytest.raises(GlicolError) as caught:
        opened.play([[10], [1e14], [20]], 1000)
    error = caught.value
    assert (error.kind, error.row) == ("deadline", 1)
    assert np.isnan(error.audio[1]).all()
    alone = open_engine(template, 2, kind=kind).play([[10], [20]], 1000)
    np.testing.assert_array_equal(error.audio[[0, 2]], alone)
    np.testing.assert_array_equal(opened.play([[10], [10], [20]], 1000)[1], alone[0])


# From a few additions of the ring's length to half a million for every sample.
@pytest.mark.parametrize("milliseconds", [2001.3, 4567.8, 123_456.7, -123_456.7, 3_333_333.3, -1e8, 987_654_321.0])
@pytest.mark.parametrize("node", ["delayms ~m", "apfmsgain ~m 0.5"])
def test_taps_far_outside_the_ring_are_those_of_the_engine(node, milliseconds, check):
    check(f"o: noise 3 >> {node}\n~m: sig {milliseconds}", [((), 400)])
    check(f"o: noise 3 >> {node}\n~m: sin 100 >> mul {milliseconds}", [((), 200)])


def test_a_deadline_counts_work():
    opened = open_engine("o: sin 440 >> mul 0.5", kind="native", deadline=1e-4)
    assert opened.play([[]], 10_000).any()
    with pytest.raises(GlicolError, match=r"deadline of 0\.0001 s") as caught:
        opened.play([[]], 10_000_000)
    assert (caught.value.kind, caught.value.row) == ("deadline", 0)
    assert opened.play([[]], 1000).any()


def test_auto_hands_the_deadline_on():
    opened = open_engine("o: sin 440", deadline=1e-5)
    assert opened.kind == "native"
    with pytest.raises(GlicolError, match="deadline"):
        opened.play([[]], 1_000_000)


INTERRUPTED = """
import time
from raveforce.glicol import open_engine
engine = open_engine("o: saw {} >> lpf 30 9.0" + " >> plate 0.5" * 20, 32, kind="native", num_threads=%d, deadline=1e6)
first = engine.play([[50 + i] for i in range(32)], 1000)
print("ready", flush=True)
end = time.monotonic() + 30
try:
    while time.monotonic() < end:
        engine.play([[50 + i] for i in range(32)], 2_000_000)
    print("nothing was heard for half a minute", flush=True)
except KeyboardInterrupt:
    print("interrupted", time.process_time(), flush=True)
again = engine.play([[50 + i] for i in range(32)], 1000)
print((first == again).all(), flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals are sent as POSIX knows them")
@pytest.mark.parametrize("threads", [1, 2])
def test_an_interruption_is_heard_while_a_long_sound_is_played(threads):
    process = subprocess.Popen([sys.executable, "-c", INTERRUPTED % threads], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(1)
    before = psutil.Process(process.pid).cpu_times()
    process.send_signal(signal.SIGINT)
    said, worked = process.stdout.readline().split(maxsplit=1)
    assert said == "interrupted"
    assert float(worked) - before.user - before.system < threads  # within a second, if it has the machine for itself
    assert process.stdout.readline() == "True\n"  # and the engine is as new
    assert process.wait(120) == 0
