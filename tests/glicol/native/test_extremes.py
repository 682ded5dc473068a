"""Numbers far outside what is heard give what the real engine gives, an error where it breaks."""

import numpy as np
import pytest

from raveforce.glicol import GlicolError, UnsupportedProgram, open_engine, render

PROGRAMS = """
o: imp 100 >> delayms ~m; ~m: sig -100000000
o: imp 1 >> envperc 0 48690
o: imp 1 >> envperc 0 48700
o: imp 1 >> envperc 0.001 60000
o: imp 1 >> envperc 97000 20
o: imp 1 >> envperc 97391.5 20
o: imp 1 >> envperc 60000 60000
o: imp 1 >> bd 50000
o: imp 1 >> adsr 1 60000 0.4 60000
o: sin 1000000000000.0
o: sin 10000000000000000
o: sin 1000000000000000000000000.0
o: sin -1000000000000.0
o: sin ~m; ~m: sig 100000000000000.0
o: sin 1000000000000.0 >> mul 0.001
o: seq 12348
o: seq 12348 >> mul 0.5
o: seq 99999999999 -12348
o: choose 99999999999
o: imp 0.00000001
o: noise 4294967296
o: noise -5
o: imp 100 >> delayms -5
o: imp 100 >> delayn -5
o: sin 1 >> mul 1000000000000000000000000000000000000000.0
o: saw 100 >> lpf 100000000000000.0 1
o: saw 4 >> onepole -1
~s: speed -2; o: ~s >> seq 60 62
""".strip().splitlines()


@pytest.mark.parametrize("code", PROGRAMS)
def test_extreme_numbers_sound_the_same(code, check):
    check(code.replace(";", "\n"), [((), 5000)], tolerance=1e-5)


WRONG = {
    "o: sin 440\n~x: imp 1 >> sp \\bd": "sample",
    "o: sin 440\n~x: sin 1 >> pan 0.5": "trap",
    "o: sin 440\n~x: sin 1 >> reverb 0.1 0.1 0.1 0.1 0.1": "trap",
    "o: sin 440\n~x: expr `sin(x)`": "trap",
    'o: sin 440\n~x: psampler "60@0.0"': "trap",
    "o: sin 440\n~x: apfmsgain 0.001 0.5": "trap",
    "o: sin 440\n~x: delayn 100000000000": "memory",
    "o: sin 440\n~x: delayms 100000000000": "memory",
    "o: apfmsgain 0.001 0.5": "trap",
    "o: imp 50000": "trap",
}


@pytest.mark.parametrize("kind", ["auto", "wasm", "native"])
@pytest.mark.parametrize("code", WRONG)
def test_a_program_is_checked_whole_heard_or_not(code, kind):
    with pytest.raises((GlicolError, UnsupportedProgram)) as caught:
        render(code, 0.01, engine=kind)
    assert caught.value.kind in ({WRONG[code], "unsupported"} if kind == "native" else {WRONG[code]})


@pytest.mark.parametrize("kind", ["native", "wasm"])
@pytest.mark.parametrize("code", ["o: delayn {}", "o: sin 440\n~x: delayn {}", "o: imp 9 >> delayn {}"])
def test_a_delay_breaks_when_its_number_changes_to_nothing_whether_it_hears_or_not(code, kind):
    opened = open_engine(code, kind=kind)
    opened.play([[0.5]], 200)
    with pytest.raises(GlicolError, match="delayn") as caught:
        opened.play([[0.6]], 200)
    assert caught.value.kind == "trap"


def test_a_delay_that_nobody_hears_follows_its_number():
    for kind in ("native", "wasm"):
        opened = open_engine("o: sin 440\n~x: imp 9 >> delayms {}", kind=kind)
        for value in (10, 0, 0):
            assert np.isfinite(opened.play([[value]], 200)).all()
