"""Numbers and words that change while the sound goes on."""

import itertools

import numpy as np
import pytest

from raveforce.glicol import GlicolError, Program, UnsupportedProgram, open_engine

LENGTHS = [6000, 6016, 77, 5000, 6000]
"""Samples a step; some end within a block, where new numbers wait for the next."""

NUMBERS = {
    "o: sin {}": [[440], [220], [220], [0], [1000]],
    "o: saw {}": [[440], [220], [220], [0], [1000]],
    "o: imp {}": [[10], [30], [30], [7], [1000]],
    "o: noise {}": [[10], [30], [30], [7], [10]],
    "o: noise {} ": [[1e10], [5e9], [4294967296.0], [-5], [1e10]],
    "o: noise {}  ": [[0.5], [1e16], [1e19], [1e30], [-1e30]],
    "o: sig {}": [[1], [2], [5], [7], [9]],
    "o: saw 110 >> lpf {} {}": [[500, 1], [700, 1], [700, 3], [3000, 0.5], [900, 5]],
    "o: saw 110 >> hpf {} {}": [[500, 1], [700, 1], [700, 3], [3000, 0.5], [1000, 5]],
    "o: noise 3 >> onepole {}": [[0.1], [0.2], [0.01], [0.5], [0.1]],
    "o: imp 9 >> envperc {} {}": [[0.01, 0.1], [0.02, 0.1], [0.03, 0.2], [0, 0.1], [0.1, 0.01]],
    "o: squ 9 >> add 1 >> mul 0.5 >> adsr {} {} {} {}": [
        [0.01, 0.1, 0.3, 0.1],
        [0.02, 0.1, 0.5, 0.1],
        [0.03, 0.2, 0.3, 0.2],
        [0, 0.1, 0.9, 0.1],
        [0.1, 0.01, 0.2, 0],
    ],
    "o: saw 110 >> delayn {}": [[100], [50], [50], [3000], [200]],
    "o: saw 110 >> delayn {}  ": [[0], [50], [50], [3000], [200]],
    "o: saw 110 >> delayms {}": [[10], [5], [5], [100], [20]],
    "o: saw 110 >> delayms {}  ": [[0], [5], [5], [100], [20]],
    "o: saw 110 >> delayms {}   ": [[10], [5], [5], [20], [0]],
    "o: saw 110 >> apfmsgain {} {}": [[10, 0.5], [5, 0.5], [5, 0.3], [5, 0.4], [20, 0.1]],
    "o: saw 110 >> apfmsgain {} 0.5": [[0], [5], [7.3], [0], [20]],
    "o: saw 110 >> apfmsgain ~m {}; ~m: sin 1 >> mul 3 >> add 9": [[0.1], [0.2], [0.3], [0.5], [0.6]],
    "o: saw 110 >> delayms ~m; ~m: sin {} >> mul 3 >> add 9": [[0.1], [0.2], [0.3], [0.5], [0.6]],
    "o: saw 110 >> plate {}": [[0.1], [0.2], [0.3], [0.5], [0.6]],
    "o: imp 9 >> bd {}": [[0.1], [0.2], [0.3], [0.5], [0.6]],
    "o: imp 9 >> sn {}": [[0.1], [0.2], [0.3], [0.5], [0.6]],
    "o: imp 9 >> hh {}": [[0.1], [0.2], [0.3], [0.5], [0.6]],
    "o: seq 60 67 >> sawsynth {} {}": [[0.1, 0.1], [0.2, 0.1], [0.3, 0.1], [0.01, 0.1], [0.01, 0.2]],
    "o: speed {} >> seq 60 67 _ 70_60 >> trisynth 0.01 0.1": [[8], [4], [9], [16], [1]],
    "o: speed {} >> seq 60 67 _ 70_60": [[8], [40.5], [9], [160], [10]],
    "o: speed {} >> seq {} {}_{} 67 _ ~a ; ~a: choose 60 {}": [
        [8, 60, 61, 62, 63],
        [9, 60, 61, 0, 63],
        [10, 60, -61, 0, 64],
        [80, 60, 61, 0, 63],
        [20, 50, 51, 0, 53],
    ],
    "o: choose {} {} 5": [[1, 2], [3, 4], [5, 6], [7, 8], [9, 10]],
    'o: sig "{}@0.0 {}@0.01 3@{}"(0.05)': [
        [1, 2, 0.02],
        [3, 4, 0.02],
        [5, 6, 0.03],
        [7, 8, 0.03],
        [9, 10, 0.04],
    ],
    'o: sig "{}@0.0 {}@0.01"({})': [[1, 2, 0.05], [3, 4, 0.05], [5, 6, 0.03], [7, 8, 0.03], [9, 10, 0.04]],
    'o: saw 110 >> lpf "{}@0.0 {}@0.01 3000@{}"(0.05) {}': [
        [300, 200, 0.02, 1],
        [3000, 400, 0.02, 1],
        [500, 600, 0.03, 1],
        [700, 800, 0.03, 2],
        [900, 1000, 0.04, 1],
    ],
    "o: sin 440 >> mul {} >> add {}": [[1, 2], [3, 4], [5, 6], [7, 8], [9, 10]],
    "o: sin ~m; ~m: sin {} >> mul {} >> add {}": [
        [1, 200, 300],
        [3, 400, 500],
        [50, 600, 1000],
        [70, 80, 90],
        [9, 10, 100],
    ],
    "o: saw {f} >> lpf {f} 1.0 >> mul {a}": [[100, 0.1], [200, 0.2], [300, 0.3], [400, 0.4], [500, 0.5]],
}
WORDS = {
    "o: {osc} 220 >> mul 0.5": {"osc": ("sin", "saw", "tri")},
    "o: {first} >> {second}": {
        "first": ("sin 440", "saw 440"),
        "second": ("mul 0.5 >> mul 0.3", "lpf 300 1 >> mul 0.2"),
    },
    "o: {source} >> delayms 10 >> add 0.1": {"source": ("sin 440", "saw 440")},
    "o: {a} >> {b} >> {c}": {
        "a": ("noise 3", "saw 440"),
        "b": ("onepole 0.1", "delayn 300"),
        "c": ("onepole 0.2", "lpf 300 1", "onepole 0.01 >> onepole 0.1"),
    },
    "o: saw 50 >> mul {ref}; ~a: sin 3; ~b: saw 4; z: mix ~a ~b": {"ref": ("~a", "~b")},
    "~t: speed {speed} >> seq 60 67; o: ~t >> {synth} 0.01 0.1": {
        "speed": ("2.0", "8.0", "5.5"),
        "synth": ("sawsynth", "squsynth"),
    },
}


@pytest.mark.parametrize("template", NUMBERS)
def test_changed_numbers_sound_the_same(template, check):
    check(template, list(zip(NUMBERS[template], LENGTHS, strict=True)))


@pytest.mark.parametrize("template", WORDS)
def test_changed_words_sound_the_same(template, check):
    program = Program(template, WORDS[template])
    choices = itertools.product(*(range(len(words)) for words in program.words.values()))
    order = list(choices)
    order = order[::2] + order[::-1] + order[::3]
    check(program, [(values, 1000 + 37 * i) for i, values in enumerate(order)])


@pytest.mark.parametrize("samples", [6000, 300, 100])
def test_a_filter_tuned_far_down_rings_the_same(samples, check):
    # A narrow resonance enlarges the least difference that it finds in the filter.
    steps = [((500, 1), samples), ((3000, 0.5), samples), ((60, 8), 30000)]
    check("o: saw 110 >> lpf {} {}", steps, tolerance=2e-5)


@pytest.mark.parametrize(
    ("template", "values"),
    [
        ("o: imp {}", [[10], [50000]]),
        ("o: imp {}", [[-1]]),
        ("o: saw 110 >> delayn {}", [[10], [0]]),
        ("o: saw 110 >> delayms {}", [[10], [0], [5]]),
        ("o: saw 110 >> apfmsgain {} 0.5", [[0.001]]),
        ("o: sig 1 >> seq ~a; ~a: sig {}; ~b: imp 3", [[60]]),
        ("o: imp {} >> seq ~a; ~a: sig 60", [[3]]),
        ("o: speed {} >> seq 60", [[1], [1e6]]),
        ('o: sig "1@0.0"({})', [[1], [0]]),
    ],
)
def test_numbers_that_break_the_engine_break_it_here(template, values):
    outcomes = []
    for kind in ("native", "wasm"):
        engine = open_engine(template, kind=kind)
        outcome: list[str] = []
        for each in values:
            try:
                engine.play([each], 5000)
                outcome.append("fine")
            except GlicolError as error:
                outcome.append(error.kind)
        outcomes.append(outcome)
    assert outcomes[0] == outcomes[1]


def test_words_that_rewire_a_node_are_left_to_the_other_engine():
    with pytest.raises(UnsupportedProgram, match="other inputs"):
        open_engine(Program("o: saw 9 >> mul {x}; ~a: sin 3; p: ~a", {"x": ("~a", "0.5")}), kind="native")
    with pytest.raises(UnsupportedProgram, match="nobody hears"):
        open_engine(Program("o: saw 9 >> mul {x}; ~a: sin 3; ~b: sin 4", {"x": ("~a", "~b")}), kind="native")


def test_values_between_blocks_are_skipped_like_in_the_engine(check):
    template = "o: saw 110 >> delayn {}"
    check(template, [([10], 100), ([20], 20), ([10], 5), ([30], 0), ([10], 500), ([40], 1)])


@pytest.mark.slow
def test_a_long_walk_of_changes(check):
    rng = np.random.default_rng(3)
    template = "~e: imp {} >> envperc {} {}; ~p: ~e >> mul {} >> add 40; o: saw ~p >> lpf {} {} >> mul ~e"
    steps = [
        (
            [*rng.uniform([1, 0.001, 0.01, 10, 300, 0.5], [9, 0.1, 0.5, 400, 5000, 4]).astype(np.float32)],
            int(rng.integers(1, 3000)),
        )
        for _ in range(200)
    ]
    check(template, steps, tolerance=1e-3)
