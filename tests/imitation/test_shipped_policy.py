"""The policy that ships, as it was trained."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from raveforce.distances import make_distance, measure_rows
from raveforce.imitation.objective import Objective
from raveforce.imitation.policy import Policy, load_policy
from raveforce.imitation.templates import AUTO, make_template
from raveforce.tasks.kick import kick_808

RATE = 44100


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy()


@pytest.fixture(scope="module")
def kick() -> NDArray[np.float32]:
    return kick_808(RATE)


def test_it_knows_all_templates_that_imitate_takes(policy: Policy, kick: NDArray[np.float32]) -> None:
    for samples in (4410, RATE, 3 * RATE):
        sound = np.resize(kick, samples)
        assert [name for name in AUTO if not policy.knows(name, make_template(name, sound, RATE))] == []


def test_its_first_answers_are_near(policy: Policy, kick: NDArray[np.float32]) -> None:
    distance = make_distance("mss", RATE)
    silence = measure_rows(distance, np.zeros((1, len(kick)), np.float32), distance.features(kick[None]))[0]
    objective = Objective("kick_v1", make_template("kick_v1", kick, RATE), distance)
    answers = policy("kick_v1", objective.task, kick)
    assert answers is not None
    values = objective(answers.astype(float))
    anywhere = objective(np.random.default_rng(0).uniform(-1, 1, (64, objective.dimensions)))
    assert values[0] < 0.75 * silence
    assert values.min() < np.sort(anywhere)[3], "sixteen answers come nearer than sixty random programs"


def test_it_tells_a_kick_from_hiss(policy: Policy, kick: NDArray[np.float32]) -> None:
    hiss = np.random.default_rng(0).standard_normal(RATE // 10) * np.exp(-np.arange(RATE // 10) / 800)
    low, high = (policy.hear(sound.astype(np.float32)).probabilities for sound in (kick, 0.3 * hiss))
    noisy = ("hihat_v1", "cymbal", "clap", "snare_v1")
    assert sum(low[name] for name in noisy) < 0.3
    assert sum(high[name] for name in noisy) > 0.5
