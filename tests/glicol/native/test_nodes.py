"""Every node alone sounds as in the real engine: two seconds, three sample rates."""

import pytest

from raveforce.glicol import Program

NODES = """
o: sin 440
o: sin -300.5
o: sin 50000
o: saw 110
o: saw 0
o: saw 20000
o: squ 441.3
o: tri 3000
o: sin ~m; ~m: sin 30 >> mul 300 >> add 500
o: sin ~m; ~m: sin 300 >> mul 3000
o: saw ~m; ~m: sin 3 >> mul 30 >> add 50
o: squ ~m; ~m: sin 3 >> mul 30 >> add 20
o: tri ~m; ~m: saw 3 >> mul 3000
o: imp 3
o: imp 0
o: imp 1000
o: noise 42
o: noiz 7
o: sig 0.7
o: constsig "1@0.0 0.2@0.25 -0.7@0.6"(1)
o: sig "440@0.0 220@0.5"(2)
o: sig "1@0.03"()
o: saw ~p; ~p: sig "440@0.01 220@0.15 300@0.3"(0.5)
o: sin 440 >> mul 0.3 >> add 0.1
o: sin 440 >> mul ~a; ~a: tri 5
o: sin 440 >> add ~a; ~a: saw 5
o: mul ~a; ~a: saw 5
o: add ~a; ~a: saw 5
o: saw 110 >> lpf 500 1.0
o: saw 110 >> lpf 20 5.0
o: saw 110 >> lpf 5000 10.0
o: saw 110 >> lpf 15000 0.5
o: saw 110 >> lpf 21000 0.5
o: saw 110 >> lpf 0 1
o: saw 40 >> lpf 500 0
o: saw 40 >> lpf -500 1
o: saw 40 >> lpf 30000 1
o: saw 110 >> lpf ~c 2.0; ~c: sin 2 >> mul 400 >> add 600
o: saw 110 >> lpf "300@0.0 2000@0.25 800@0.5"(1) 2.0
o: lpf ~c 1.0; ~c: saw 50
o: saw 110 >> hpf 500 1.0
o: saw 110 >> rhpf 30 3.0
o: saw 110 >> hpf 8000 1.0
o: saw 40 >> hpf 500 0
o: saw 110 >> hpf ~c 1.5; ~c: sin 1 >> mul 500 >> add 800
o: hpf ~c 1.0; ~c: saw 50
o: noise 3 >> onepole 0.1
o: noise 3 >> onepole 0.001
o: noise 3 >> onepole 2.5
o: sig 0.02 >> onepole ~s; ~s: noise 4
o: onepole ~s; ~s: noise 4
o: imp 2 >> envperc 0.01 0.2
o: imp 2 >> envperc 0.0 0.1
o: imp 2 >> envperc 0.1 0.0
o: imp 9 >> mul 0.5 >> envperc 0.1 0.3
o: sin ~e; ~e: imp 9 >> envperc 0.1 0.3 >> mul 900
o: envperc 0.1 0.2
o: sin 3 >> adsr 0.02 0.05 0.4 0.1
o: squ 3 >> add 1 >> mul 0.5 >> adsr 0.02 0.05 0.4 0.1
o: squ 3 >> add 1 >> mul 0.5 >> adsr 0.0 0.0 0.4 0.0
o: imp 3 >> adsr 0.1 0.1 0.3 0.5
o: saw 110 >> delayn 100
o: saw 110 >> delayn 5000
o: saw 110 >> delayn 0
o: saw 110 >> delayn ~m; ~m: sin 1 >> mul 50
o: delayn ~m; ~m: sin 1 >> mul 50
o: saw 110 >> delayms 20
o: saw 110 >> delayms 0
o: saw 110 >> delayms 500
o: saw 110 >> delayms ~m; ~m: sin 1 >> mul 5 >> add 20
o: saw 110 >> delayms ~m; ~m: sin 1 >> mul 50
o: delayms ~m; ~m: sin 1 >> mul 50
o: delayms 5
o: imp 3 >> apfmsgain 10 0.5
o: imp 3 >> apfgain 0 0.5
o: imp 3 >> apfmsgain ~m 0.5; ~m: sin 1 >> mul 5 >> add 20
o: apfmsgain ~m 0.5; ~m: sin 1 >> mul 5 >> add 20
o: imp 3 >> plate 0.3
o: saw 3 >> plate 1.0
o: imp 2 >> bd 0.3
o: imp 2 >> sn 0.2
o: imp 4 >> hh 0.05
o: seq 60 67 _ 72 >> sawsynth 0.01 0.2
o: seq 60 _67 ~a 72_ >> squsynth 0.01 0.2; ~a: choose 60 62 0 65 67
o: seq 60 >> trisynth 0.1 0.3
o: seq 60 67 _ 72
o: speed 4.0 >> seq 60 _67 48_60_ 33
o: speed 0.3 >> seq 60 _67 48_60_ 33
o: speed 300 >> seq 60 67 33
o: seq ~a _ ~a ~b; ~a: choose 60 62; ~b: choose 0 30 40
o: speed 3.0 >> seq ~a _ ~a ~b; ~a: choose 60 62; ~b: choose 0 30 40
o: imp 3 >> seq ~a _ ~a ~b; ~a: choose 60 62; ~b: choose 0 30 40
o: sig 3 >> seq ~a _ ~a ~b; ~a: choose 60 62; ~b: choose 0 30 40
o: choose 1 2 3 4 5 6 7
o: arrange ~a 0.25 ~b 0.5; ~a: sin 440; ~b: saw 220
o: arrange ~a 0.1 ~b 0.13 ~a 0.04; ~a: sin 440; ~b: saw 220
o: mix ~a ~b ~a; ~a: sin 440; ~b: saw 220
o: mix ~t..; ~ta: sin 440; ~tb: saw 220; ~tc: squ 20
o: balance ~a ~b; ~a: sin 440; ~b: saw 220
o: get ~a; ~a: sin 440
o: ~a >> mul 0.5; ~a: sin 440
o: saw 20 >> add ~input
""".strip().splitlines()


@pytest.mark.parametrize("code", NODES)
def test_a_node_sounds_the_same(code, check):
    check(Program.literal(code))


@pytest.mark.parametrize("sample_rate", [22050, 48000])
@pytest.mark.parametrize("code", NODES)
def test_a_node_sounds_the_same_at_other_rates(code, sample_rate, check):
    check(Program.literal(code), [((), sample_rate // 2)], sample_rate=sample_rate)


@pytest.mark.parametrize("bpm", [60.0, 97.3, 200.0])
@pytest.mark.parametrize("code", [code for code in NODES if any(w in code for w in ("seq", '"', "arrange"))])
def test_bars_follow_the_tempo(code, bpm, check):
    check(Program.literal(code), bpm=bpm)


@pytest.mark.parametrize("seed", [0, 1, 77])
def test_choices_follow_the_seed(seed, check):
    check("o: speed 5.0 >> seq ~a ~a; ~a: choose 50 60 65 70 72", seed=seed)


@pytest.mark.parametrize("note", range(0, 128, 5))
def test_notes_are_exact(note, check):
    check(f"o: seq {note}_{note + 1}_{note + 2}_{note + 3}_{note + 4}", tolerance=0.0)
