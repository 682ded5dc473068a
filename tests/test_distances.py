import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from raveforce.distances import DISTANCES, MultiScaleSpectral, make_distance, measure
from raveforce.tasks.kick import kick_808

RATE = 44100
TARGET = kick_808(RATE, 0.2)
SILENCE = np.zeros_like(TARGET)
NOISE = np.random.default_rng(0).uniform(-1, 1, len(TARGET)).astype(np.float32)

names = pytest.mark.parametrize("name", list(DISTANCES))


def distance(name: str, audio: NDArray[np.float32], target: NDArray[np.float32] = TARGET) -> float:
    return measure(audio, target, RATE)[name]


@names
def test_the_target_itself_is_at_zero_and_nothing_else_is(name: str) -> None:
    assert distance(name, TARGET) == 0
    for other in (SILENCE, NOISE, 0.5 * TARGET, -0.9 * TARGET, np.roll(TARGET, 4000)):
        assert distance(name, other.astype(np.float32)) > 0


@names
def test_noise_is_farther_than_a_near_miss(name: str) -> None:
    assert distance(name, (0.95 * TARGET).astype(np.float32)) < 0.3 * distance(name, NOISE)


@pytest.mark.parametrize("name", ["mss", "log_mel"])
def test_spectral_distances_do_not_hear_polarity_and_hardly_a_tiny_shift(name: str) -> None:
    assert distance(name, -TARGET) == pytest.approx(0, abs=1e-6)
    assert distance(name, np.roll(TARGET, 8)) < 0.25 * distance(name, SILENCE)


def test_the_waveform_distance_hears_polarity() -> None:
    assert distance("waveform", -TARGET) == pytest.approx(4 * distance("waveform", SILENCE), rel=1e-5)


@names
def test_every_distance_hears_gain(name: str) -> None:
    gains = [distance(name, (gain * TARGET).astype(np.float32)) for gain in (0.9, 0.7, 0.4, 0.1)]
    assert gains == sorted(gains)
    assert gains[0] > 0


@names
def test_rows_do_not_depend_on_each_other(name: str) -> None:
    made = make_distance(name, RATE)
    sounds = np.random.default_rng(0).normal(0, 0.2, (7, 5000)).astype(np.float32)
    target = made.features(sounds[:1] / 2)
    together = made.between(made.features(sounds), target)
    alone = np.concatenate([made.between(made.features(sound[None]), target) for sound in sounds])
    np.testing.assert_array_equal(together, alone)


@names
def test_every_row_can_have_its_own_target(name: str) -> None:
    made = make_distance(name, RATE)
    sounds = np.random.default_rng(0).normal(0, 0.2, (3, 5000)).astype(np.float32)
    features = made.features(sounds)
    np.testing.assert_array_equal(made.between(features, features), np.zeros(3))
    rolled = tuple(np.roll(array, 1, axis=0) for array in features)
    assert (made.between(features, rolled) > 0).all()


@names
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_distances_are_finite_and_not_negative(name: str, data: st.DataObject) -> None:
    amplitudes = data.draw(st.lists(st.floats(-10, 10, width=32), min_size=300, max_size=300))
    assert 0 <= distance(name, np.array(amplitudes, np.float32), TARGET[:300]) < 1e4


def test_mss_of_silence_is_one_plus_the_log_part() -> None:
    single = MultiScaleSpectral(n_ffts=[512])
    assert single.n_ffts == (512,)
    features, target = single.features(SILENCE[None]), single.features(TARGET[None])
    logarithms = np.abs(features[1] - target[1]).mean()
    assert single.between(features, target)[0] == pytest.approx(1 + logarithms, rel=1e-5)


def test_errors() -> None:
    with pytest.raises(ValueError, match=r"unknown distance 'mse'.*waveform, mss, log_mel"):
        make_distance("mse")
    with pytest.raises(ValueError, match="10 and 20 samples"):
        measure(np.ones(10), np.ones(20))
