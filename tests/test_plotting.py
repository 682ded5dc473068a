import io
from collections import Counter

import numpy as np
import pytest
from matplotlib.axis import Axis

from raveforce.plotting import comparison, pixels
from raveforce.tasks.kick import kick_808


def test_target_and_attempt_are_drawn_where_they_belong() -> None:
    target = kick_808(seconds=0.1)
    same = pixels(comparison(target, target, 44100, title="a title"))
    silent = pixels(comparison(np.zeros(0, np.float32), target, 44100, title="a title"))
    half = same.shape[1] // 2
    left, right = (same != silent)[:, : half - 30].any(), (same != silent)[:, half + 30 :].any()
    assert not left, "the target's side does not depend on the attempt"
    assert right


def test_everything_is_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: Counter[int] = Counter()
    draw = Axis.draw
    monkeypatch.setattr(Axis, "draw", lambda axis, *rest: drawn.update([id(axis)]) or draw(axis, *rest))
    figure = comparison(np.zeros(0, np.float32), kick_808(seconds=0.1), 44100)
    figure.savefig(io.BytesIO())
    assert len(drawn) == 10
    assert set(drawn.values()) == {1}
