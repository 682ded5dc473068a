import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import signal

from raveforce.distances import make_distance
from raveforce.imitation.analysis import analyse
from raveforce.imitation.imitate import imitate
from raveforce.imitation.objective import Objective
from raveforce.tasks import make_task

RATE = 44100
Sound = NDArray[np.float32]


def booming(rate: int = RATE) -> Sound:
    """A kick whose pitch falls from 250 to 48 Hz while it rings for more than a second, as some once came out wrong."""
    time = np.arange(round(1.2 * rate)) / rate
    cycles = np.cumsum(48 + 200 * np.exp(-time / 0.03)) / rate
    return (0.9 * np.sin(2 * np.pi * cycles) * np.exp(-time / 0.3) * np.minimum(time / 0.002, 1)).astype(np.float32)


def pitch(sound: Sound, begin: float, end: float) -> float:
    """Mean frequency between two times, Hz."""
    turned = np.unwrap(np.angle(signal.hilbert(sound)))
    first, last = round(begin * RATE), round(end * RATE)
    return float((turned[last] - turned[first]) / (2 * np.pi * (end - begin)))


@pytest.mark.parametrize("rate", [22050, 44100])
def test_pitch_its_fall_and_the_decay_are_measured(rate: int) -> None:
    task = make_task("kick_v1", target=booming(rate), sample_rate=rate)
    answers = analyse("kick_v1", task, booming(rate))
    assert answers is not None
    assert answers.shape == (12, 18)
    assert np.abs(answers).max() <= 1
    found = dict(zip(task.parameters.parameters, task.parameters.decode(answers[:1])[0], strict=True))
    assert found["body_freq"] == pytest.approx(48, rel=0.1)
    assert 60 < found["body_sweep"] < 400
    assert 0.05 < found["body_sweep_decay"] < 0.3
    assert 0.4 < found["body_decay"] < 1.5


@pytest.mark.parametrize("name", ["kick_v1", "snare_v1", "hihat_v1", "tone_v1", "tom", "cymbal", "drum"])
def test_the_answer_is_nearer_than_the_middle_and_the_answers_than_as_many_at_random(name: str) -> None:
    task = make_task(name)
    objective = Objective(name, task, make_distance("mss"))
    answers = analyse(name, task, objective.target)
    assert answers is not None
    distances = objective(answers)
    assert distances[0] < objective(np.zeros((1, objective.dimensions)))[0]
    anywhere = objective(np.random.default_rng(1).uniform(-1, 1, answers.shape))
    assert distances.min() < anywhere.min()
    np.testing.assert_array_equal(analyse(name, task, objective.target), answers)


@pytest.mark.parametrize("name", ["kick", "snare", "hihat", "tone", "clap", "bass"])
def test_templates_with_other_names_get_no_answer_or_one_that_fits(name: str) -> None:
    task = make_task(name)
    answers = analyse(name, task, booming())
    assert answers is None or answers.shape[1] == len(task.parameters.free)


@pytest.mark.parametrize("samples", [128, 500, 3000])
def test_short_and_strange_sounds_are_answered(samples: int) -> None:
    for sound in (np.ones(samples), np.eye(1, samples)[0], np.random.default_rng(0).normal(size=samples)):
        target = (0.5 * sound).astype(np.float32)
        task = make_task("snare_v1", target=target, trim=False)
        answers = analyse("snare_v1", task, target)
        assert answers is not None
        assert np.isfinite(answers).all()


def test_a_booming_kick_keeps_the_fall_of_its_pitch_and_its_length() -> None:
    target = booming()
    found = imitate(target, RATE, template="kick_v1", renders=1500, proposers=(analyse,))
    assert found.distances["mss"] < 0.4 * found.silence["mss"]
    for begin, end in ((0.01, 0.03), (0.04, 0.08), (0.2, 0.4)):
        assert pitch(found.audio, begin, end) == pytest.approx(pitch(target, begin, end), rel=0.1)
    late = slice(round(0.5 * RATE), round(0.8 * RATE))
    loudness = [np.sqrt(np.square(sound[late]).mean()) for sound in (found.audio, target)]
    assert 0.5 < loudness[0] / loudness[1] < 2
