"""Programs that nobody wrote sound as in the real engine."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raveforce.glicol import Program


def number(low, high):
    return st.floats(low, high).map(lambda x: f"{x:.4f}")


def node(*words):
    return st.tuples(*(st.just(word) if isinstance(word, str) else word for word in words)).map(" ".join)


FREQUENCY = number(20, 3000)
NOTE = st.sampled_from(["60", "67", "48", "_", "72_", "_55", "60_62_63", "~n"])
TRIGGER = st.one_of(
    node("imp", number(0.5, 20)),
    node("speed", number(0.5, 9), ">> seq", NOTE, NOTE, NOTE, "60"),
    node("seq", NOTE, "_60", NOTE),
)
SYNTHS = ["sawsynth", "squsynth", "trisynth"]
OSCILLATOR = node(st.sampled_from(["sin", "saw", "squ", "tri"]), FREQUENCY)
SOURCE = st.one_of(
    OSCILLATOR,
    OSCILLATOR,
    node("noise", st.integers(0, 99).map(str)),
    node(
        TRIGGER,
        ">>",
        st.sampled_from(["sawsynth", "squsynth", "trisynth"]),
        number(0, 0.1),
        number(0.01, 0.5),
    ),
    node(TRIGGER, ">>", st.sampled_from(["bd", "sn", "hh"]), number(0.01, 0.4)),
    node(TRIGGER, ">> envperc", number(0, 0.1), number(0, 0.4)),
    node("squ", number(1, 9), ">> add 1 >> adsr", *[number(0, 0.3)] * 4),
)
EFFECT = st.one_of(
    node("mul", number(-2, 2)),
    node("add", number(-1, 1)),
    node("lpf", number(50, 15000), number(0.3, 10)),
    node("hpf", number(500, 15000), number(0.3, 5)),
    node("onepole", number(0.001, 1)),
    node("delayn", st.integers(0, 5000).map(str)),
    node("delayms", number(0, 100)),
    node("apfmsgain", number(0.1, 50), number(-0.9, 0.9)),
    node("plate", number(0, 1)),
    node(st.sampled_from(["mul", "add"]), st.sampled_from(["~a", "~b"])),
    node("lpf ~sweep", number(0.5, 5)),
    node("delayms ~short"),
)
CHAIN = st.tuples(SOURCE, st.lists(EFFECT, max_size=4)).map(lambda parts: " >> ".join([parts[0], *parts[1]]))
MODULATED = st.one_of(
    CHAIN,
    node(st.sampled_from(["sin", "saw", "squ", "tri"]), "~vibrato >> mul", number(0, 1)),
    node("mix ~a ~b >> mul", number(0, 1)),
)


@st.composite
def programs(draw):
    lines = [
        "~n: choose 48 55 60 0 65",
        f"~sweep: sin {draw(number(0.1, 9))} >> mul 400 >> add 700",
        f"~short: sin {draw(number(0.1, 2))} >> mul 4 >> add {draw(number(5, 30))}",
        f"~vibrato: {draw(OSCILLATOR)} >> mul {draw(number(0, 400))} >> add {draw(number(0, 900))}",
        f"~a: {draw(SOURCE)}",
        f"~b: {draw(OSCILLATOR)} >> mul {draw(number(-1, 1))}",
        f"o: {draw(MODULATED)}",
    ]
    if draw(st.booleans()):
        lines.append(f"p: {draw(CHAIN)}")
    if draw(st.booleans()):
        lines[6] += " >> add ~back"
        lines.append(f"~back: o >> delayn {draw(st.integers(0, 3000))} >> mul {draw(number(-0.7, 0.7))}")
    return "\n".join(draw(st.permutations(lines)))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(programs())
def test_a_program_sounds_the_same(check, code):
    check(Program.literal(code), [((), 15000)])


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(programs())
def test_many_programs_sound_the_same_for_two_seconds(check, code):
    check(Program.literal(code))


@st.composite
def changing_programs(draw):
    """A program whose decimals are blanks, and three sets of values for them."""
    code = draw(programs())
    values = [float(text) for text in DECIMAL.findall(code)]
    factors = st.lists(number(0.5, 1.5).map(float), min_size=len(values), max_size=len(values))
    sets = [values] + [[value * factor for value, factor in zip(values, draw(factors), strict=True)] for _ in "ab"]
    return DECIMAL.sub("{}", code), list(zip(sets, draw(st.tuples(*[st.integers(1, 9000)] * 3)), strict=True))


DECIMAL = re.compile(r"-?\d+\.\d+")


@settings(max_examples=40, deadline=None, derandomize=True)
@given(changing_programs())
def test_a_changing_program_sounds_the_same(check, program):
    check(*program)


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(changing_programs())
def test_many_changing_programs_sound_the_same(check, program):
    check(*program)
