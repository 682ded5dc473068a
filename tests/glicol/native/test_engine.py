"""The native engine as an environment uses it: rows, steps, resets, errors."""

import pickle

import numpy as np
import pytest

from raveforce.glicol import Engine, GlicolError, Program, ProgramError, UnsupportedProgram, open_engine
from tests.glicol.native.programs import BASS, KICK, RANGES, ROOM, draw, native


def test_it_follows_the_protocol():
    opened = native(KICK, rows=3, sample_rate=48000)
    assert isinstance(opened, Engine)
    assert (opened.kind, opened.rows, opened.sample_rate) == ("native", 3, 48000)
    assert opened.program == Program(KICK)
    audio = opened.play(draw(KICK, 3), 1000)
    assert audio.shape == (3, 1000)
    assert audio.dtype == np.float32
    opened.add_sample("kick", np.zeros(10))
    opened.close()
    opened.close()


@pytest.mark.parametrize("rows", [2, 3, 4, 5, 9, 17])
@pytest.mark.parametrize("template", RANGES)
def test_a_batch_is_its_rows_bit_for_bit(template, rows):
    steps = [(draw(template, rows, seed), samples) for seed, samples in enumerate((3000, 500, 77, 4000))]
    together = native(template, rows=rows)
    batch = np.concatenate([together.play(values, samples) for values, samples in steps], 1)
    assert batch.any(1).all()
    for row in range(rows):
        alone = native(template)
        sound = np.concatenate([alone.play(values[row : row + 1], samples) for values, samples in steps], 1)
        np.testing.assert_array_equal(sound[0], batch[row])


@pytest.mark.parametrize("template", RANGES)
def test_a_reset_equals_a_new_engine_bit_for_bit(template):
    values = draw(template, 3)
    fresh = native(template, rows=3).play(values, 5000)
    opened = native(template, rows=3)
    opened.play(draw(template, 3, seed=9), 777)
    opened.reset()
    np.testing.assert_array_equal(opened.play(values, 5000), fresh)


@pytest.mark.parametrize(("template", "tolerance"), [(KICK, 0), (ROOM, 0), (BASS, 1e-5)])
def test_rows_are_reset_by_themselves(template, tolerance):
    values = draw(template, 4)
    whole = native(template, rows=4).play(values, 5000)
    opened = native(template, rows=4)
    pieces = [opened.play(values, 1000)]
    opened.reset(rows=[1, 3])
    pieces += [opened.play(values, 1500), opened.play(values, 900)]
    sound = np.concatenate(pieces, 1)
    np.testing.assert_allclose(sound[[0, 2]], whole[[0, 2], :3400], rtol=0, atol=tolerance)
    np.testing.assert_allclose(sound[[1, 3], 1000:], whole[[1, 3], :2400], rtol=0, atol=tolerance)


@pytest.mark.parametrize("pieces", [[5000], [128] * 39 + [8], [1, 126, 1, 1, 0, 4871], [100] * 50])
def test_pieces_make_the_whole(pieces):
    for template, tolerance in ((KICK, 0), (ROOM, 0), (BASS, 1e-5)):
        values = draw(template, 2)
        opened = native(template, rows=2)
        parts = np.concatenate([opened.play(values, samples) for samples in pieces], 1)
        whole = native(template, rows=2).play(values, 5000)
        np.testing.assert_allclose(parts, whole, rtol=0, atol=tolerance)


def test_what_was_returned_stays():
    opened = native(KICK)
    first = opened.play([[0.01, 0.2, 60]], 1000)
    kept = first.copy()
    opened.play([[0.02, 0.1, 90]], 1000)
    np.testing.assert_array_equal(first, kept)


@pytest.mark.parametrize(
    "values", [[[0.1, 0.1]], [0.1, 0.1, 60], [[0.1, np.nan, 60]], [[0.1, np.inf, 60]], [[0.1, 1e39, 60]]]
)
def test_values_that_do_not_fit_are_refused(values):
    with pytest.raises(ProgramError):
        native(KICK).play(values, 10)


@pytest.mark.parametrize("index", [-1, 2, 0.5])
def test_a_word_that_is_not_offered_is_refused(index):
    opened = native(Program("o: {osc} 110", {"osc": ("sin", "saw")}))
    with pytest.raises(ProgramError, match="osc"):
        opened.play([[index]], 10)


@pytest.mark.parametrize("samples", [-1, 0.5])
def test_lengths_that_are_none_are_refused(samples):
    with pytest.raises(ValueError, match="whole"):
        native(KICK).play([[0.1, 0.1, 60]], samples)


@pytest.mark.parametrize(
    "options",
    [{"rows": 0}, {"num_threads": 0}, {"sample_rate": 0}, {"sample_rate": 44100.5}, {"bpm": 0}, {"seed": -1}],
)
def test_options_out_of_range_are_refused(options):
    with pytest.raises(ValueError, match=str(next(iter(options.values())))):
        native(KICK, **options)


def test_a_closed_engine_says_so():
    opened = native(KICK)
    opened.close()
    with pytest.raises(ValueError, match="closed"):
        opened.play([[0.1, 0.1, 60]], 10)


def test_an_engine_is_not_copied():
    with pytest.raises(TypeError, match="open another"):
        pickle.dumps(native(KICK))


def test_a_row_that_breaks_leaves_the_others_alone():
    opened = native("o: imp {}", rows=3)
    with pytest.raises(GlicolError, match="imp") as caught:
        opened.play([[10], [50000], [30]], 1000)
    error = caught.value
    assert (error.kind, error.row, error.code) == ("trap", 1, "o: imp 50000")
    np.testing.assert_array_equal(error.audio[[0, 2]], native("o: imp {}", rows=2).play([[10], [30]], 1000))
    assert np.isnan(error.audio[1]).all()
    again = opened.play([[10], [20], [30]], 5000)
    np.testing.assert_array_equal(again[1], native("o: imp {}").play([[20]], 5000)[0])


def test_a_fraction_where_the_language_takes_integers_is_a_syntax_error():
    opened = native("o: seq {} 60", rows=2)
    with pytest.raises(GlicolError, match="integers") as caught:
        opened.play([[60], [60.5]], 1000)
    error = caught.value
    assert (error.kind, error.row, error.code) == ("syntax", 1, "o: seq 60.5 60")
    assert (error.line, error.column) == (1, 8)
    assert not error.caused_by_values
    assert error.audio is None


def test_rows_may_choose_different_words():
    program = Program("o: {osc} {freq} >> mul 0.5", {"osc": ("sin", "saw", "squ")})
    opened = native(program, rows=4)
    batch = [opened.play(values, 700) for values in ([[0, 50], [1, 60], [2, 70], [1, 80]], [[1, 55]] * 4)]
    for row, first in enumerate([[0, 50], [1, 60], [2, 70], [1, 80]]):
        alone = native(program)
        np.testing.assert_array_equal(alone.play([first], 700)[0], batch[0][row])
        np.testing.assert_array_equal(alone.play([[1, 55]], 700)[0], batch[1][row])


def test_too_many_words_are_left_to_the_other_engine():
    words = {f"w{i}": ("sin", "saw", "tri") for i in range(6)}
    template = "; ".join(f"o{i}: {{w{i}}} 100" for i in range(6))
    with pytest.raises(UnsupportedProgram, match="729"):
        native(Program(template, words))


@pytest.mark.parametrize("kind", ["native", "wasm"])
def test_what_breaks_has_a_place(kind):
    program = Program("~e: imp {rate}; o: {osc} {}\n>> mul ~e >> delayn {n}", {"osc": ("saw", "noise")})
    opened = open_engine(program, 2, kind=kind)
    opened.play([[10, 0, 100, 3]] * 2, 200)
    with pytest.raises(GlicolError, match="delayn") as caught:
        opened.play([[10, 0, 100, 3], [1000, 0, 123.4, 0.5]], 200)
    error = caught.value
    assert (error.kind, error.row, error.line, error.column) == ("trap", 1, 2, 14)
    with pytest.raises(GlicolError, match="imp") as caught:
        open_engine("o: sin {} >> mul ~x; ~x: imp {}", kind=kind).play([[440.25, 50000]], 200)
    assert (caught.value.line, caught.value.column) == (1, 30)


def test_errors_travel_between_processes():
    with pytest.raises(UnsupportedProgram) as caught:
        native("o: sin 1 >> pan 0.5")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (copy.node, copy.line, copy.column) == ("pan", 1, 13)
