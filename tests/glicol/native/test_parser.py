"""The grammar takes what the real engine takes, and refuses what it refuses, at the same place."""

from functools import cache

import lark
import pytest
from hypothesis import given
from hypothesis import strategies as st

from raveforce._cache import read_checked
from raveforce.glicol import GlicolError, Program, UnsupportedProgram, open_engine
from raveforce.glicol.native.frontend.parser import (
    Node,
    Note,
    Pattern,
    Reference,
    Slot,
    parse,
    slot_character,
)
from raveforce.glicol.native.frontend.tables import _grammar, _tables, line_and_column

TEXTS = [
    "",
    "  \n",
    "// x",
    "o: sin 440",
    "o:sin 1;p:sin 2",
    "o : sin 1",
    "o: sin,440",
    "o: sin 440 p: saw 220",
    "o: sin 440p: saw 2",
    "o: sin 440\n>> mul 0.1",
    "o: sin 440\n\n>> mul 0.1",
    "o: sin 440 >>\nmul 0.1",
    "o: sin 1 >>mul 0.1>>mul 1",
    "o: sin\n440",
    "o: sin440",
    "o: sin .5",
    "o: sin 5.",
    "o: sin +440",
    "o: sin -440.",
    "o: sin 1.0e2",
    "o: sin 1e2",
    "o: sin 1e-5",
    "o: sin 1.5.2",
    "o: sin 440 >> mul 0.5 0.6",
    "o: sin 440 // hi\n",
    "o: sin 440 // hi\n\n\n// hey\np: saw 1",
    "// hi\n\no: sin 440",
    "o: sin 440 // c\r\np: sin 3",
    "o: sin 440\r\np: sin 2",
    "o: sin 440.0 ;;; \n\n ;; x: sin 2",
    "o: sin 440 ;\n;p: sin 4",
    "o: sin 440;p",
    "o: tri 3; o: sin 440",
    "O: sin 1",
    "_x: sin 1",
    "o_1: sin 1",
    "a: get q\nq: sin 440",
    "o: rea\nrea: sin 440",
    "o: mul foo; foo: sin 1",
    "o: mul hfoo; hfoo: sin 1",
    "o: sig 1\n mul: sin 2",
    "o: seq 60 60_ >> mul 1",
    "o: seq 60~a 5; ~a: choose 60 62",
    "o: seq  60_~a_ -5+3 ; ~a: sig 1",
    "o: seq 60.5",
    "o: seq ~ab",
    'o: sig "1@0.0 2@0.5"(1)',
    'o: saw 1 >> lpf "300.0@0.0, 500@0.5"() 1',
    "o: choose 60 62.0",
    "o: mix ~a.. b; ~a1: sin 1; b: sin 2",
    "~m: mix ~a ~b; ~a: sin 1; ~b: sin 2; o: ~m",
    "o: balance ~a ~b; ~a: sin 1; ~b: sin 1",
    "o: arrange ~a 1 ~b 2; ~a: sin 1; ~b: sin 2",
    "o: imp ~a; ~a: sin 1",
    "o: envperc 1",
    "o: adsr 0.1 0.1 0.5 0.1",
    "o: speed 2.0",
    "o: apfgain 10 0.5",
    "o: rlpf 300 1.0",
    "o: sin 440 >> lowpass 3",
    "o: sin {",
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_taken_or_refused_as_by_the_engine(text):
    program, outcomes = Program.literal(text), []
    for kind in ("native", "wasm"):
        try:
            open_engine(program, kind=kind).play([[]], 1)
            outcomes.append(("fine", None))
        except GlicolError as error:
            outcomes.append((error.kind, error.line))
    assert outcomes[0] == outcomes[1]


def test_an_error_shows_its_place_in_the_template():
    with pytest.raises(GlicolError) as caught:
        open_engine("~a: sin {freq} >> mul {}\no: saw {freq} >> wobble 3", kind="native")
    error = caught.value
    assert (error.kind, error.line, error.column) == ("syntax", 2, 18)
    assert "o: saw {freq} >> wobble 3" in error.code


@pytest.mark.parametrize(
    ("text", "node", "place"),
    [
        ("o: sin {} >> meta `x`", "meta", (1, 14)),
        ("o: [0.0=>1.0, 1/2=>0.5]", "points", (1, 4)),
        ("o: [0.0=>1.0, 1/2 - 10_ms=>0.5]*(1/2)!", "points", (1, 4)),
        ("a: sin 1\no: reverb 1 2 3 4 5", "reverb", (2, 4)),
        ("o: meta `output = input.map(|x| x * 0.5); output`", "meta", (1, 4)),
        ("o: saw 9 >> meta `output = input.map(|x| sin(x)); output`", "meta", (1, 13)),
        ("o: psampler \"'a'@0.5\"(1)", "psampler", (1, 4)),
        ("o: sin 440 >> pan 0.5", "pan", (1, 15)),
        ("o: expr `x`", "expr", (1, 4)),
        ("o: eval `x := 1; x`", "eval", (1, 4)),
        ("o: msgsynth \\a 0.1 0.2", "msgsynth", (1, 4)),
        ("o: psynth `60 1`", "pattern_synth", (1, 4)),
        ("o: sendpass ~a; ~a: sin 1", "sendpass", (1, 4)),
        ("o: saw 10 >> plate 0.1 >> sin ~a; ~a: plate 0.3", "plate", (1, 39)),
        ('o: sig "1@0.5"', "constsig", (1, 4)),
        ("o: arrange ~a {}; ~a: sin 3", "arrange", (1, 4)),
        ("o: sin 3 >> balance o ~x; ~x: sin 4", "balance", (1, 13)),
        ("o: arrange o 1", "arrange", (1, 4)),
        ("~x: sin 4; o: sin 2 >> get ~x", "get", (1, 24)),
    ],
)
def test_what_is_not_played_is_named(text, node, place):
    program = Program(text) if "{" in text else Program.literal(text)
    with pytest.raises(UnsupportedProgram) as caught:
        open_engine(program, kind="native")
    assert (caught.value.node, (caught.value.line, caught.value.column)) == (node, place)


def test_feedback_left_to_chance_is_refused():
    text = "a: sin 100 >> add ~b; b: saw 30 >> mul ~c; ~b: b >> mul 0.3; ~c: a >> mul 0.5"
    with pytest.raises(UnsupportedProgram, match="chance"):
        open_engine(text, kind="native")


def test_a_missing_reference_is_an_error():
    with pytest.raises(GlicolError, match="~x") as caught:
        open_engine("o: sin ~x", kind="native")
    assert caught.value.kind == "reference"


@pytest.mark.parametrize("text", ["o: seq {}{}", "o: seq 6{}", "o: seq {}7", "o: sin 4{}", "o: sin ~a{}; ~a1: sin 1"])
def test_a_blank_that_melts_into_its_neighbour_is_refused(text):
    with pytest.raises(GlicolError):
        open_engine(text, kind="native")
    assert open_engine(text, kind="auto").kind == "wasm"


def test_nodes_carry_their_arguments():
    slot = slot_character(3)
    chains = parse(f'~a: noiz 7\no: seq 60 _{slot} ~a >> lpf "300@0.0 {slot}@0.5"(2) {slot}')
    assert chains["~a"].nodes == (Node("noise", (7.0,), 1, 5),)
    assert not chains["~a"].heard
    assert chains["o"].heard
    seq, lpf = chains["o"].nodes
    third = float.fromhex("0x1.5555560000000p-2")
    assert seq.arguments[0] == Note(0.0, 60.0)
    assert seq.arguments[1] == Note(0.5, Slot(3, whole=True))
    assert seq.arguments[2].what == Reference("~a")
    assert seq.arguments[1].time == pytest.approx(third + third / 2)
    assert lpf.arguments == (Pattern(((300.0, 0.0), (Slot(3), 0.5)), 2.0), Slot(3))


def test_the_grammar_is_kept_and_made_again_where_it_is_damaged(tmp_path, monkeypatch):
    monkeypatch.setenv("RAVEFORCE_CACHE", str(tmp_path))
    _tables.cache_clear()
    made = parse("o: sin 440")
    (kept,) = (tmp_path / "grammar").iterdir()
    with pytest.MonkeyPatch.context() as patched:
        patched.delattr("lark.Lark.__init__")  # which would make the tables
        _tables.cache_clear()
        assert parse("o: sin 440") == made
    whole = kept.read_bytes()
    for damaged in (b"", whole[:-1]):
        kept.write_bytes(damaged)
        _tables.cache_clear()
        assert parse("o: sin 440") == made
        assert read_checked(kept)
    _tables.cache_clear()


WRITTEN = ["", " ", ">>", "~a", "\n", ":", "1", ".5", "sin", "seq", "_", '"', "?", slot_character(0)]


@given(st.sampled_from(TEXTS), st.data())
def test_a_walk_meets_the_tokens_that_lark_meets(text, data):
    """Also where a few characters are other ones, and the text is wrong: at the same place."""
    for _ in range(data.draw(st.integers(0, 3))):
        at, over = data.draw(st.integers(0, len(text))), data.draw(st.integers(0, 2))
        text = text[:at] + data.draw(st.sampled_from(WRITTEN)) + text[at + over :]
    found = _tables().walk(text)
    if isinstance(found, int):
        with pytest.raises(lark.UnexpectedInput) as refused:
            _lark().parse(text)
        assert line_and_column(text, found) == (refused.value.line, refused.value.column)
    else:
        tokens = _lark().parse(text).scan_values(lambda token: True)
        assert found == [(token.type, str(token), token.start_pos) for token in tokens]


@cache
def _lark():
    return lark.Lark(_grammar(), parser="lalr")


def test_where_nothing_can_be_kept_programs_are_read_all_the_same(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("RAVEFORCE_CACHE", str(tmp_path / "file"))
    _tables.cache_clear()
    assert parse("o: sin 440")
    _tables.cache_clear()
