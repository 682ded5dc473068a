import numpy as np
import pytest
from numpy.typing import NDArray

from raveforce.distances import DISTANCES
from raveforce.rewards import KINDS, Reward, make_reward
from raveforce.tasks.kick import kick_808

TARGET = kick_808(44100, 0.2)[None]
NOISE = np.random.default_rng(1).uniform(-1, 1, TARGET.shape).astype(np.float32)


def of(reward: Reward, audio: NDArray[np.float32]) -> float:
    aim = reward.prepare(TARGET)
    return float(reward.of(reward.measure(audio, aim), aim.silence, aim)[0])


@pytest.mark.parametrize("name", list(DISTANCES))
def test_calibration(name: str) -> None:
    assert of(make_reward(name, kind="normalised"), TARGET) == 0
    assert of(make_reward(name, kind="normalised"), 0 * TARGET) == -1
    assert of(make_reward(name, kind="improvement"), TARGET) == 1
    assert of(make_reward(name, kind="improvement"), 0 * TARGET) == 0
    for kind in KINDS:
        reward = make_reward(name, kind=kind)
        assert of(reward, TARGET) > of(reward, 0.8 * TARGET) > of(reward, NOISE) > of(reward, 9.9 * np.sign(NOISE))


@pytest.mark.parametrize("name", list(DISTANCES))
def test_nothing_is_worse_than_the_worst(name: str) -> None:
    reward = make_reward(name)
    aim = reward.prepare(TARGET)
    assert of(reward, 9.9 * np.sign(NOISE)) >= -float(aim.worst[0])


def test_improvements_sum_to_the_final_one() -> None:
    reward = make_reward("mss", kind="improvement")
    aim = reward.prepare(TARGET)
    steps = [TARGET * (np.arange(TARGET.shape[1]) < end) for end in (1000, 4000, 8000)]
    before, total = aim.silence, np.zeros(1)
    for sound in steps:
        distance = reward.measure(sound.astype(np.float32), aim)
        total, before = total + reward.of(distance, before, aim), distance
    np.testing.assert_allclose(total, 1 - before / aim.silence)


def test_waveform_is_the_first_raveforces_reward() -> None:
    sound = 0.5 * TARGET
    assert of(make_reward("waveform"), sound) == pytest.approx(-np.mean((sound - TARGET) ** 2), rel=1e-6)


def test_an_unknown_kind() -> None:
    with pytest.raises(ValueError, match="unknown kind of reward 'positive'"):
        make_reward("mss", kind="positive")
