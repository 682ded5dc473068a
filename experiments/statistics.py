"""Statistics of a few runs on a few tasks, with their uncertainty.

A handful of seeds says little by its mean alone: one bad run moves it. The measures here are those of Agarwal et al.
(2021), "Deep Reinforcement Learning at the Edge of the Statistical Precipice", NeurIPS 34: the interquartile mean, the
optimality gap, performance profiles and the probability of improvement, each with a stratified bootstrap interval.

Scores are float arrays [runs, tasks], larger is better; see ``task_scores`` for how distances become scores. All
functions are pure, and those that draw random numbers take a seed.

Examples
--------
>>> random_search = np.array([[0.9, 2.0], [1.0, 2.2], [1.1, 2.4]])  # distances, of 3 runs on 2 tasks
>>> agent = np.array([[0.6, 1.2], [0.4, 1.4], [0.5, 1.3]])
>>> scores = task_scores(agent, baseline=baseline(random_search), best=np.array([0.0, 0.2]))
>>> interquartile_mean(scores)
0.4625
>>> estimate = with_interval(interquartile_mean, scores, seed=0)
>>> estimate.low <= estimate.value <= estimate.high
True
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

__all__ = [
    "Estimate",
    "baseline",
    "interquartile_mean",
    "optimality_gap",
    "performance_profile",
    "probability_of_improvement",
    "profile_with_interval",
    "task_scores",
    "with_interval",
]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A statistic and the bounds of its interval: numbers, or arrays of one shape."""

    value: Any
    low: Any
    high: Any

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def baseline(distances: ArrayLike) -> Array:
    """What scores 0: random search's median distance on each task.

    Parameters
    ----------
    distances : of random search's runs, [runs, tasks], after as many renders as the agents have

    Returns
    -------
    float array [tasks]
    """
    return np.asarray(np.median(_checked(distances, "the baseline's distances"), axis=0))


def task_scores(distances: ArrayLike, *, baseline: ArrayLike, best: ArrayLike) -> Array:
    """Scores of distances: 0 is as good as random search, 1 as good as the best known; below 0 is worse than random.

    ``(baseline - distance) / (baseline - best)``, the human-normalised score of Agarwal et al. with random search's
    median in the place of the random policy and the best distance known in that of the human.

    Parameters
    ----------
    distances : [runs, tasks]
    baseline, best : [tasks]; the best lies below the baseline

    Returns
    -------
    float array [runs, tasks]

    Raises
    ------
    ValueError
        Shapes that do not fit, numbers that are not finite, or a task on which nothing beats random search.
    """
    runs = _checked(distances, "distances")
    zero, one = np.asarray(baseline, dtype=float), np.asarray(best, dtype=float)
    for name, array in (("baseline", zero), ("best", one)):
        if array.shape != runs.shape[1:] or not np.isfinite(array).all():
            raise ValueError(f"{name} must be a finite number for each of the {runs.shape[1]} tasks, got {array}")
    if not (one < zero).all():
        raise ValueError(f"on task {int(np.argmin(one < zero))} the best known distance is not below the baseline's")
    return (zero - runs) / (zero - one)


def interquartile_mean(scores: ArrayLike, *, axis: int | None = None) -> Any:
    """Mean of the middle half of all runs on all tasks (Agarwal et al., section 4.3).

    A quarter of the scores is cut off at each end, rounded down to whole scores. It heeds more runs than the median,
    and a single bad or lucky one moves it less than the mean.

    Parameters
    ----------
    scores : [runs, tasks]
    axis : along which to take it; None takes it of all

    Returns
    -------
    float, or an array without that axis

    Examples
    --------
    >>> interquartile_mean([[0.0, 1.0], [2.0, 100.0]])
    1.5
    """
    found = stats.trim_mean(np.asarray(scores, dtype=float), proportiontocut=0.25, axis=axis)
    return float(found) if axis is None else found


def optimality_gap(scores: ArrayLike, *, axis: int | None = None, gamma: float = 1.0) -> Any:
    """By how much the scores fall short of ``gamma`` in the mean; what lies above it counts for no more (section 4.3).

    Examples
    --------
    >>> optimality_gap([[0.5, 1.0], [0.5, 3.0]])
    0.25
    """
    short = gamma - np.minimum(np.asarray(scores, dtype=float), gamma).mean(axis=axis)
    return float(short) if axis is None else short


def performance_profile(scores: ArrayLike, thresholds: ArrayLike) -> Array:
    """Fraction of runs that score above each threshold, each task counting alike (section 4.2).

    Parameters
    ----------
    scores : [runs, tasks]
    thresholds : [n]

    Returns
    -------
    float array [n], falling

    Examples
    --------
    >>> performance_profile([[0.2, 0.9], [0.6, 0.9]], [0.0, 0.5, 0.9]).tolist()
    [1.0, 0.75, 0.0]
    """
    above = _checked(scores, "scores")[..., None] > np.asarray(thresholds, dtype=float)
    return np.asarray(above.mean(axis=(0, 1)))


def profile_with_interval(
    scores: ArrayLike, thresholds: ArrayLike, *, seed: int, confidence: float = 0.95, resamples: int = 2000
) -> Estimate:
    """Give the performance profile [n] with a pointwise stratified bootstrap interval; see ``with_interval``."""
    runs, levels = _resamplable(scores, "scores"), np.asarray(thresholds, dtype=float)
    tasks = [(task > levels[:, None]).astype(float) for task in runs.T]
    low, high = _percentiles(lambda all_runs, axis: all_runs.mean(axis=axis), tasks, seed, confidence, resamples)
    return Estimate(performance_profile(runs, levels), low, high)


def with_interval(
    statistic: Callable[..., Any], scores: ArrayLike, *, seed: int, confidence: float = 0.95, resamples: int = 2000
) -> Estimate:
    """Give a statistic of scores with its stratified bootstrap interval (section 4.1).

    Each task's runs are drawn anew with replacement, apart from the other tasks', and the interval holds the middle
    ``confidence`` of what the statistic then comes to (the percentile method).

    Parameters
    ----------
    statistic : takes scores and ``axis``, such as ``interquartile_mean``; each task has as many runs, so that a mean
        of all runs is a mean over tasks
    scores : [runs, tasks], at least two runs
    seed : the same gives the same interval
    confidence : share of the resamples inside
    resamples : how many

    Raises
    ------
    ValueError
        Fewer than two runs, or numbers that are not finite.
    """
    runs = _resamplable(scores, "scores")
    low, high = _percentiles(statistic, list(runs.T), seed, confidence, resamples)
    return Estimate(float(statistic(runs.ravel(), axis=0)), float(low), float(high))


def probability_of_improvement(
    scores: ArrayLike, others: ArrayLike, *, seed: int, confidence: float = 0.95, resamples: int = 2000
) -> Estimate:
    """How probable it is that a run of one agent beats a run of another on a task drawn at random (section 4.3).

    The mean over tasks of the Mann-Whitney statistic: the share of pairs of runs in which the first one's score is
    larger, equal ones counting one half. 0.5 says that neither is better.

    Parameters
    ----------
    scores, others : [runs, tasks] of each agent; the same tasks, at least two runs each
    seed, confidence, resamples : see ``with_interval``

    Raises
    ------
    ValueError
        Fewer than two runs, other tasks, or numbers that are not finite.

    Examples
    --------
    >>> str(probability_of_improvement([[3.0], [4.0]], [[1.0], [2.0]], seed=0))
    '1.000 [1.000, 1.000]'
    """
    ours, theirs = _resamplable(scores, "scores"), _resamplable(others, "the other scores")
    if ours.shape[1] != theirs.shape[1]:
        raise ValueError(f"scores on {ours.shape[1]} tasks and on {theirs.shape[1]} cannot be compared")
    count = ours.shape[1]

    def improvement(*tasks: Array, axis: int = -1) -> Any:
        # SciPy hands the resampled runs over with the runs last.
        pairs = (_share_larger(x, y) for x, y in zip(tasks[:count], tasks[count:], strict=True))
        return sum(pairs) / count

    interval = _bootstrap([*ours.T, *theirs.T], improvement, seed, confidence, resamples)
    return Estimate(float(improvement(*ours.T, *theirs.T)), float(interval[0]), float(interval[1]))


def _share_larger(ours: Array, theirs: Array) -> Any:
    """Share of the pairs [..., n] and [..., k] whose first is larger, equal ones counting one half."""
    difference = ours[..., :, None] - theirs[..., None, :]
    return (np.sign(difference).mean(axis=(-2, -1)) + 1) / 2


def _percentiles(
    statistic: Callable[..., Any], tasks: list[Array], seed: int, confidence: float, resamples: int
) -> tuple[Any, Any]:
    """Interval of a statistic of all runs; each task's are resampled apart."""

    def of_all(*resampled: Array, axis: int = -1) -> Any:
        return statistic(np.concatenate(resampled, axis=axis), axis=axis)

    return _bootstrap(tasks, of_all, seed, confidence, resamples)


def _bootstrap(
    samples: list[Array], statistic: Callable[..., Any], seed: int, confidence: float, resamples: int
) -> tuple[Any, Any]:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence lies between 0 and 1, and not at {confidence}")
    found = stats.bootstrap(
        samples,
        statistic,
        n_resamples=resamples,
        batch=100,  # bounds the memory
        vectorized=True,
        axis=-1,
        confidence_level=confidence,
        method="percentile",
        rng=np.random.default_rng(seed),
    )
    return found.confidence_interval.low, found.confidence_interval.high


def _checked(values: ArrayLike, name: str) -> Array:
    """Check that values are finite numbers [runs, tasks]."""
    array = np.asarray(values, dtype=float)
    if array.ndim != 2 or 0 in array.shape:
        raise ValueError(f"{name} must have the shape [runs, tasks], got {list(array.shape)}")
    if not np.isfinite(array).all():
        run, task = np.argwhere(~np.isfinite(array))[0]
        raise ValueError(
            f"{name} hold {array[run, task]} (run {run}, task {task}): leave the run out on every task, "
            "or say what a failed run is worth"
        )
    return array


def _resamplable(values: ArrayLike, name: str) -> Array:
    array = _checked(values, name)
    if len(array) < 2:
        raise ValueError(f"an interval needs at least two runs, and {name} hold one: train with more seeds")
    return array
