"""The policy that writes, as it was trained."""

from __future__ import annotations

import numpy as np
import pytest

from raveforce.distances import make_distance
from raveforce.imitation.writer import WritingPolicy, load_writing_policy
from raveforce.writing.drafts import Draft
from raveforce.writing.language import Language
from raveforce.writing.objective import Judge
from raveforce.writing.player import open_player
from raveforce.writing.targets import HiddenPrograms
from raveforce.writing.variation import random_draft

LANGUAGE = Language()


@pytest.fixture(scope="module")
def policy() -> WritingPolicy:
    return load_writing_policy()


def test_it_knows_the_language(policy: WritingPolicy) -> None:
    assert policy.knows(LANGUAGE), "words or scales have changed: train it anew"


def test_eight_of_its_programs_come_nearer_than_sixty_four_random_ones(policy: WritingPolicy) -> None:
    hidden, rng = HiddenPrograms(LANGUAGE, samples=17640, split="test"), np.random.default_rng(0)
    player, distance = open_player(LANGUAGE), make_distance("mss")
    nearer = []
    for _ in range(24):
        judge = Judge(player, hidden.draw(rng), distance)
        written = [Draft.read(LANGUAGE, tokens) for tokens in policy.write(LANGUAGE, judge.target, 8, rng)]
        anything = [random_draft(LANGUAGE, rng, int(rng.integers(1, 4))) for _ in range(64)]
        nearer.append(judge(written).min() < judge(anything).min())
    assert np.mean(nearer) >= 0.7
