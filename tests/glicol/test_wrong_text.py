"""A wrong text is explained alike by both engines: what, where, and what was meant."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raveforce.glicol import GlicolError, Program, UnsupportedProgram, open_engine
from raveforce.glicol.wrong_text import syntax_error

A = "~a: sin 1\n"
WRONG = {
    # Where a number is required.
    f"{A}o: imp 1 >> envperc ~a 2.0": ("in 'envperc ATTACK DECAY', ATTACK is a number, not '~a'", 2, 21),
    f"{A}o: imp 1 >> envperc 0.1 ~a": ("DECAY is a number, not '~a'", 2, 25),
    f"{A}o: sin 1 >> plate ~a": ("MIX is a number, not '~a'", 2, 19),
    f"{A}o: saw 1 >> lpf ~a ~a": ("Q is a number, not '~a'", 2, 20),
    f"{A}o: sig ~a": ("in 'sig VALUE', VALUE is a number or a pattern, not '~a'", 2, 8),
    "o: choose 60 62.5": ("NOTES is a whole number, not '62.5'", 1, 14),
    "o: sin .5": ("FREQUENCY is a number or a reference, not '.5'", 1, 8),
    "o: sin 1e-5": ("'1e-5' is no number here: write it as a plain decimal", 1, 8),
    # Nodes that there are not.
    "o: saw 1 >> rlpf 300 1.0": ("there is no node 'rlpf'; did you mean lpf?", 1, 13),
    "o: saw 1 >> delay 3": ("there is no node 'delay'; did you mean delayn?", 1, 13),
    "o: sinsynth 0.1 0.1": ("there is no node 'sinsynth'; did you mean", 1, 4),
    "o: sinn 440": ("there is no node 'sinn'; did you mean sin?", 1, 4),
    "o: Sin 440": ("there is no node 'Sin'; did you mean sin?", 1, 4),
    "o: saw 3 >> bpf 3000 1.0": ("there is no node 'bpf'; did you mean lpf?", 1, 13),
    "a: sin 1\n  b: foo 3": ("there is no node 'foo'", 2, 6),
    # Parameters that are missing, or too many.
    "o: sin 440 >> mul": ("FACTOR missing: it is written 'mul FACTOR'", 1, 15),
    "o: imp 1 >> envperc 0.1": ("DECAY missing: it is written 'envperc ATTACK DECAY'", 1, 13),
    "o: sin(440)": ("'sin(440)' cannot be read: it is written 'sin FREQUENCY'", 1, 4),
    f"{A}o: arrange ~a": ("LENGTH missing", 2, 4),
    "o: sin 440 >> mul 0.5 0.3": ("'mul FACTOR' is complete, so '0.3' cannot stand here", 1, 23),
    "o: sin 440 mul 0.5": ("is '>>' missing before 'mul'?", 1, 12),
    "o: sin 440 >>": ("a node is missing here", 1, 14),
    "o:": ("a node is missing here", 1, 3),
    # Notes, samples, scripts.
    "~arp: sig 60\no: seq ~arp ~arp": ("references in 'seq' are of one letter, as in 'seq 60 ~a', unlike '~arp'", 2, 8),
    "o: seq 60.5": ("not '60.5'", 1, 8),
    "o: imp 1 >> sp bd": (r"SAMPLE is a sample's \name, not 'bd'", 1, 16),
    'o: seq "60 62"': ("references of one letter, not '\"60 62\"'", 1, 8),
    "o: sin `440 * 2`": ("FREQUENCY is a number or a reference, not '`440 * 2`'", 1, 8),
    "o: meta x": ("SCRIPT is a script in backticks, not 'x'", 1, 9),
    # Chains.
    "sin 440": ("a name and ':' are missing before 'sin'", 1, 1),
    "O: sin 440": ("the name of a chain is in small letters, unlike 'O'", 1, 1),
    "o = sin 440": ("a chain is written 'name: node >> node'", 1, 3),
    "o: sin 440\n\n>> mul 0.1": ("'>>' follows its node", 3, 1),
    "o: sin 1 // comment\n>> mul 2": ("'>>' follows its node", 2, 1),
    "o: sin 1\n// then: bpf 3 >> x\np: foo 2": ("there is no node 'foo'", 3, 4),
}
UNKNOWN = {
    "o: saw 3 >> tanh": ("unknown reference tanh: no node and no chain is called so", 1, 13),
    "~lfo: sin 3\no: sin ~lof": ("unknown reference ~lof: no chain is called so; did you mean ~lfo?", 2, 8),
    "// ~x is missing\no: sin 1 >> mul ~x": ("unknown reference ~x", 2, 17),
    "o: sin freq": ("unknown reference freq", 1, 8),
    "o: mix ~m..": ("unknown reference ~m..", 1, 8),
}


@pytest.mark.parametrize("kind", ["native", "wasm", "auto"])
@pytest.mark.parametrize("code", [*WRONG, *UNKNOWN])
def test_both_engines_say_what_and_where(code, kind):
    said, line, column = {**WRONG, **UNKNOWN}[code]
    with pytest.raises(GlicolError) as caught:
        open_engine(Program.literal(code), kind=kind).play([[]], 100)
    error = caught.value
    assert said in error.message
    assert (error.kind, error.line, error.column) == ("syntax" if code in WRONG else "reference", line, column)
    assert not isinstance(error, UnsupportedProgram)


def test_a_missing_sample_has_a_place():
    with pytest.raises(GlicolError, match="unknown sample") as caught:
        open_engine(Program.literal("o: imp 1\n>> sp \\bd")).play([[]], 100)
    assert (caught.value.line, caught.value.column) == (2, 7)


def test_a_node_that_native_lacks_is_named_and_played_by_wasm():
    """An empty psynth breaks the engine; one with notes plays."""
    notes, none = "o: psynth `0 60, 0.5 67`", "o: psynth ``"
    with pytest.raises(UnsupportedProgram, match="does not play 'pattern_synth'"):
        open_engine(notes, kind="native")
    assert open_engine(notes).play([[]], 10_000).any()
    with pytest.raises(GlicolError) as caught:
        open_engine(none).play([[]], 100)
    assert "cannot play pattern_synth" not in caught.value.message


@pytest.mark.parametrize("kind", ["native", "wasm", "auto"])
@pytest.mark.parametrize("node", ["pan 0.5", "reverb 0.1 0.1 0.1 0.1 0.1", "expr `sin(x)`"])
def test_a_node_that_breaks_the_engine_has_a_place(node, kind):
    with pytest.raises(GlicolError, match=node.split()[0]) as caught:
        open_engine(Program.literal(f"o: sin 440\n~x: sin 1 >> {node}"), kind=kind).play([[]], 100)
    assert (caught.value.line, caught.value.column) == (2, 14)


def test_blanks_are_shown_by_their_names():
    with pytest.raises(GlicolError, match=r"'envperc ATTACK DECAY' is complete, so '\{c\}' cannot") as caught:
        open_engine("o: imp 1 >> envperc {attack} {b} {c}", kind="native")
    assert caught.value.column == 34


def test_a_mark_of_the_byte_order_is_left_out():
    assert Program("\ufeffo: sin 440") == Program("o: sin 440")


# Pieces of the language, shuffled: whatever stands there, an error has a place in it.
WORDS = ["o:", "~a:", "sin", "lpf", "seq", "60", "~a", "~ab", "1.0", "1e5", ">>", ";", "foo", "(", "\\bd", "`x`"]
PIECES = st.lists(st.sampled_from([*WORDS, "\n", "// x\n", '"1@0"(1)', "\t"]))


@settings(max_examples=300, deadline=None)
@given(PIECES, st.integers(0, 6), st.integers(0, 60))
def test_any_text_is_explained(pieces, line, column):
    code = " ".join(pieces)
    error = syntax_error(code, line, max(column, 1))
    assert error.message.startswith("syntax error: ")
    assert "\0" not in error.message
    assert 1 <= error.line <= code.count("\n") + 1
    assert 1 <= error.column <= len(code.split("\n")[error.line - 1]) + 1


LONG = ("1", "60_", "~a", "_", "a", " ", "\n", "0.", "+1", " ~a 1", " >> mul 0.5", '"1@0 ', "//", "[1")


@pytest.mark.parametrize("kind", ["native", "wasm"])
@pytest.mark.parametrize("piece", LONG)
@pytest.mark.parametrize("start", ["o: seq ", "o: sin ", "o: [", 'o: sig "', "o"])
def test_a_long_text_is_explained_at_once(start, piece, kind):
    """Twenty-four repetitions: what takes twice as long with each would take minutes."""
    before = time.process_time()
    with pytest.raises(GlicolError):
        open_engine(Program.literal(f"{start}{piece * 24}.0 x"), kind=kind).play([[]], 100)
    assert time.process_time() - before < 2
