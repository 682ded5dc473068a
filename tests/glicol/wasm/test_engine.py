"""The wasm engine as an environment uses it: rows, steps, resets, samples, errors, the sandbox."""

import copy
import pickle

import numpy as np
import pytest

from raveforce.glicol import Engine, GlicolError, Program, ProgramError, open_engine

PROGRAMS = {
    "kick": "~env: imp 0.1 >> envperc 0.01 0.2\nkick: sin 60 >> mul ~env",
    "bass": "~t: speed 2.0 >> seq 60 _67 72_48 50\n~e: ~t >> envperc 0.001 0.1\no: saw ~t >> lpf 900 1.5 >> mul ~e",
    "delays": "o: saw 30 >> mul 0.3 >> delayn 300 >> delayms 90 >> onepole 0.4",
    "plate": "o: imp 4 >> plate 0.4",
    "noise": "~n: noise 7\no: ~n >> hpf 3000 1.2",
    "unseeded": "o: choose 60 62 64 67 >> mul 0.01",
    "many chains": "\n".join(f"o{n}: sin {100 + 37 * n}.3 >> mul 0.{n + 1}" for n in range(9)),
    "mix": "~t1: sin 100.3\n~t2: saw 33\n~t3: noise 3\n~t4: tri 77\no: mix ~t.. >> mul 0.3",
    "input": "o: sin 40 >> add ~input",
    "drums": "~a: speed 4.0 >> seq 60\na: ~a >> bd 0.3\nb: ~a >> sn 0.2\nc: ~a >> hh 0.1",
    "script": "o: meta `let out = []; out.pad(128, 0.5); out`",
    "fm": "~m: sin 30 >> mul 300 >> add 400\no: sin ~m",
}
ENV = "~env: imp 0.1 >> envperc {} {}\nkick: sin {} >> mul ~env"


def engine(code, **options):
    return open_engine(Program.literal(code), kind="wasm", **options)


def play(opened, samples=5000):
    return opened.play([[]] * opened.rows, samples)


def test_it_follows_the_protocol():
    opened = open_engine(ENV, rows=3, sample_rate=48000, kind="wasm")
    assert isinstance(opened, Engine)
    assert (opened.kind, opened.rows, opened.sample_rate) == ("wasm", 3, 48000)
    assert opened.program == Program(ENV)


@pytest.mark.parametrize("code", PROGRAMS.values(), ids=PROGRAMS)
def test_a_reset_equals_a_new_engine_bit_for_bit(code):
    new = play(engine(code))
    assert new.any()
    opened = engine(code)
    for samples in (5000, 777, 1):
        play(opened, samples)
        opened.reset()
    np.testing.assert_array_equal(play(opened), new)


def test_a_reset_wipes_out_other_values_too():
    values = [[0.01, 0.2, 60]], [[0.05, 0.1, 4000]]
    opened = open_engine(ENV, kind="wasm")
    first = opened.play(values[0], 5000)
    for _ in range(20):
        opened.reset()
        opened.play(values[1], 5000)
    opened.reset()
    np.testing.assert_array_equal(opened.play(values[0], 5000), first)


@pytest.mark.parametrize("code", PROGRAMS.values(), ids=PROGRAMS)
def test_pieces_add_up_to_the_whole(code):
    opened = engine(code)
    pieces = [play(opened, samples) for samples in (1, 0, 126, 1, 128, 1000, 300, 3444)]
    np.testing.assert_array_equal(np.concatenate(pieces, axis=1), play(engine(code)))


def test_rows_do_not_hear_each_other():
    values = [[0.01, 0.1, 60], [0.02, 0.2, 80], [0.03, 0.3, 100]]
    batch = open_engine(ENV, rows=3, kind="wasm").play(values, 3000)
    for row, one in enumerate(values):
        np.testing.assert_array_equal(open_engine(ENV, kind="wasm").play([one], 3000)[0], batch[row])


def test_only_the_named_rows_are_reset():
    opened = engine("o: sin 100", rows=3)
    first, second = play(opened, 1000), play(opened, 1000)
    opened.reset()
    play(opened, 1000)
    opened.reset([1])
    third = play(opened, 1000)
    np.testing.assert_array_equal(third[1], first[1])
    np.testing.assert_array_equal(third[[0, 2]], second[[0, 2]])


def test_new_values_take_effect_at_the_next_block_and_keep_state():
    opened = open_engine("o: sin {} >> mul 1.0", kind="wasm")
    first, second = opened.play([[100]], 200), opened.play([[1000]], 200)
    whole = np.concatenate([first, second], axis=1)[0]
    steady = play(engine("o: sin 100 >> mul 1.0"), 400)[0]
    np.testing.assert_array_equal(whole[:256], steady[:256])
    assert abs(whole[256] - steady[256]) < 1e-5  # the phase goes on
    assert np.abs(whole[257:] - steady[257:]).max() > 0.5


def test_words_choose_a_node():
    program = Program("o: {osc} 100", words={"osc": ("sin", "saw")})
    batch = open_engine(program, rows=2, kind="wasm").play([[0], [1]], 500)
    for row, code in enumerate(("o: sin 100", "o: saw 100")):
        np.testing.assert_array_equal(batch[row], play(engine(code), 500)[0])


def test_bpm_and_seed_survive_a_reset():
    code = "o: seq 60 _ _ _"
    for options in ({"bpm": 240.0}, {"bpm": 60.0}):
        opened = engine(code, **options)
        before = play(opened, 90_000)[0]
        opened.reset()
        np.testing.assert_array_equal(play(opened, 90_000)[0], before)
    hits = [np.flatnonzero(play(engine("o: seq 60", bpm=bpm), 150_000)[0])[:2] for bpm in (120.0, 240.0)]
    assert [int(np.diff(hit)[0]) for hit in hits] == [88200, 44100]
    choose = "~t: speed 16.0 >> seq 60\no: ~t >> choose 60 61 62 63 64 65 66"
    melodies = [play(engine(choose, seed=seed), 44100) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(melodies[0], melodies[1])
    assert not np.array_equal(melodies[0], melodies[2])


# --- programs that are wrong


@pytest.mark.parametrize(
    ("code", "kind", "said", "place"),
    [
        ("o: sin 440 >>", "syntax", "a node is missing", (1, 14)),
        ("a: sin 1\n  b: foo 3", "syntax", "no node 'foo'", (2, 6)),
        ("o: sin 1e-5", "syntax", "plain decimal", (1, 8)),
        ("é: sin 1", "syntax", "a chain is written", (1, 1)),
        ("o: sin ~lfo", "reference", "unknown reference ~lfo", (1, 8)),
        (
            r"o: imp 1 >> sp \nope",
            "sample",
            r"unknown sample \nope; give it: samples={'nope': array or path}",
            (1, 16),
        ),
        ("", "syntax", "no chain", (None, None)),
        (" \n // only a comment: nothing\n", "syntax", "no chain", (None, None)),
    ],
)
def test_a_wrong_program_says_what_and_where(code, kind, said, place):
    opened = engine(code)
    for _ in range(2):  # and says it again
        with pytest.raises(GlicolError) as caught:
            play(opened)
        assert (caught.value.kind, caught.value.line, caught.value.column) == (kind, *place)
        assert said in caught.value.message
        assert caught.value.code == code


def test_a_program_without_output_is_silent():
    assert not play(engine("~a: sin 440")).any()


def test_windows_line_ends_are_fine():
    np.testing.assert_array_equal(play(engine("~a: sin 4\r\n\r\no: sin ~a")), play(engine("~a: sin 4\n\no: sin ~a")))


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("o: saw 100 >> reverb 0.1 0.1 0.1 0.1 0.1", "cannot play reverb"),
        ("o: saw 100 >> pan 0.3", "cannot play pan"),
        ("o: expr `sin(1)`", "cannot play expr"),
        ("~a: sin 1\no: saw 1 >> sendpass ~a", "cannot play sendpass"),
        ("o: psynth ``", "while it made the program's nodes"),
        ("o: meta `nonsense(`", "in the node meta"),
        ("o: meta `fn f(x) { f(x + 1) } f(1)`", "in the node meta"),
    ],
)
def test_a_trap_is_an_error_and_the_next_render_works(code, said):
    program = Program("{x}", words={"x": (code, "o: sin 440")})
    opened = open_engine(program, kind="wasm")
    for _ in range(2):
        with pytest.raises(GlicolError) as caught:
            opened.play([[0]], 500)
        assert caught.value.kind == "trap"
        assert said in caught.value.message
        np.testing.assert_array_equal(opened.play([[1]], 500), play(engine("o: sin 440"), 500))
        opened.reset()


def test_after_each_kind_of_error_the_row_is_back_to_silence():
    wrong = ("o: sin 440 >>", "o: sin ~x", "o: pan 0.1")
    opened = open_engine(Program("{x}", words={"x": ("o: sin 440", *wrong)}), kind="wasm")
    fresh = opened.play([[0]], 1000)
    for word in range(1, 4):
        with pytest.raises(GlicolError):
            opened.play([[word]], 1000)
        np.testing.assert_array_equal(opened.play([[0]], 1000), fresh)


def test_the_other_rows_play_on():
    program = Program("{x}", words={"x": ("o: sin 440", "o: saw 1 >> pan 0.2", "o: pan 0.1")})
    opened = open_engine(program, rows=4, kind="wasm")
    with pytest.raises(GlicolError) as caught:
        opened.play([[0], [2], [0], [1]], 1000)
    error = caught.value
    assert (error.row, error.kind, error.caused_by_values) == (1, "trap", True)
    assert np.isnan(error.audio[[1, 3]]).all()
    sine = play(engine("o: sin 440"), 2000)[0]
    np.testing.assert_array_equal(error.audio[[0, 2]], [sine[:1000]] * 2)
    following = opened.play([[0]] * 4, 1000)
    np.testing.assert_array_equal(following[[1, 3]], [sine[:1000]] * 2)
    np.testing.assert_array_equal(following[[0, 2]], [sine[1000:]] * 2)


def test_a_wrong_text_is_no_broken_row():
    program = Program("{x}", words={"x": ("o: sin 440", "o: sin ~x", "o: pan 0.1")})
    opened = open_engine(program, rows=3, kind="wasm")
    with pytest.raises(GlicolError) as caught:
        opened.play([[0], [2], [1]], 1000)
    error = caught.value
    assert (error.row, error.kind, error.caused_by_values, error.audio) == (2, "reference", False, None)


@pytest.mark.parametrize("values", [[], [1, 2, 3], [[1, 2]], [[1, 2, 3], [1, 2, 3]], [[1, 2, np.nan]], [[1, 2, 1e39]]])
def test_values_that_do_not_fit_are_refused(values):
    with pytest.raises(ProgramError):
        open_engine(ENV, kind="wasm").play(values, 100)


@pytest.mark.parametrize(
    "options",
    [
        {"rows": 0},
        {"rows": 1.5},
        {"sample_rate": 0},
        {"sample_rate": 44100.5},
        {"bpm": 0},
        {"bpm": float("nan")},
        {"seed": -1},
        {"seed": 1.5},
        {"deadline": 0},
        {"deadline": float("inf")},
        {"memory_limit": 1000},
        {"memory_limit": 2**40},
        {"runtime": "v8"},
    ],
)
def test_impossible_settings_are_refused(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        engine("o: sin 1", **options)


@pytest.mark.parametrize("samples", [-1, 0.5, float("nan")])
def test_impossible_lengths_are_refused(samples):
    with pytest.raises(ValueError, match="samples"):
        play(engine("o: sin 1"), samples)


@pytest.mark.parametrize("copying", [pickle.dumps, copy.copy, copy.deepcopy])
def test_an_engine_cannot_be_pickled_or_copied(copying):
    with pytest.raises(TypeError, match="open another"):
        copying(engine("o: sin 1"))


def test_a_closed_engine_says_so():
    with engine("o: sin 440") as opened:
        play(opened)
    opened.close()
    for use in (lambda: play(opened), opened.reset, lambda: opened.add_sample("a", [0, 1])):
        with pytest.raises(ValueError, match="closed"):
            use()
