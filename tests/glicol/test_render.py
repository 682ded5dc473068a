"""One call from code to sound."""

import importlib
import math

import numpy as np
import pytest

from raveforce.glicol import GlicolError, ProgramError, render


def test_a_sine_is_a_sine():
    audio = render("o: sin 441", 0.5, engine="wasm")
    assert audio.dtype == np.float32
    expected = np.sin(2 * np.pi * 441 * np.arange(22050) / 44100)
    np.testing.assert_allclose(audio, expected, atol=2e-3)  # the phase adds up in single precision


@pytest.mark.parametrize(("seconds", "rate", "samples"), [(0, 44100, 0), (0.1, 48000, 4800), (1 / 3, 22050, 7350)])
def test_seconds_become_samples(seconds, rate, samples):
    assert render("o: saw 55", seconds, sample_rate=rate, engine="wasm").shape == (samples,)


def test_pitch_does_not_depend_on_the_sample_rate():
    slow, fast = (render("o: sin 100", 0.1, sample_rate=rate, engine="wasm") for rate in (22050, 44100))
    np.testing.assert_allclose(slow, fast[::2], atol=1e-3)


def test_a_render_longer_than_one_crossing_is_seamless():
    long = render("o: saw 30 >> lpf 500 1.0", 8, engine="wasm")
    assert np.abs(np.diff(long)).max() < 0.2
    np.testing.assert_array_equal(long[:1000], render("o: saw 30 >> lpf 500 1.0", 1000 / 44100, engine="wasm"))


def test_braces_are_just_braces():
    code = "o: meta `let out = []; if 1 > 0 { out.pad(128, 0.25); } out`"
    np.testing.assert_array_equal(render(code, 0.01, engine="wasm"), np.full(441, 0.25, np.float32))


@pytest.mark.parametrize("seconds", [-1, math.nan, math.inf, 1e9, "long"])
def test_impossible_lengths_are_refused(seconds):
    with pytest.raises(ValueError, match="seconds"):
        render("o: sin 440", seconds)


def test_wrong_code_is_an_error_not_silence():
    with pytest.raises(GlicolError, match="syntax"):
        render("o: sin", 0.1)
    with pytest.raises(ProgramError, match="NUL"):
        render("o: sin \0", 0.1)


def test_an_unknown_engine_is_refused():
    with pytest.raises(ValueError, match="wasm"):
        render("o: sin 440", 0.1, engine="csound")


def test_a_longer_render_has_more_time(monkeypatch):
    seen = {}

    class Engine:
        def play(self, values, samples):
            return np.zeros((1, samples), np.float32)

        def close(self):
            seen["closed"] = True

    module = importlib.import_module("raveforce.glicol.render")
    monkeypatch.setattr(module, "open_engine", lambda program, **options: seen.update(options) or Engine())
    render("o: sin 440", 600)
    assert seen["deadline"] > 600
    assert seen["closed"]
    render("o: sin 440", 600, deadline=3)
    assert seen["deadline"] == 3
