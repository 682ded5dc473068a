"""Recordings sound as in the real engine, bit for bit: struck by anything, replaced, changed, many at once."""

import time

import numpy as np
import pytest

from raveforce.glicol import GlicolError, Program, open_engine, render
from raveforce.glicol.native.kernel import opcodes as op

RNG = np.random.default_rng(0)
SAMPLES = {
    "mono": RNG.normal(size=3000),
    "stereo": RNG.normal(size=(2, 500)),
    "slow": (RNG.normal(size=700), 8000),
    "fast": (RNG.normal(size=5000), 96000),
    "two": [1.0, 0.5],
    "two-stereo": [[1.0, 0.5], [0.3, 0.2]],
}
STRIKES = (
    *("imp 10", "imp 3 >> mul 7.3", "imp 20 >> mul 0.00001", "imp 100", "speed 4.0 >> seq 60 67 _ 48_72 0"),
    *("imp 7 >> mul -1", "noise 3", "sin 440 >> mul 3", "sig 1", "imp 9 >> delayn 50 >> add ~more"),
    "imp 50 >> mul 100000000000000000000000000000000000000.0",
    "sig 100000000000000000000.0 >> mul 100000000000000000000.0",
)


def played(code, engine, seconds=0.2, **options):
    return render(f"{code}\n~more: imp 30 >> mul 0.7", seconds, engine=engine, samples=SAMPLES, **options)


@pytest.mark.parametrize("strikes", STRIKES)
@pytest.mark.parametrize("name", SAMPLES)
def test_a_recording_sounds_the_same(name, strikes):
    code = f"o: {strikes} >> sp \\{name} >> mul 0.5"
    np.testing.assert_array_equal(played(code, "native"), played(code, "wasm"))


@pytest.mark.parametrize("sample_rate", [22050, 48000])
@pytest.mark.parametrize("name", SAMPLES)
def test_a_recording_sounds_the_same_at_other_rates(name, sample_rate):
    code = f"o: speed 3.0 >> seq 60 _ 67_55 >> sp '{name}' >> lpf 3000 1.0"
    native, wasm = (played(code, kind, 1.0, sample_rate=sample_rate) for kind in ("native", "wasm"))
    np.testing.assert_allclose(native, wasm, atol=1e-4)


def test_nothing_strikes_a_sampler_that_begins_a_chain():
    assert not played(r"o: sp \mono", "native").any()


def test_auto_plays_samples_natively():
    opened = open_engine(r"o: imp {} >> sp \mono", samples=SAMPLES)
    assert opened.kind == "native"
    assert opened.play([[5]], 1000).any()


@pytest.mark.parametrize("threads", [1, 2])
def test_a_batch_is_its_rows(threads, monkeypatch):
    monkeypatch.setattr("raveforce.glicol.native.threads.WORK_PER_THREAD", 1)
    template = r"o: imp {} >> mul {} >> sp \slow >> add ~b; ~b: imp {} >> sp \stereo"
    values = RNG.uniform([1, 0.2, 5], [90, 4, 60], (17, 3))
    batch = open_engine(template, 17, kind="native", samples=SAMPLES, num_threads=threads)
    sounds = [batch.play(values, samples) for samples in (100, 3000, 20_000)]
    for row in range(17):
        alone = open_engine(template, kind="wasm", samples=SAMPLES)
        for sound in sounds:
            np.testing.assert_array_equal(sound[row], alone.play(values[row : row + 1], sound.shape[1])[0])


def both(program, steps, change=lambda engine, step: None):
    """What both engines play in steps, with something done to them before each."""
    sounds = []
    for kind in ("native", "wasm"):
        engine = open_engine(program, kind=kind, samples=SAMPLES)
        parts = []
        for step, (values, samples) in enumerate(steps):
            change(engine, step)
            parts.append(engine.play([values], samples)[0])
        sounds.append(np.concatenate(parts))
    return sounds


def test_another_sample_takes_over_what_was_struck():
    program = Program(r"o: imp 30 >> sp {name} >> mul {gain}", {"name": (r"\mono", "'stereo'", r"\slow")})
    steps = [((0, 1.0), 700), ((1, 1.0), 900), ((1, 0.5), 500), ((2, 0.5), 4000), ((0, 0.5), 1000)]
    native, wasm = both(program, steps)
    np.testing.assert_array_equal(native, wasm)


def test_a_recording_that_is_replaced_plays_on_where_it_is_played():
    def change(engine, step):
        if step == 1:
            engine.add_sample("mono", SAMPLES["slow"])
        if step == 3:
            engine.reset()
        if step == 4:
            engine.add_sample("mono", SAMPLES["mono"])

    native, wasm = both(r"o: imp 30 >> sp \mono >> mul {}", [((0.5,), 1000)] * 6, change)
    np.testing.assert_array_equal(native, wasm)


def test_recordings_that_nobody_plays_any_more_take_no_room():
    engine = open_engine(r"o: imp 30 >> sp \mono", 3, kind="native", samples=SAMPLES)
    for _ in range(5):
        engine.add_sample("mono", RNG.normal(size=10_000))
        engine.play([[]] * 3, 100)
        engine.reset()
    assert len(engine._bank.samples) == 10_000


def test_rows_may_play_different_recordings_of_one_name():
    engine = open_engine(r"o: imp 0.1 >> sp \hit", 2, kind="native", samples={"hit": np.full(900, 0.5)})
    engine.play([[], []], 128)
    engine.add_sample("hit", np.full(900, -0.25))
    engine.reset([1])
    np.testing.assert_array_equal(engine.play([[], []], 128), [[0.5] * 128, [-0.25] * 128])


@pytest.mark.parametrize(
    "code", [r"o: imp 1 >> sp \no", "o: sin 4; ~x: imp 1 >> sp 'no'", r"o: sin 1 >> mul ~x; ~x: sp \n-o"]
)
def test_a_missing_sample_is_the_same_error_in_both_engines(code):
    errors = []
    for kind in ("native", "wasm", "auto"):
        opened = open_engine(code, 2, kind=kind)
        with pytest.raises(GlicolError) as caught:
            opened.play([[], []], 10)
        error = caught.value
        errors.append((error.message, error.kind, error.line, error.column, error.row, error.code))
    assert errors[0] == errors[1] == errors[2]
    assert errors[0][1] == "sample"
    name = code.split("sp ")[1].strip("\\'")
    opened.add_sample(name, [1.0, 0.5])  # and now it is there
    opened.play([[], []], 10)


def test_a_missing_word_names_the_row_that_chose_it():
    program = Program(r"o: imp 1 >> sp {name}", {"name": (r"\mono", r"\none")})
    for kind in ("native", "wasm"):
        opened = open_engine(program, 2, kind=kind, samples=SAMPLES)
        assert opened.play([[0], [0]], 10).any()
        with pytest.raises(GlicolError, match="none") as caught:
            opened.play([[0], [1]], 200)
        assert (caught.value.row, caught.value.kind) == (1, "sample")


def test_there_is_room_for_strikes_at_every_sample(monkeypatch):
    monkeypatch.setattr("raveforce.glicol.native.voices.FEWEST_BLOCKS", 4)  # and so it has to grow
    samples = {"long": np.cos(np.linspace(0, 9, 3000))}
    opened = open_engine(r"o: sig {} >> sp \long", 3, kind="native", samples=samples)
    sound = opened.play([[1], [0.5], [-1]], 4000)
    for row, level in ((0, 1), (1, 0.5)):
        wasm = render(rf"o: sig {level} >> sp \long", 4000 / 44100, engine="wasm", samples=samples)
        np.testing.assert_array_equal(sound[row], wasm)


def test_only_the_row_with_too_many_strikes_is_late():
    template = r"o: sig {} >> sp \mono"
    opened = open_engine(template, 3, kind="native", samples=SAMPLES, deadline=0.05)
    start = time.process_time()
    with pytest.raises(GlicolError, match="in the node sp after its deadline") as caught:
        opened.play([[-1], [0.0001], [0]], 100_000)
    assert time.process_time() - start < 5
    error = caught.value
    assert (error.kind, error.row, error.code) == ("deadline", 1, r"o: sig 0.0001 >> sp \mono")
    assert not error.audio[[0, 2]].any()
    assert np.isnan(error.audio[1]).all()
    assert opened.play([[1], [1], [1]], 100).any(1).all()  # and the row plays again


@pytest.mark.parametrize("clock", [2**31 - 200, 2**32 - 200, 2**40])
def test_a_clock_that_has_run_for_long_strikes_as_before(clock):
    fresh, old = (open_engine(r"o: imp 40 >> sp \slow", kind="native", samples=SAMPLES) for _ in range(2))
    fresh.play([[]], 128)
    old.play([[]], 128)
    fresh.reset()
    old.reset()
    (voices,) = old._voices.values()
    voices._ints[:, 3 + op.CLOCK] = clock  # behind the three of imp
    np.testing.assert_array_equal(old.play([[]], 5000), fresh.play([[]], 5000))


def test_an_endless_strike_never_ends():
    code = "o: imp 5 >> mul 0.000000000000000000000000000000000000000000001 >> sp \\two"
    native, wasm = played(code, "native", 0.5), played(code, "wasm", 0.5)
    np.testing.assert_array_equal(native, wasm)
