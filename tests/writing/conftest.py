"""Languages and random programs of them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from raveforce.writing.grammar import make_grammar
from raveforce.writing.language import Language

SAMPLES = 4410
"""A tenth of a second."""


def random_programs(language: Language, count: int, seed: int = 0) -> list[NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    grammar = make_grammar(language)
    return [grammar.sample(rng.random(language.max_tokens)) for _ in range(count)]


@pytest.fixture
def language() -> Language:
    return Language()


@pytest.fixture
def toy() -> Language:
    """Few words and numbers."""
    return Language(bins=6, max_tokens=24, max_layers=2, max_processors=2, words=("sin", "noise", "mul", "env2"))
