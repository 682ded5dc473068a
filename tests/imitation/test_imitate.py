from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

import raveforce
from raveforce.audio import AudioError
from raveforce.imitation.imitate import prepare
from raveforce.imitation.templates import make_template
from raveforce.task import Task

RATE = 44100
Audio = NDArray[np.float32]


def pitches(sound: Audio, *seconds: float) -> list[float]:
    """Pitch of a low sine around these times, Hz: how fast the phase of its analytic signal runs."""
    from scipy.signal import hilbert

    phase = np.unwrap(np.angle(hilbert(sound)))
    slope = np.gradient(phase) * RATE / (2 * np.pi)
    return [float(np.median(slope[round((s - 0.006) * RATE) : round((s + 0.006) * RATE)])) for s in seconds]


def length(sound: Audio, decibel: float) -> float:
    """Seconds until the level stays so far below its highest."""
    level = np.sqrt(np.convolve(np.square(sound), np.ones(1024) / 1024, "same"))
    return float(np.flatnonzero(level > level.max() * 10 ** (-decibel / 20))[-1] / RATE)


def test_a_kick_has_the_fall_of_its_pitch_and_a_long_enough_envelope(falling_kick: Callable[..., Audio]) -> None:
    sound = falling_kick(350, 52, 0.03, 0.15, 0.8)
    found = raveforce.imitate(sound, template="kick_v1", renders=2500)
    target = found.target
    assert found.score > 0.6
    early, later = pitches(target, 0.02, 0.2)
    assert early > 3 * later
    np.testing.assert_allclose(pitches(found.audio, 0.02, 0.2), [early, later], rtol=0.25)
    assert length(found.audio, 20) == pytest.approx(length(target, 20), rel=0.2)


def test_what_is_said_of_an_imitation_is_so(drum: Audio) -> None:
    found = raveforce.imitate(drum, template="kick", renders=400)
    played = raveforce.render(found.code, len(found.target) / RATE)
    np.testing.assert_array_equal(found.audio, played)
    assert found.distances == raveforce.measure(played, found.target)
    assert found.silence == raveforce.measure(np.zeros_like(played), found.target)
    assert found.score == pytest.approx(1 - found.distances["mss"] / found.silence["mss"])
    assert found.distances["mss"] < found.random
    assert set(found.parameters) == set(make_template("kick", drum, 44100).parameters.parameters)
    assert 300 < found.renders <= 400


def test_the_same_seed_and_renders_give_the_same_program(drum: Audio) -> None:
    codes = [raveforce.imitate(drum, renders=800, seed=seed).code for seed in (0, 0, 1)]
    assert codes[0] == codes[1] != codes[2]


def test_another_distance_is_minimised(drum: Audio) -> None:
    by = {name: raveforce.imitate(drum, template="tone", distance=name, renders=600) for name in ("mss", "envelope")}
    assert by["envelope"].distance == "envelope"
    assert by["envelope"].distances["envelope"] < by["mss"].distances["envelope"]


def test_an_answer_is_there_in_time(drum: Audio, working_clock: Callable[[], float]) -> None:
    raveforce.imitate(drum, renders=64)  # what is compiled and imported once
    started = working_clock()
    found = raveforce.imitate(drum, seconds=1.5)
    assert working_clock() - started < 2
    assert found.renders > 100
    long = np.tile(np.concatenate([drum, drum]), 12)  # six seconds: programs take longer, and so does the end
    started = working_clock()
    raveforce.imitate(long, seconds=6, template="kick")
    assert working_clock() - started < 7


def test_a_right_answer_is_taken_and_a_wrong_one_costs_little(drum: Audio) -> None:
    task = make_template("kick", prepare(drum), RATE)
    right = raveforce.imitate(drum, template="kick", renders=3000)
    action = task.parameters.encode([[float(value) for value in right.parameters.values()]])

    def knows(template: str, task: Task, sound: Audio) -> NDArray[np.float64]:
        return action

    def errs(template: str, task: Task, sound: Audio) -> NDArray[np.float64]:
        return -np.sign(action)

    few = {name: raveforce.imitate(drum, template="kick", renders=200, proposers=by).distances["mss"] for name, by in
           {"nothing": [], "right": [knows], "wrong": [errs]}.items()}  # fmt: skip
    assert few["right"] <= right.distances["mss"] * 1.01 < few["nothing"]
    assert few["wrong"] < few["nothing"] * 1.5


def test_what_no_template_says_is_called_outside() -> None:
    time = np.arange(2 * RATE) / RATE
    chords = sum(np.sin(2 * np.pi * f * time) for f in (261, 329, 392, 523, 659, 784, 1046))
    gate = (time * 8 % 2 < 1) * np.sin(2 * np.pi * 3000 * time) + chords
    found = raveforce.imitate((gate * np.linspace(0, 1, len(time))).astype(np.float32) / 10, renders=600)
    assert found.outside


@pytest.mark.parametrize(
    ("sound", "message"),
    [
        (np.zeros(RATE), "silent"),
        (np.full(RATE, np.nan), "NaN"),
        (np.zeros((8, RATE)), "mix its channels"),
        (np.zeros(0), "empty"),
        (np.ones(100), "samples that are not silent"),
        (np.sin(np.arange(11 * RATE) / 10), r"lasts 11.0 s.*cut it"),
        (np.arange(100), "integers"),
    ],
)
def test_sounds_that_cannot_be_used(sound: NDArray[np.float64], message: str) -> None:
    with pytest.raises(AudioError, match=message):
        raveforce.imitate(sound, renders=10)


def test_settings_that_cannot_be_used(drum: Audio) -> None:
    for options, message in (
        ({"template": "kik"}, "unknown template 'kik'.*kick"),
        ({"distance": "ms"}, "unknown distance 'ms'"),
        ({"seconds": 0}, "seconds is a number above 0"),
        ({"seconds": float("nan")}, "seconds is a number above 0"),
        ({"template": "bass_line"}, "cannot imitate"),
        ({"renders": 0}, "renders is a number above 0"),
    ):
        with pytest.raises(ValueError, match=message):
            raveforce.imitate(drum, **options)


def test_rate_silence_and_level_of_the_sound_do_not_matter(drum: Audio, tmp_path: Path) -> None:
    plain = prepare(drum)
    padded = np.concatenate([np.zeros(RATE), 0.01 * drum, np.zeros(RATE)]).astype(np.float32)
    assert len(prepare(padded)) == pytest.approx(len(plain), abs=1024)
    assert np.abs(prepare(padded)).max() == pytest.approx(0.9)
    soundfile.write(tmp_path / "a.wav", np.stack([drum] * 8, axis=1), RATE, subtype="FLOAT")
    np.testing.assert_allclose(prepare(tmp_path / "a.wav"), plain, atol=1e-6)
    slow = np.repeat(drum, 2)
    assert len(prepare(slow, 2 * RATE)) == pytest.approx(len(plain), abs=512)
