import numpy as np
import pytest
from numpy.typing import NDArray

from raveforce.distances import DISTANCES
from raveforce.rewards import REWARDS, Reward, RewardTarget, make_reward, white_noise
from raveforce.tasks.kick import kick_808

TARGET = kick_808(44100, 0.2)[None]
NOISE = np.random.default_rng(1).uniform(-1, 1, TARGET.shape).astype(np.float32)


def of(reward: Reward, audio: NDArray[np.float32]) -> float:
    reference = reward.prepare(TARGET)
    return float(reward.compute(reward.measure(audio, reference), reference.silence, reference)[0])


@pytest.mark.parametrize("name", list(DISTANCES))
def test_calibration(name: str) -> None:
    assert of(make_reward(name, kind="normalised"), TARGET) == 0
    assert of(make_reward(name, kind="normalised"), 0 * TARGET) == -1
    assert of(make_reward(name, kind="improvement"), TARGET) == 1
    assert of(make_reward(name, kind="improvement"), 0 * TARGET) == 0
    for kind in REWARDS:
        reward = make_reward(name, kind=kind)
        right, near, noisy, worst = (of(reward, sound) for sound in (TARGET, 0.8 * TARGET, NOISE, 9.9 * np.sign(NOISE)))
        assert right >= near >= noisy
        assert right > noisy
        if name not in ("sot", "chroma"):  # these do not hear gain
            assert noisy >= worst
            assert right > near or kind == "inverse"  # which is flat close to the target


def test_inverse_is_bounded() -> None:
    reward = make_reward("synthrl", kind="inverse")
    assert of(reward, TARGET) == 10
    silent = of(reward, 0 * TARGET)
    assert silent == pytest.approx(1 / reward.prepare(TARGET).silence[0])
    assert 0.2 <= of(reward, 9.9 * np.sign(NOISE)) < silent


def test_what_is_still_to_come_does_not_count_until_now() -> None:
    reward = make_reward("mss", kind="improvement", until="now")
    whole = reward.prepare(TARGET)
    sounds = [TARGET * (np.arange(TARGET.shape[1]) < end) for end in (3000, 6000, TARGET.shape[1])]
    before, rewards = reward.start(whole), []
    for sound, end in zip(sounds, (3000, 6000, TARGET.shape[1]), strict=True):
        distance = reward.measure(sound.astype(np.float32), reward.prefix(TARGET, whole, end))
        rewards.append(float(reward.compute(distance, before, whole)[0]))
        before = distance
    assert rewards == [0, 0, 0], "the target up to then is as near as can be"
    silent = reward.measure(0 * TARGET, reward.prefix(TARGET, whole, 3000))
    assert reward.compute(silent, reward.start(whole), whole)[0] < -0.5


def test_rewards_until_now_sum_to_the_final_one() -> None:
    reward = make_reward("mss", kind="improvement", until="now")
    whole = reward.prepare(TARGET)
    before, total = reward.start(whole), 0.0
    for end in (2000, 5000, TARGET.shape[1]):
        distance = reward.measure(NOISE, reward.prefix(TARGET, whole, end))
        total += float(reward.compute(distance, before, whole)[0])
        before = distance
    assert total == pytest.approx(of(make_reward("mss", kind="normalised"), NOISE))


def test_weighted_sums_make_rewards() -> None:
    reward = make_reward({"mss": 1, "envelope": 3}, kind="normalised")
    assert of(reward, 0 * TARGET) == pytest.approx(-1)
    assert of(reward, TARGET) == 0


@pytest.mark.parametrize("name", list(DISTANCES))
def test_nothing_is_worse_than_the_worst(name: str) -> None:
    reward = make_reward(name)
    reference = reward.prepare(TARGET)
    assert of(reward, 9.9 * np.sign(NOISE)) >= -float(reference.worst[0])


def test_improvements_sum_to_the_final_one() -> None:
    reward = make_reward("mss", kind="improvement")
    reference = reward.prepare(TARGET)
    steps = [TARGET * (np.arange(TARGET.shape[1]) < end) for end in (1000, 4000, 8000)]
    before, total = reference.silence, np.zeros(1)
    for sound in steps:
        distance = reward.measure(sound.astype(np.float32), reference)
        total, before = total + reward.compute(distance, before, reference), distance
    np.testing.assert_allclose(total, 1 - before / reference.silence)


def test_waveform_is_the_first_raveforces_reward() -> None:
    sound = 0.5 * TARGET
    assert of(make_reward("waveform"), sound) == pytest.approx(-np.mean((sound - TARGET) ** 2), rel=1e-6)


def test_an_unknown_kind() -> None:
    with pytest.raises(ValueError, match="until end or now, not 'then'"):
        make_reward("mss", until="then")
    with pytest.raises(ValueError, match="unknown reward kind 'positive'"):
        make_reward("mss", kind="positive")


def test_noise_is_measured_only_where_a_distance_is_beyond_twice_silence() -> None:
    calls = []

    def noise() -> NDArray[np.float64]:
        calls.append(1)
        return np.array([3.0, 1.0])

    target = RewardTarget((), np.array([1.0, 2.0]), noise, 8)
    near, far = np.array([2.0, 3.9]), np.array([7.0, 3.9])
    np.testing.assert_array_equal(target.bound(near), near)
    assert not calls
    np.testing.assert_array_equal(target.bound(far), [6.0, 3.9])
    assert calls


def test_the_noise_that_is_the_worst_is_white_and_of_full_scale() -> None:
    noise = white_noise(44100)
    np.testing.assert_array_equal(noise, white_noise(44100))
    assert -1 <= noise.min() < -0.999
    assert 0.999 < noise.max() < 1
    assert np.var(noise) == pytest.approx(1 / 3, rel=0.02)
    power = np.abs(np.fft.rfft(noise)[1:].reshape(10, -1)) ** 2  # of ten bands
    np.testing.assert_allclose(power.mean(axis=1), 44100 / 3, rtol=0.1)
