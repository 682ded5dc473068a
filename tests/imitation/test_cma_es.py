import numpy as np
from numpy.typing import NDArray

from raveforce.imitation.cma_es import CMAES


def hills(candidates: NDArray[np.float64]) -> NDArray[np.float64]:
    """Many local minima, the deepest at 0.3."""
    away = candidates - 0.3
    return (np.square(away) + 0.1 * np.sin(12 * away) ** 2).sum(axis=1)


def run(search: CMAES, generations: int) -> CMAES:
    for _ in range(generations):
        candidates = search.ask()
        assert np.abs(candidates).max() <= 1
        search.tell(candidates, hills(candidates))
    return search


def test_it_finds_the_deepest_place_and_begins_anew_with_more_candidates() -> None:
    search = run(CMAES(4, seed=1), 300)
    np.testing.assert_allclose(search.nearest[1], 0.3, atol=1e-3)
    assert search.restarts > 1
    assert search.popsize == 64


def test_its_random_numbers_are_its_own() -> None:
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    alone = run(CMAES(4, seed=3), 40)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    one, other = CMAES(4, seed=3), CMAES(4, seed=4)
    for _ in range(40):
        run(one, 1)
        run(other, 1)
    np.testing.assert_array_equal(one.nearest[1], alone.nearest[1])
    assert not np.array_equal(other.nearest[1], alone.nearest[1])


def test_it_begins_where_it_is_told() -> None:
    start = np.array([0.9, -0.9])
    search = CMAES(2, seed=0, start=start, sigma=np.array([0.01, 0.02]))
    first = search.ask()
    np.testing.assert_array_equal(first[0], start)
    assert np.abs(first - start).max() < 0.1


def test_broken_programs_are_worse_than_any_and_nothing_breaks() -> None:
    search = CMAES(3, seed=0)
    for _ in range(60):
        candidates = search.ask()
        values = hills(candidates)
        values[candidates[:, 0] > 0.5] = np.inf
        search.tell(candidates, values)
    np.testing.assert_allclose(search.nearest[1], 0.3, atol=0.01)
    search = CMAES(3, seed=0)
    search.tell(search.ask(), np.full(16, np.inf))
    assert np.isinf(search.nearest[0])


def test_what_is_noted_counts_but_moves_nothing() -> None:
    noted, plain = CMAES(2, seed=5), CMAES(2, seed=5)
    noted.note(np.array([[0.3, 0.3]]), np.array([0.0]))
    run(noted, 5)
    run(plain, 5)
    assert noted.nearest[0] == 0 < plain.nearest[0]
    assert noted.renders == plain.renders + 1
    np.testing.assert_array_equal(noted.ask(), plain.ask())
