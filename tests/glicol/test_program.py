"""Programs with blanks: how they are split, filled and refused."""

import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from raveforce.glicol import Program, ProgramError, format_number

floats32 = st.floats(width=32, allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="{}\0\r"), max_size=20)
names = st.from_regex(r"[a-z_][a-z0-9_]{0,5}", fullmatch=True)


@given(floats32)
def test_a_number_is_a_plain_decimal_that_reads_back_the_same(value):
    text = format_number(value)
    assert set(text) <= set("-0123456789.")
    assert np.float32(text) == np.float32(value)


@given(st.floats(allow_nan=False, min_value=-3.4e38, max_value=3.4e38))
def test_a_double_is_rounded_to_the_nearest_single(value):
    assert np.float32(format_number(value)) == np.float32(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e-05, "0.00001"),
        (60, "60"),
        (60.0, "60"),
        (-0.5, "-0.5"),
        (1e20, "100000000000000000000"),
        (True, "1"),
        (np.float32(0.1), "0.1"),
        (np.int64(7), "7"),
        (1e-45, "0." + "0" * 44 + "1"),
    ],
)
def test_numbers_print_as_glicol_reads_them(value, text):
    assert format_number(value) == text


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e39, np.float64(-1e300)])
def test_numbers_that_glicol_cannot_read_are_refused(value):
    with pytest.raises(ProgramError, match="float32"):
        format_number(value)


@given(st.lists(texts, min_size=1, max_size=6), st.data())
def test_positional_blanks_are_filled_in_order(pieces, data):
    values = data.draw(st.lists(floats32, min_size=len(pieces) - 1, max_size=len(pieces) - 1))
    program = Program("{}".join(pieces))
    assert program.blanks == tuple(str(place) for place in range(len(values)))
    filled = "".join(a + b for a, b in zip(pieces, [*map(format_number, values), ""], strict=True))
    assert program.fill(values) == filled


@given(st.lists(st.tuples(texts, names), max_size=6), st.data())
def test_a_name_in_several_places_is_one_blank(parts, data):
    program = Program("".join(f"{text}{{{name}}}" for text, name in parts))
    assert program.blanks == tuple(dict.fromkeys(name for _, name in parts))
    values = {name: data.draw(floats32) for name in program.blanks}
    expected = "".join(text + format_number(values[name]) for text, name in parts)
    assert program.fill_named(values) == expected
    assert program.fill([values[name] for name in program.blanks]) == expected


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=60))
def test_literal_code_comes_out_as_it_went_in(code):
    program = Program.literal(code)
    assert program.blanks == ()
    assert program.fill([]) == code


@pytest.mark.parametrize(
    "template",
    [
        "o: sin {",
        "o: sin }",
        "o: meta `{ 1.0 }`",
        "{a b}",
        "{0}",
        "{a.b}",
        "{a[0]}",
        "{:.2f}",
        "{a!r}",
        "{a:{b}}",
        "{é}",
    ],
)
def test_stray_braces_and_odd_blanks_are_refused(template):
    with pytest.raises(ProgramError, match="literal brace is doubled"):
        Program(template)


@pytest.mark.parametrize("text", ["o: sin \0 4", "o: sin \ud800"])
def test_text_that_no_engine_can_take_is_refused(text):
    with pytest.raises(ProgramError):
        Program(text)
    with pytest.raises(ProgramError):
        Program("o: {osc} 4", words={"osc": (text,)})


def test_other_ends_of_line_become_newlines():
    assert Program("a: sin 1\r\nb: sin 2\rc: sin 3").fill([]) == "a: sin 1\nb: sin 2\nc: sin 3"


def test_doubled_braces_are_literal():
    assert Program("o: meta `{{ {} }}`").fill([1]) == "o: meta `{ 1 }`"


def test_words_are_chosen_by_index_or_by_name():
    program = Program("o: {osc} {}", words={"osc": ["sin", "saw"]})
    assert program.fill([1.0, 5]) == program.fill(["saw", 5]) == program.fill(np.array([1, 5])) == "o: saw 5"


@pytest.mark.parametrize("value", [2, -1, 0.5, math.nan, math.inf, "tri", None])
def test_a_word_that_is_not_offered_is_refused(value):
    with pytest.raises(ProgramError, match="osc"):
        Program("o: {osc} 5", words={"osc": ("sin", "saw")}).fill([value])


@pytest.mark.parametrize("words", [{"pitch": ("a",)}, {"osc": ()}, {"osc": ("",)}, {"osc": (1,)}])
def test_wrong_words_are_refused(words):
    with pytest.raises(ProgramError):
        Program("o: {osc} 5", words=words)


@pytest.mark.parametrize("values", [[], [1], [1, 2, 3], [1, "sin"], [1, math.nan], [1, None], [1, [2]]])
def test_values_that_do_not_fit_are_refused(values):
    with pytest.raises(ProgramError):
        Program("o: sin {} >> mul {gain}").fill(values)


def test_the_error_names_the_blanks():
    with pytest.raises(ProgramError, match=r"missing \['gain'\], unknown \['loudness'\]"):
        Program("o: sin 4 >> mul {gain}").fill_named({"loudness": 1})
    with pytest.raises(ProgramError, match="'gain'"):
        Program("o: sin 4 >> mul {gain}").fill([math.inf])


def test_programs_compare_and_pickle():
    program = Program("o: {osc} {}", words={"osc": ("sin", "saw")})
    assert pickle.loads(pickle.dumps(program)) == program
    assert program != Program("o: {osc} {}")
