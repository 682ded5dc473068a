"""A program that may go on for ever must never be taken for a plain one."""

import numpy as np
import pytest

from raveforce.glicol import GlicolError, Program, open_engine
from raveforce.glicol.wasm.boundedness import is_bounded
from raveforce.glicol.wasm.machine import WasmSettings
from raveforce.glicol.wasm.row import Row
from raveforce.glicol.wasm.runtimes import open_runtime


@pytest.mark.parametrize(
    "template",
    [
        "o: sin 440",
        "~env: imp 0.1 >> envperc {} {}\nkick: sin {} >> mul ~env",
        "~t: speed 2.0 >> seq 60 _67 72_48 50\no:saw ~t>>lpf {cutoff} 1.5 >>\n mul 0.5; p: ~t >> mul 0.1",
        "~t1: sin 100.3\no: mix ~t.. >> plate 0.3 // a comment",
    ],
)
def test_ordinary_programs_are_plain(template):
    assert is_bounded(Program(template))


@pytest.mark.parametrize(
    "template",
    [
        "o: meta `loop {{ }}`",
        "o: script `1`",
        "o: saw 1 >> delayms ~m",
        "o: saw 1>>delayms 10",
        "o: saw 1 >>\n\n delayms 10",
        "o: saw 1 >>\tapfmsgain ~m 0.5",
        "o: saw 1 >> | apfgain ~m 0.5",
        "a: sin 1;o:apfgain ~m 0.5",
        r"o: noise 1 >> sp \hit",
        "o: arrange ~a 1",
        "o: anything 1",
        "o: {node}ms 5",
        "o: delay{node} 5",
        "o: sin 1 // " + "long " * 1000,
    ],
)
def test_others_are_not(template):
    assert not is_bounded(Program(template))


@pytest.mark.parametrize("word", ["delayms", "meta", "sin 1 >> delayms", "`loop {}`", "1; p: delayms 5"])
def test_words_count_too(word):
    assert not is_bounded(Program("o: saw 1 >> {node} 5", words={"node": ("mul", word)}))
    assert is_bounded(Program("o: saw 1 >> {node} 5", words={"node": ("mul", "add")}))


@pytest.mark.parametrize("template", ["o: saw {} >> lpf {} {} >> mul {}", "o: saw 100 >> onepole {} >> plate {}"])
def test_it_sounds_the_same_whether_it_can_be_interrupted_or_not(template):
    program = Program(template)
    code = program.fill([100, 0.5, 0.25, 0.125][: len(program.blanks)])
    sounds = np.empty((2, 40_000), np.float32)
    for sound, interruptible in zip(sounds, (True, False), strict=True):
        Row(open_runtime("wasmtime", interruptible=interruptible), WasmSettings(), {}).play(code, sound)
    np.testing.assert_array_equal(sounds[0], sounds[1])


def test_a_delay_thrown_far_into_the_past_meets_the_deadline():
    # Why scripts are not all that must be interrupted.
    opened = open_engine("~m: sig {}\no: saw 50 >> delayms ~m", kind="wasm", deadline=0.3)
    with pytest.raises(GlicolError) as caught:
        opened.play([[3e30]], 1000)
    assert caught.value.kind == "deadline"


def test_the_deadline_holds_between_crossings_too():
    many = "; ".join(f"o{n}: sin 1 >> plate 0.1" for n in range(75))
    program = Program.literal(many)
    assert is_bounded(program)
    opened = open_engine(program, kind="wasm", deadline=0.2)
    with pytest.raises(GlicolError, match=r"deadline of 0\.2 s"):
        opened.play([[]], 44100 * 600)
