import numpy as np

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
