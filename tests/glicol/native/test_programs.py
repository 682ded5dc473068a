"""Programs that combine nodes sound as in the real engine."""

# ruff: noqa: E501 (programs read best on one line)

import pytest

from raveforce.glicol import Program
from raveforce.glicol.native.engine import NativeEngine
from raveforce.glicol.native.kernel import opcodes as op

KICK = "~env: imp 0.1 >> envperc 0.01 0.2; kick: sin 60 >> mul ~env"
BASS = """~t: speed 1.0 >> seq 48 50 52 53 55 57 59 60 62 64 65 67 69 71 72 74
~e: ~t >> envperc 0.01 0.1
~p: ~t >> mul 110
o: saw ~p >> lpf 500 1.0 >> mul ~e"""

PROGRAMS = {
    "kick": KICK,
    "bass": BASS,
    "bass, resonant": BASS.replace("500 1.0", "200 8.0"),
    "bass, swept": BASS.replace("500 1.0", "~c 3.0") + "\n~c: sin 0.5 >> mul 300 >> add 600",
    "pitch drop": "~e: imp 1 >> envperc 0.001 0.3; ~p: ~e >> mul 300 >> add 40; o: sin ~p >> mul ~e",
    "two operators": "~m: sin 220 >> mul ~i; ~i: imp 1 >> envperc 0.01 0.8 >> mul 900; ~f: ~m >> add 110; o: sin ~f",
    "three operators": "~a: sin 55 >> mul 100 >> add 200; ~b: sin ~a >> mul 150 >> add 300; o: sin ~b >> mul 0.5",
    "vibrato": "~v: sin 5 >> mul 4 >> add 330; o: tri ~v >> mul 0.4",
    "tremolo": "~t: sin 6 >> mul 0.5 >> add 0.5; o: saw 220 >> mul ~t >> lpf 2000 0.7",
    "ring": "o: sin 300 >> mul ~r; ~r: squ 70",
    "snare": "~e: imp 2 >> envperc 0.001 0.15; n: noise 3 >> hpf 1000 0.8 >> mul ~e; b: sin 180 >> mul ~e",
    "hat": "~e: imp 8 >> envperc 0.001 0.04; o: noise 9 >> hpf 8000 1.0 >> mul ~e >> mul 0.5",
    "drums": "~t: speed 2.0 >> seq 60 _60; a: ~t >> bd 0.2; b: imp 1 >> sn 0.1; c: imp 8 >> hh 0.03",
    "chords": "a: seq 60 >> sawsynth 0.1 0.5; b: seq 64 >> sawsynth 0.1 0.5; c: seq 67 >> sawsynth 0.1 0.5",
    "arpeggio": "o: speed 4.0 >> seq 60 64 67 72 >> squsynth 0.005 0.1 >> lpf 3000 2.0 >> mul 0.3",
    "echo": "o: imp 2 >> bd 0.1 >> add ~e; ~e: o >> delayms 150 >> mul 0.5",
    "echo, filtered": "o: imp 1 >> sn 0.1 >> add ~e; ~e: o >> delayms 99 >> lpf 1500 0.7 >> mul 0.6",
    "short feedback": "o: imp 1 >> add ~f >> lpf 2000 1.0; ~f: o >> mul 0.9",
    "string": "~x: imp 2 >> envperc 0.0001 0.002; o: ~x >> add ~f; ~f: o >> delayn 70 >> onepole 0.3 >> mul 0.97",
    "self modulation": "o: sin ~m; ~m: o >> mul 300 >> add 400",
    "crossed": "o: sin 100 >> add ~b; ~b: ~c >> mul 0.3; ~c: ~b >> add ~x; ~x: saw 30 >> mul 0.1",
    "room": "o: imp 2 >> bd 0.1 >> plate 0.4",
    "room for a saw": "o: speed 2.0 >> seq 48 55 >> sawsynth 0.01 0.2 >> mul 0.3 >> plate 0.2",
    "diffuser": "o: imp 1 >> apfmsgain 7.3 0.7 >> apfmsgain 5.1 0.6 >> apfmsgain 3.7 0.5",
    "chorus": "~d: sin 0.7 >> mul 3 >> add 12; ~s: saw 220 >> mul 0.3; w: ~s >> delayms ~d; d: ~s",
    "flanger": "~d: sin 0.3 >> mul 1.5 >> add 2; o: noise 1 >> mul 0.2 >> delayms ~d >> add ~n; ~n: noise 1 >> mul 0.2",
    "phaser": "~d: sin 0.4 >> mul 2 >> add 6; o: saw 110 >> mul 0.3 >> apfmsgain ~d 0.5 >> add ~s; ~s: saw 110",
    "additive": "a: sin 110; b: sin 220 >> mul 0.5; c: sin 330 >> mul 0.33; d: sin 440 >> mul 0.25",
    "many": "\n".join(f"o{n}: sin {100 + 37 * n}.3 >> mul 0.{n + 1}" for n in range(9)),
    "mix": "~ta: sin 100; ~tb: saw 33; ~tc: noise 3; ~td: tri 77; o: mix ~t.. >> mul 0.3",
    "balanced": "~l: saw 100 >> lpf 900 1.0; ~r: saw 101; o: balance ~l ~r >> mul 0.5",
    "arranged": "o: arrange ~a 0.25 ~b 0.25; ~a: seq 60 67 >> trisynth 0.01 0.1; ~b: seq 48 >> sawsynth 0.01 0.3",
    "random melody": "~n: choose 48 50 0 55 57 60; o: speed 4.0 >> seq ~n ~n_~n _ ~n >> squsynth 0.01 0.1",
    "random, slow": "~n: choose 60 72; ~t: speed 0.7 >> seq ~n 65; ~p: ~t >> mul 220; o: tri ~p",
    "gate": "~g: squ 2 >> add 1 >> mul 0.5 >> adsr 0.05 0.1 0.5 0.2; o: saw 110 >> lpf 1200 2.0 >> mul ~g",
    "sample and hold": "~p: seq 60 62 65 70 >> mul 200; o: squ ~p >> mul 0.2",
    "pattern": "~p: sig \"440@0.0 550@0.25 660@0.5\"(1); ~c: sig \"300@0.0 3000@0.5\"(1); o: saw ~p >> lpf ~c 1.0",
    "pattern filter": "o: squ 55 >> lpf \"200@0.0 900@0.125 4000@0.375\"(0.5) 1.5 >> mul 0.3",
    "wind": "~c: noise 5 >> onepole 0.0001 >> mul 20000 >> add 800; o: noise 2 >> lpf ~c 3.0 >> mul 0.2",
    "offset": "o: sin 3 >> add 0.5 >> mul 0.5 >> add -0.1",
    "loud": "o: saw 60 >> mul 500 >> lpf 800 1.0",
    "long chain": "o: saw 40 >> lpf 3000 1.0 >> hpf 200 0.7 >> lpf 900 2.0 >> onepole 0.3 >> delayn 7 >> mul 0.2 >> add 0.1",
    "unheard": "~x: sin 440; ~y: ~x >> mul 2; o: saw 50",
    "silent": "~x: sin 440",
    "mixed with itself": "~t1: saw 90 >> mix ~t.. >> mul 0.4; o: ~t1",
    "nothing but itself": "~t1: mix ~t..; o: saw 50 >> add ~t1",
    "comments": "// a kick\n\nkick: sin 60 >> mul ~env; // body\n~env: imp 0.1\n>> envperc 0.01 0.2\n",
    "names": "_x: saw 50 >> mul hull\nhull: sin 3\no_1: get hull",
}  # fmt: skip


@pytest.mark.parametrize("code", PROGRAMS.values(), ids=PROGRAMS)
def test_a_program_sounds_the_same(code, check):
    check(Program.literal(code))


@pytest.mark.slow
@pytest.mark.parametrize("sample_rate", [22050, 48000])
@pytest.mark.parametrize("code", PROGRAMS.values(), ids=PROGRAMS)
def test_a_program_sounds_the_same_at_other_rates(code, sample_rate, check):
    check(Program.literal(code), [((), 2 * sample_rate)], sample_rate=sample_rate)


@pytest.mark.slow
@pytest.mark.parametrize("source", ["saw 110", "noise 3"])
@pytest.mark.parametrize("kind", ["lpf", "hpf"])
@pytest.mark.parametrize("q", [0.5, 1.0, 3.0, 10.0, 30.0])
@pytest.mark.parametrize("cutoff", [30, 100, 200, 300, 500, 1000, 3000, 8000, 15000, 20000, 21500])
def test_filters_sound_the_same_wherever_they_are_tuned(source, kind, q, cutoff, check):
    """Quick or not: whether the shortcut is taken depends on cut-off and q."""
    check(f"o: {source} >> {kind} {cutoff} {q}", [((), 44100)])


@pytest.mark.parametrize("source", ["saw", "squ", "sin"])
@pytest.mark.parametrize(
    ("frequency", "cutoff", "q"),
    [(37, 376, 0.36), (138, 331, 1), (212.2, 212.2, 1.07), (54.6, 81, 0.62), (180, 539.6, 2.7), (63.5, 315, 1.01)],
)
def test_filters_that_amplify_every_rounding_sound_the_same(source, frequency, cutoff, q, check):
    """The worst found around the bound up to which a filter is quick."""
    check(f"o: {source} {frequency} >> lpf {cutoff} {q} >> mul 2", [((), 88200)])


STRUCK = "\n~e: imp 6 >> envperc 0.001 0.03"


@pytest.mark.parametrize(
    ("code", "muted"),
    [
        ("o: sin 440 >> mul ~e", 1),
        ("o: saw 80 >> lpf 2000 1.5 >> mul ~e", 1),
        ("o: saw 80 >> hpf 900 0.7 >> mul ~e >> mul 0.5", 1),
        ("~s: sin 440\no: ~s >> mul ~e\np: ~s >> mul 0.25", 0),  # it is heard elsewhere
        ("~s: sin 440\no: ~e >> mul ~s", 1),
        ("o: saw 80 >> lpf 2000 1.5 >> mul ~f\n~f: o >> mul ~e", 0),  # the silence comes a block late
    ],
)
def test_what_silence_hides_goes_on(code, muted, check):
    """While an envelope is silent, what is multiplied by it remembers what it would have played."""
    (graph,) = NativeEngine(Program(code + STRUCK))._graphs.values()
    assert (graph.ops[:, op.MUTE] >= 0).sum() == muted
    check(code + STRUCK, [((), 30000)])
