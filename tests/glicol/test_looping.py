"""Programs that strike again and again."""

from __future__ import annotations

import numpy as np
import pytest

import raveforce
from raveforce.glicol.looping import looped_text

DRUM = "~e: imp 0.1 >> envperc 0.001 0.2\no: sin 60 >> mul ~e\nclick: imp 0.15 >> mul 0.1\n"


@pytest.mark.parametrize("engine", ["native", "wasm"])
@pytest.mark.parametrize(("seconds", "period"), [(0.4, 1), (1.0, 1), (1.3, 2), (2.0, 2), (7.5, 8), (10.0, 16)])
def test_the_first_strike_sounds_the_same_and_comes_again(seconds: float, period: int, engine: str) -> None:
    looping = looped_text(DRUM, seconds)
    once, again = (raveforce.render(text, seconds, engine=engine) for text in (DRUM, looping))
    np.testing.assert_array_equal(again, once)
    longer = raveforce.render(looping, period + 0.3, engine=engine)
    assert np.abs(longer[44100 * period :]).max() > 0.5
    assert np.abs(raveforce.render(DRUM, period + 0.3)[44100 * period :]).max() < 0.2 or period > 10


def test_what_is_struck_otherwise_or_more_than_once_stays() -> None:
    for text in ("o: imp 0.15 >> mul 0.5", "o: imp 0.1.5", "~imp: sin 3"):
        assert looped_text(text, 0.5) == text
    assert looped_text(DRUM, 12) == DRUM
