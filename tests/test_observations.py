import numpy as np
import pytest

from raveforce.observations import OBSERVATIONS, PEAK_LIMIT, LogMelObservation, make_observation

SAMPLES = 5000


@pytest.mark.parametrize("name", list(OBSERVATIONS))
def test_every_sound_that_passes_lies_in_the_space(name: str) -> None:
    observation = make_observation(name)
    space = observation.space(SAMPLES)
    rng = np.random.default_rng(0)
    limit = PEAK_LIMIT * np.sign(rng.normal(size=SAMPLES))
    sine = PEAK_LIMIT * np.sin(np.arange(SAMPLES) / 3)
    sounds = np.stack([np.zeros(SAMPLES), limit, sine, np.full(SAMPLES, PEAK_LIMIT)]).astype(np.float32)
    for seen in observation.see(sounds, observation.features(sounds[:1])):
        assert space.contains(seen)


def test_waveform_shows_the_sound() -> None:
    observation = make_observation("waveform")
    sound = np.random.default_rng(0).normal(size=(2, SAMPLES)).astype(np.float32)
    seen = observation.see(sound, observation.features(sound))
    np.testing.assert_array_equal(seen, sound)
    sound[:] = 0
    assert seen.any(), "an observation must not change when the sound goes on"


def test_log_mel_shows_attempt_then_target() -> None:
    observation = LogMelObservation()
    rng = np.random.default_rng(0)
    attempt, target = (observation.features(rng.normal(0, 0.1, (1, SAMPLES)).astype(np.float32)) for _ in range(2))
    rng = np.random.default_rng(0)
    seen = observation.see(rng.normal(0, 0.1, (1, SAMPLES)).astype(np.float32), target)
    np.testing.assert_array_equal(seen, np.concatenate([attempt, target], axis=1))


def test_log_mel_scale() -> None:
    sine = np.sin(2 * np.pi * 1000 * np.arange(44100) / 44100)[None].astype(np.float32)
    assert LogMelObservation().features(0 * sine).max() == pytest.approx(0, abs=1e-6)
    # A full-scale sine comes near the top, so that ordinary sounds use the range.
    assert 0.5 < LogMelObservation().features(sine).max() < 0.8


def test_an_unknown_observation() -> None:
    with pytest.raises(ValueError, match="unknown observation 'pixels'"):
        make_observation("pixels")
