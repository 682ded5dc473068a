"""The tasks whose programs are for recordings."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from raveforce.glicol import open_engine
from raveforce.tasks import make_task
from raveforce.tasks.bass import plucked_string
from raveforce.tasks.clap import clap_808
from raveforce.tasks.cymbal import crash
from raveforce.tasks.drum import struck_wood
from raveforce.tasks.tom import floor_tom

RATE = 44100
SOUNDS = ["kick_v1", "snare_v1", "hihat_v1", "tone_v1", "tom", "clap", "cymbal", "bass", "drum"]
Sound = NDArray[np.float32]


@pytest.mark.parametrize("sample_rate", [22050, 44100, 48000])
@pytest.mark.parametrize(
    ("synthesise", "seconds", "low", "high"),
    [
        (floor_tom, 0.8, 85, 115),
        (clap_808, 0.35, 500, 3500),
        (crash, 1.2, 200, 16000),
        (plucked_string, 1.0, 70, 150),
        (struck_wood, 0.3, 610, 630),
    ],
)
def test_what_is_synthesised_has_its_length_level_pitch_and_decay(
    synthesise: Callable[[int], Sound], seconds: float, low: float, high: float, sample_rate: int
) -> None:
    sound = synthesise(sample_rate)
    assert len(sound) == round(seconds * sample_rate)
    assert np.abs(sound).max() == pytest.approx(0.9)
    power = np.abs(np.fft.rfft(sound)) ** 2
    assert low < np.fft.rfftfreq(len(sound), 1 / sample_rate)[power.argmax()] < high
    energy = [float(np.square(part).sum()) for part in np.array_split(sound, 4)]
    assert energy == sorted(energy, reverse=True)
    assert np.abs(sound[-5:]).max() < 0.01, "no click at the end"


@pytest.mark.parametrize("name", SOUNDS)
def test_both_engines_play_the_same(name: str) -> None:
    task = make_task(name)
    actions = np.random.default_rng(0).uniform(-1, 1, (4, len(task.parameters.free)))
    native, real = (
        open_engine(task.program, 4, RATE, kind=kind).play(task.parameters.decode(actions), 11025)
        for kind in ("native", "wasm")
    )
    np.testing.assert_allclose(native, real, atol=2e-4 * np.abs(real).max())


@pytest.mark.parametrize("name", SOUNDS)
def test_it_is_silent_before_it_is_struck_and_long_after(name: str) -> None:
    task = make_task(name)
    lowest = -np.ones((1, len(task.parameters.free)))
    sound = open_engine(task.program, 1, RATE).play(task.parameters.decode(lowest), 5 * RATE)[0]
    assert sound[0] == 0
    assert np.abs(sound[-RATE:]).max() < 1e-4
