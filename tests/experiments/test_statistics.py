"""Statistics against cases worked out by hand, and what must hold of any scores."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.integrate import trapezoid

from experiments.statistics import (
    baseline,
    interquartile_mean,
    optimality_gap,
    performance_profile,
    probability_of_improvement,
    profile_with_interval,
    task_scores,
    with_interval,
)

SCORES = arrays(
    float, st.tuples(st.integers(2, 6), st.integers(1, 4)), elements=st.floats(-10, 10).map(lambda x: round(x, 3))
)


def test_scores_are_0_at_random_search_s_median_and_1_at_the_best_known() -> None:
    random = [[3.0, 10.0], [1.0, 30.0], [2.0, 20.0]]
    zero = baseline(random)
    assert zero.tolist() == [2.0, 20.0]
    scores = task_scores([[2.0, 4.0], [0.5, 20.0], [1.25, 36.0]], baseline=zero, best=[0.5, 4.0])
    assert scores.tolist() == [[0.0, 1.0], [1.0, 0.0], [0.5, -1.0]]


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        # 8 scores: the two lowest and the two highest go.
        ([[1, 2], [3, 4], [5, 6], [7, 800]], (3 + 4 + 5 + 6) / 4),
        # 6 scores: a quarter is one and a half, rounded down to one at each end.
        ([[0, 1, 2], [3, 4, 100]], (1 + 2 + 3 + 4) / 4),
        # 3 scores: less than one at each end, so the mean.
        ([[0], [1], [5]], 2.0),
    ],
)
def test_interquartile_mean_by_hand(scores: list[list[float]], expected: float) -> None:
    assert interquartile_mean(scores) == pytest.approx(expected)


def test_optimality_gap_by_hand() -> None:
    # Short of 1 by 0.5, 0, 1.5 and 0 (2 counts as 1).
    assert optimality_gap([[0.5, 1.0], [-0.5, 2.0]]) == pytest.approx(0.5)
    assert optimality_gap([[0.5, 1.0], [-0.5, 2.0]], gamma=2.0) == pytest.approx((1.5 + 1 + 2.5 + 0) / 4)


def test_performance_profile_by_hand() -> None:
    # On the first task 2, 1, 0 of 3 runs lie above; on the second 3, 3, 1.
    scores = [[0.1, 0.6], [0.4, 0.7], [0.6, 1.2]]
    np.testing.assert_allclose(performance_profile(scores, [0.1, 0.5, 0.9]), [5 / 6, 4 / 6, 1 / 6])


def test_probability_of_improvement_by_hand() -> None:
    # First task: of (2, 5) against (1, 2, 6), 2 > 1, 2 = 2, 5 > 1, 5 > 2: 3.5 of 6. Second: all 6.
    ours, theirs = [[2.0, 9.0], [5.0, 8.0]], [[1.0, 0.0], [2.0, 1.0], [6.0, 2.0]]
    estimate = probability_of_improvement(ours, theirs, seed=0)
    assert estimate.value == pytest.approx((3.5 / 6 + 1) / 2)


def test_bootstrap_interval_by_hand() -> None:
    # The mean of two runs 0 and 1, drawn anew, is 0, 1/2, 1 with probabilities 1/4, 1/2, 1/4.
    scores = [[0.0], [1.0]]
    wide = with_interval(np.mean, scores, seed=0, confidence=0.9)
    narrow = with_interval(np.mean, scores, seed=0, confidence=0.4)
    assert (wide.low, wide.value, wide.high) == (0.0, 0.5, 1.0)
    assert (narrow.low, narrow.high) == (0.5, 0.5)


def test_resamples_are_stratified_by_task() -> None:
    # Tasks far apart, runs alike: drawn apart for each task, every resample has the same mean.
    scores = np.array([[0.0, 100.0], [0.0, 100.0], [0.0, 100.0]])
    estimate = with_interval(np.mean, scores, seed=3)
    assert (estimate.low, estimate.value, estimate.high) == (50.0, 50.0, 50.0)


def test_the_interval_has_the_coverage_that_it_claims() -> None:
    generator = np.random.default_rng(0)
    hits = 0
    for trial in range(100):
        estimate = with_interval(np.mean, generator.normal(size=(20, 3)), seed=trial, resamples=300)
        hits += estimate.low <= 0 <= estimate.high
    assert 87 <= hits <= 100


def test_the_same_seed_gives_the_same_interval() -> None:
    scores = np.random.default_rng(1).normal(size=(5, 3))
    first, again, other = (with_interval(interquartile_mean, scores, seed=seed) for seed in (7, 7, 8))
    assert first == again
    assert first != other


@settings(deadline=None, max_examples=60)
@given(SCORES)
def test_measures_stay_within_their_ranges(scores: np.ndarray) -> None:
    assert scores.min() - 1e-9 <= interquartile_mean(scores) <= scores.max() + 1e-9
    assert optimality_gap(scores) >= 0
    profile = performance_profile(scores, np.linspace(-11, 11, 45))
    assert profile[0] == 1
    assert profile[-1] == 0
    assert (np.diff(profile) <= 0).all()
    # The area under the profile is the mean.
    fine = np.linspace(-10, 10, 20001)
    area = -10 + trapezoid(performance_profile(scores, fine), fine)
    assert area == pytest.approx(scores.mean(), abs=2e-3)


@settings(deadline=None, max_examples=20)
@given(SCORES, st.randoms(use_true_random=False))
def test_the_order_of_runs_and_tasks_means_nothing(scores: np.ndarray, shuffle: object) -> None:
    order = np.random.default_rng(shuffle.randint(0, 99)).permutation(len(scores))  # type: ignore[attr-defined]
    turned = scores[order][:, ::-1]
    assert interquartile_mean(turned) == pytest.approx(interquartile_mean(scores))
    thresholds = np.linspace(-10, 10, 7)
    np.testing.assert_allclose(performance_profile(turned, thresholds), performance_profile(scores, thresholds))


@settings(deadline=None, max_examples=15)
@given(SCORES)
def test_the_interquartile_mean_moves_and_stretches_with_the_scores(scores: np.ndarray) -> None:
    assert interquartile_mean(2 * scores + 3) == pytest.approx(2 * interquartile_mean(scores) + 3)


@settings(deadline=None, max_examples=15)
@given(SCORES)
def test_probability_of_improvement_is_fair(scores: np.ndarray) -> None:
    other = np.random.default_rng(0).normal(size=(3, scores.shape[1]))
    there = probability_of_improvement(scores, other, seed=0, resamples=50)
    back = probability_of_improvement(other, scores, seed=0, resamples=50)
    itself = probability_of_improvement(scores, scores, seed=0, resamples=50)
    assert there.value + back.value == pytest.approx(1)
    assert itself.value == pytest.approx(0.5)
    assert 0 <= there.low <= there.high <= 1


def test_a_profile_s_band_is_that_of_each_of_its_points() -> None:
    scores = np.random.default_rng(2).normal(size=(6, 2))
    band = profile_with_interval(scores, [-0.5, 0.0, 0.5], seed=0)
    np.testing.assert_allclose(band.value, performance_profile(scores, [-0.5, 0.0, 0.5]))
    assert ((band.low <= band.value) & (band.value <= band.high)).all()
    # The same resamples for every point: the bounds fall as the profile does.
    assert (np.diff(band.low) <= 0).all()
    alone = with_interval(lambda x, axis=None: (x > 0.0).mean(axis=axis), scores, seed=0)
    assert (band.low[1], band.high[1]) == pytest.approx((alone.low, alone.high))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: with_interval(np.mean, [[1.0, 2.0]], seed=0), "at least two runs"),
        (lambda: with_interval(np.mean, [[1.0], [np.nan]], seed=0), r"hold nan \(run 1, task 0\)"),
        (lambda: with_interval(np.mean, [1.0, 2.0], seed=0), r"\[runs, tasks\], got \[2\]"),
        (lambda: with_interval(np.mean, [[1.0], [2.0]], seed=0, confidence=95), "between 0 and 1"),
        (lambda: task_scores([[1.0]], baseline=[1.0], best=[1.0]), "on task 0 the best known distance is not below"),
        (lambda: task_scores([[1.0]], baseline=[1.0, 2.0], best=[0.0]), "baseline must be a finite number for each"),
        (
            lambda: probability_of_improvement([[1.0], [2.0]], [[1.0, 1.0], [2.0, 2.0]], seed=0),
            "on 1 tasks and on 2 cannot be compared",
        ),
    ],
)
def test_what_cannot_be_computed_is_said(call: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()  # type: ignore[operator]


def test_what_rliable_s_own_tests_expect() -> None:
    """Score matrices [runs, tasks] and figures of rliable (Agarwal et al. 2021), tests/rliable/metrics_test.py."""
    first, second = [[1, 2], [2, 2], [1, 1], [2, 1]], [[1, 1], [2, 2], [3, 3]]
    assert interquartile_mean(first) == 1.5
    assert interquartile_mean(second) == 2
    assert probability_of_improvement(first, second, seed=0).value == pytest.approx(1 / 3)


def test_what_rliable_s_own_tests_expect_of_intervals() -> None:
    """5 runs on 16 tasks, 0 to 79, of rliable's tests/library_test.py: points lie strictly inside their intervals."""
    scores = np.arange(80.0).reshape(5, 16)
    for statistic in (interquartile_mean, np.mean):
        estimate = with_interval(statistic, scores, seed=0)
        assert estimate.low < estimate.value == 39.5 < estimate.high
    profile = profile_with_interval(scores, [0.0, 0.25, 0.5, 1.0], seed=0, resamples=100)
    assert (np.diff(profile.value) <= 0).all()
    flipped = probability_of_improvement(scores, np.flip(scores, axis=0), seed=0)
    assert flipped.low < flipped.value == 0.5 < flipped.high
