from typing import Any

import gymnasium
import numpy as np
import pytest

from raveforce.audio import PEAK_LIMIT
from raveforce.observations import (
    OBSERVATIONS,
    DescriptorsObservation,
    LogMelObservation,
    Progress,
    make_observation,
    row,
)

SAMPLES = 5000


LOUD = np.stack(
    [
        np.zeros(SAMPLES),
        PEAK_LIMIT * np.sign(np.random.default_rng(0).normal(size=SAMPLES)),
        PEAK_LIMIT * np.sin(np.arange(SAMPLES) / 3),
        np.full(SAMPLES, PEAK_LIMIT),
    ]
).astype(np.float32)
PROGRESS = Progress(2, 4, np.full((len(LOUD), 3), -1, np.float32))


@pytest.mark.parametrize("name", list(OBSERVATIONS))
@pytest.mark.parametrize("show", [(), ("attempt",), ("target", "difference"), ("attempt", "target", "difference")])
@pytest.mark.parametrize("as_dict", [False, True])
@pytest.mark.parametrize("one_hot", [False, True])
@pytest.mark.parametrize("sample_rate", [16000, 44100])
def test_every_sound_that_passes_lies_in_the_space(
    name: str, show: tuple[str, ...], as_dict: bool, one_hot: bool, sample_rate: int
) -> None:
    shown = {"show": show, "step": True, "one_hot": one_hot, "last": True}
    observation = make_observation(name, sample_rate, as_dict=as_dict, **shown)
    space = observation.space(SAMPLES, 3, PROGRESS.steps)
    for target in (LOUD[:1], LOUD[1:2]):
        seen = observation.observe(LOUD, observation.features(target), PROGRESS)
        for index in range(len(LOUD)):
            assert space.contains(row(seen, index)), (space, row(seen, index))


@pytest.mark.parametrize("name", list(OBSERVATIONS))
def test_rows_do_not_depend_on_each_other(name: str) -> None:
    observation = make_observation(name)
    sounds = np.random.default_rng(0).normal(0, 0.2, (5, SAMPLES)).astype(np.float32)
    together = observation.features(sounds)
    np.testing.assert_array_equal(together, np.concatenate([observation.features(sound[None]) for sound in sounds]))


def test_dictionaries_keep_shapes_and_say_where_the_episode_stands() -> None:
    observation = LogMelObservation(show=("target", "difference"), step=True, last=True, as_dict=True)
    seen = observation.observe(LOUD, observation.features(LOUD[2:3]), PROGRESS)
    assert isinstance(seen, dict)
    assert {name: part.shape for name, part in seen.items()} == {
        "target": (4, 5, 32), "difference": (4, 5, 32), "step": (4, 1), "last": (4, 3),
    }  # fmt: skip
    np.testing.assert_array_equal(seen["difference"][2], 0 * seen["target"][2])
    assert seen["step"].tolist() == [[0.5]] * 4
    assert (seen["last"] == -1).all()


def test_a_step_shown_as_a_place_is_1_where_the_episode_stands_and_nowhere_at_its_end() -> None:
    observation = make_observation("steps")
    places = [observation.observe(LOUD, np.zeros((1, 0), np.float32), Progress(step, 4)) for step in range(5)]
    assert np.stack(places)[:, 0].tolist() == [*np.eye(4).tolist(), [0] * 4]


def test_the_places_of_an_environment_are_its_steps() -> None:
    with gymnasium.make("raveforce:raveforce/BassLine-v0", observation="steps") as env:
        first, _ = env.reset(seed=0)
        second, *_ = env.step(env.action_space.sample())
    assert first[:16].tolist() == np.eye(16)[0].tolist()
    assert second[:16].tolist() == np.eye(16)[1].tolist()
    assert env.observation_space.shape == (16 + len(env.action_space.low),)


def test_one_hot_needs_a_step_to_show() -> None:
    with pytest.raises(ValueError, match="one_hot is a form of the step"):
        make_observation("log_mel", one_hot=True)


def test_descriptors_tell_loud_from_soft_bright_from_dark_and_noise_from_tone() -> None:
    time = np.arange(SAMPLES) / 44100
    noise = np.random.default_rng(0).uniform(-1, 1, SAMPLES)
    sounds = [np.sin(2 * np.pi * 200 * time), np.sin(2 * np.pi * 4000 * time), 0.01 * noise, noise, 0 * noise]
    low, high, soft, loud, silent = DescriptorsObservation().features(np.array(sounds, np.float32)).mean(axis=1)
    assert soft[0] < 0.8 * loud[0]
    assert low[1] < 0.6 * high[1]
    assert high[2] < 0.1 < 0.3 < loud[2]
    assert silent.tolist() == [0, 0, 0]


def test_what_cannot_be_shown() -> None:
    with pytest.raises(ValueError, match="any of attempt, target, difference"):
        make_observation("log_mel", show=("attempts",))
    with pytest.raises(ValueError, match="shows nothing"):
        make_observation("log_mel", show=())


def test_waveform_shows_the_sound() -> None:
    observation = make_observation("waveform")
    sound = np.random.default_rng(0).normal(size=(2, SAMPLES)).astype(np.float32)
    seen = observation.observe(sound, observation.features(sound))
    np.testing.assert_array_equal(seen, sound)
    sound[:] = 0
    assert seen.any(), "an observation must not change when the sound goes on"


def test_log_mel_shows_attempt_then_target() -> None:
    observation = LogMelObservation()
    rng = np.random.default_rng(0)
    attempt, target = (observation.features(rng.normal(0, 0.1, (1, SAMPLES)).astype(np.float32)) for _ in range(2))
    rng = np.random.default_rng(0)
    seen = observation.observe(rng.normal(0, 0.1, (1, SAMPLES)).astype(np.float32), target)
    np.testing.assert_array_equal(seen, np.concatenate([attempt.reshape(1, -1), target.reshape(1, -1)], axis=1))


def test_log_mel_scale() -> None:
    sine = np.sin(2 * np.pi * 1000 * np.arange(44100) / 44100)[None].astype(np.float32)
    assert LogMelObservation().features(0 * sine).max() == pytest.approx(0, abs=1e-6)
    # A full-scale sine comes near the top, so that ordinary sounds use the range.
    assert 0.5 < LogMelObservation().features(sine).max() < 0.8


def test_an_unknown_observation() -> None:
    with pytest.raises(ValueError, match="unknown observation 'pixels'"):
        make_observation("pixels")


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("log_mel", {"n_mels": 10**9}),
        ("log_mel", {"n_fft": 2**24}),
        ("log_mel", {"hop_length": 10**18}),
        ("log_mel", {"hop_length": "long"}),
        ("mfcc", {"n_mfcc": 10**7}),
        ("descriptors", {"segments": 0}),
    ],
)
def test_sizes_that_would_fill_the_memory_are_refused(name: str, options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=rf"{next(iter(options))} must be a whole number from 1 to \d+, got "):
        make_observation(name, **options)
