"""Samples: recordings that programs play."""

import numpy as np
import pytest

from raveforce.glicol import GlicolError, Program, open_engine


def engine(code, **options):
    return open_engine(Program.literal(code), kind="wasm", **options)


def play(opened, samples=5000):
    return opened.play([[]] * opened.rows, samples)


def test_a_sample_plays_and_survives_resets_and_errors():
    # Smooth, because the engine's sampler interpolates in its own way.
    sound = np.cos(np.linspace(0, 6, 300)).astype(np.float32)
    opened = open_engine(r"o: imp {} >> sp \hit", kind="wasm")
    opened.add_sample("hit", sound)
    for _ in range(3):
        audio = opened.play([[1]], 300)[0]
        np.testing.assert_allclose(audio, sound, atol=0.02)
        opened.reset()
    failing = open_engine(Program(r"o: imp 1 >> {node}", words={"node": (r"sp \hit", "pan 0.1")}), kind="wasm")
    failing.add_sample("hit", sound)
    with pytest.raises(GlicolError):
        failing.play([[1]], 300)
    np.testing.assert_allclose(failing.play([[0]], 300)[0], sound, atol=0.02)


def test_a_sample_of_the_same_name_is_replaced_also_while_playing():
    opened = engine(r"o: imp 1 >> sp \hit")
    opened.add_sample("hit", np.full(200, 0.5))
    np.testing.assert_allclose(play(opened, 128), 0.5)
    opened.add_sample("hit", np.full(200, -0.25))
    opened.reset()
    np.testing.assert_allclose(play(opened, 128), -0.25)


def test_a_sample_added_while_playing_is_heard_without_a_reset():
    program = Program("o: imp 100 >> {node}", words={"node": ("mul 1.0", r"sp \hit")})
    opened = open_engine(program, kind="wasm")
    opened.play([[0]], 1000)
    opened.add_sample("hit", np.full(400, 0.5))
    audio = opened.play([[1]], 1000)
    assert np.count_nonzero(audio == 0.5) > 300


def test_the_left_of_a_stereo_sample_is_heard():
    left, right = np.full(300, 0.5), np.full(300, -0.5)
    opened = engine(r"o: imp 1 >> sp \hit")
    opened.add_sample("hit", [left, right])
    np.testing.assert_allclose(play(opened, 256), 0.5)


def test_a_sample_at_another_rate_is_stretched():
    opened = engine(r"o: imp 0.1 >> sp \hit")
    opened.add_sample("hit", np.linspace(1, 0, 1000), sample_rate=22050)
    audio = play(opened, 2000)[0]
    np.testing.assert_allclose(audio[500], 0.75, atol=0.01)
    np.testing.assert_allclose(audio[1500], 0.25, atol=0.01)


@pytest.mark.parametrize(
    ("name", "audio", "rate"),
    [
        ("a b", [0, 1], None),
        ("", [0, 1], None),
        ("a", [], None),
        ("a", [1], None),
        ("a", np.zeros((3, 10)), None),
        ("a", np.zeros((1, 2, 10)), None),
        ("a", [0, np.nan], None),
        ("a", [0, 1], 0),
        ("a", [0, 1], 44100.5),
    ],
)
def test_impossible_samples_are_refused(name, audio, rate):
    with pytest.raises(ValueError, match="sample"):
        engine("o: sin 1").add_sample(name, audio, rate)
