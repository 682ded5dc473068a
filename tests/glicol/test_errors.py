"""Errors show where the mistake is and survive the way between processes."""

import pickle

import numpy as np
import pytest

from raveforce.glicol import GlicolError, UnsupportedProgram, render


def test_a_caret_stands_under_the_column():
    error = GlicolError("no such node", kind="syntax", code="a: sin 1\nb: foo 2", line=2, column=4)
    *_, listed, caret = str(error).splitlines()
    assert listed[caret.index("^")] == "f"
    assert str(error).startswith("no such node (line 2, column 4)\n")


@pytest.mark.parametrize("code", ["", "\n", "o: sin 1"])
def test_a_place_beyond_the_text_is_still_shown(code):
    assert "(line 9, column 70)" in str(GlicolError("?", kind="syntax", code=code, line=9, column=70))


def test_without_a_place_there_is_no_caret():
    assert "^" not in str(GlicolError("unknown reference ~x", kind="reference", code="o: sin ~x"))


def test_a_glicol_error_survives_pickling():
    audio = np.array([[1.0, 2.0], [np.nan, np.nan]], np.float32)
    error = GlicolError("no", kind="trap", code="o: pan 1", line=1, column=4, row=1, audio=audio)
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is GlicolError
    assert str(copy) == str(error)
    assert (copy.message, copy.kind, copy.code, copy.line, copy.column, copy.row) == (
        "no",
        "trap",
        "o: pan 1",
        1,
        4,
        1,
    )
    np.testing.assert_array_equal(copy.audio, audio)


def test_an_unsupported_program_survives_pickling():
    error = UnsupportedProgram("meta", code="o: meta ` `", line=1, column=4, why="it is a script")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is UnsupportedProgram
    assert (copy.node, copy.why, copy.kind, str(copy)) == (
        "meta",
        "it is a script",
        "unsupported",
        str(error),
    )


BROKEN = {
    "o: imp 50000": ("trap", "imp", 1, 4),
    "~a: imp 100\no: ~a >> plate 0.1 >> apfmsgain 0.0001 0.5": ("trap", "apfmsgain", 2, 23),
    "o: delayn 100000000": ("memory", "delayn", 1, 4),
    "o: imp 100 >> delayms ~m\n~m: sig 100000000000000": ("deadline", "delayms", 1, 15),
    "o: sin 4 >> sp \\long": ("deadline", "sp", 1, 13),
}


@pytest.mark.parametrize("engine", ["native", "wasm"])
@pytest.mark.parametrize("code", BROKEN)
def test_both_engines_say_which_node_broke_and_where(code, engine):
    with pytest.raises(GlicolError) as caught:
        render(code, 4.0, engine=engine, deadline=0.3, samples={"long": np.ones(200_000)})
    kind, node, line, column = BROKEN[code]
    error = caught.value
    assert (error.kind, error.line, error.column, error.code) == (kind, line, column, code)
    assert f"in the node {node}" in error.message
