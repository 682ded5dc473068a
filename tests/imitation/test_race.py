import time
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from raveforce.distances import make_distance
from raveforce.imitation.cma_es import CMAES
from raveforce.imitation.objective import Objective
from raveforce.imitation.proposals import prior, propose
from raveforce.imitation.race import Budget, Lane, Progress, race
from raveforce.imitation.starts import starts
from raveforce.task import Task
from raveforce.tasks import kick, tone


def objectives(drum: NDArray[np.float32]) -> list[Objective]:
    return [Objective(name, task(drum), make_distance("mss")) for name, task in (("kick", kick), ("tone", tone))]


def lanes(drum: NDArray[np.float32], count: int) -> list[Lane]:
    (objective, _) = objectives(drum)
    return [Lane(objective, CMAES(objective.dimensions, seed=seed)) for seed in range(count)]


def test_the_better_half_goes_on_and_the_renders_are_kept(drum: NDArray[np.float32]) -> None:
    racing = lanes(drum, 8)
    best, interrupted = race(racing, Budget(renders=2000))
    renders = sorted(lane.search.renders for lane in racing)
    assert not interrupted
    assert 2000 - 3 * 8 * 16 < sum(renders) <= 2000
    assert renders[3] < renders[4] < renders[6]  # four went out first, then two
    assert best.search.nearest[0] == min(lane.search.nearest[0] for lane in racing)


def test_threads_change_nothing_but_the_time(drum: NDArray[np.float32]) -> None:
    found = [race(lanes(drum, 5), Budget(renders=800), threads=threads)[0] for threads in (1, 2, 5)]
    for lane in found[1:]:
        np.testing.assert_array_equal(lane.search.nearest[1], found[0].search.nearest[1])


def test_a_deadline_is_kept(drum: NDArray[np.float32], working_clock: Callable[[], float]) -> None:
    race(lanes(drum, 1), Budget(renders=16))  # what is compiled and imported once
    started = working_clock()
    race(lanes(drum, 5), Budget(deadline=started + 1))
    assert 0.7 < working_clock() - started < 1.3


def test_ctrl_c_keeps_the_best(drum: NDArray[np.float32]) -> None:
    def interrupt(progress: Progress) -> None:
        if progress.renders > 100:
            raise KeyboardInterrupt

    started = time.monotonic()
    best, interrupted = race(lanes(drum, 3), Budget(deadline=started + 60), progress=interrupt)
    assert interrupted
    assert np.isfinite(best.search.nearest[0])
    assert time.monotonic() - started < 20


def test_an_error_in_a_search_is_raised(drum: NDArray[np.float32], monkeypatch: pytest.MonkeyPatch) -> None:
    racing = lanes(drum, 2)
    monkeypatch.setattr(racing[1].search, "ask", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        race(racing, Budget(renders=100))


def test_a_budget_has_an_end() -> None:
    with pytest.raises(ValueError, match="needs an end"):
        Budget()
    with pytest.raises(ValueError, match="above 0"):
        Budget(renders=0)


class Knows:
    """Answers one template."""

    def __init__(self, answers: object, template: str = "kick") -> None:
        self.answers, self.template = answers, template

    def __call__(self, template: str, task: Task, sound: NDArray[np.float32]) -> object:
        return self.answers if template == self.template else None


def test_every_template_begins_in_the_middle_and_at_the_best_answer(drum: NDArray[np.float32]) -> None:
    tried = objectives(drum)
    answers = np.random.default_rng(0).uniform(-1, 1, (5, tried[0].dimensions))
    made = starts(tried, [Knows(answers)], Budget(renders=4000), seed=0)
    assert sorted(lane.objective.template for lane in made) == ["kick", "kick", "tone", "tone"]
    begun = [lane.search.ask()[0] for lane in made if lane.objective.template == "kick"]
    expected = [answers[tried[0](answers).argmin()], np.zeros(tried[0].dimensions)]
    for want in expected:
        assert any(np.array_equal(want, first) for first in begun)


def test_few_renders_begin_few_searches(drum: NDArray[np.float32]) -> None:
    assert len(starts(objectives(drum), [], Budget(renders=100), seed=0)) == 1
    with pytest.raises(ValueError, match="at least as many renders"):
        starts(objectives(drum), [], Budget(renders=1), seed=0)


def test_a_template_searches_the_same_whatever_else_races(drum: NDArray[np.float32]) -> None:
    both = starts(objectives(drum), [], Budget(renders=4000), seed=0)
    alone = starts(objectives(drum)[:1], [], Budget(renders=2000), seed=0)
    one = next(lane for lane in both if lane.objective.template == "kick")
    assert any(np.array_equal(one.search.ask(), lane.search.ask()) for lane in alone)


def test_answers_that_know_nothing_begin_as_plain_search_does() -> None:
    nothing = prior(None, 4)
    uniform = prior(np.random.default_rng(0).uniform(-1, 1, (4096, 4)), 4)
    np.testing.assert_allclose(uniform.mean, nothing.mean, atol=0.01)
    np.testing.assert_array_equal(uniform.sigma, nothing.sigma)


def test_answers_that_do_not_fit_are_refused(drum: NDArray[np.float32]) -> None:
    with pytest.raises(ValueError, match=r"'kick'.*\[k, 6\]"):
        propose([Knows(np.zeros((2, 5)))], "kick", kick(drum), drum)
    with pytest.raises(ValueError, match="finite"):
        propose([Knows(np.full((1, 6), np.nan))], "kick", kick(drum), drum)
    assert propose([Knows([[5.0] * 6])], "kick", kick(drum), drum).max() == 1
    assert propose([Knows(None)], "kick", kick(drum), drum).shape == (0, 6)
