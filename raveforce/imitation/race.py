"""Several searches side by side, of which the better half goes on, until the budget is spent."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from raveforce.imitation.cma_es import CMAES
from raveforce.imitation.objective import Objective

__all__ = ["Budget", "Lane", "Progress", "progress_of", "race", "search_on", "until_done"]

Floats = NDArray[np.float64]

FINALISTS = 2
"""Searches that share what is left after the race, one a core."""
RACING = 0.4
"""Share of the budget that the race takes."""
POLL = 0.05
"""Seconds between two looks at how far the searches are."""


@dataclass(frozen=True)
class Budget:
    """How long to search: so many renders, or until a deadline, whichever comes first.

    Renders alone give the same result every time; a deadline depends on the machine.

    Parameters
    ----------
    renders : most renders; None for no limit
    deadline : a time of ``time.monotonic``; None for no limit

    Raises
    ------
    ValueError
        Neither is given, or renders is not above 0.
    """

    renders: int | None = None
    deadline: float | None = None

    def __post_init__(self) -> None:
        if self.renders is None and self.deadline is None:
            raise ValueError("a search needs an end: renders, seconds or both")
        if self.renders is not None and self.renders < 1:
            raise ValueError(f"renders is a number above 0, not {self.renders!r}")


@dataclass(eq=False)
class Lane:
    """A search of one template from one start."""

    objective: Objective
    search: CMAES

    _seconds_a_render: float = field(default=0.0, init=False)

    def run(self, renders: int | None, seconds: float | None, stop: threading.Event) -> None:
        """Search on for so many renders, so many seconds (None: no limit), or until ``stop`` is set."""
        self._seconds_a_render = search_on(
            self.search, self.objective, renders, seconds, stop, seconds_a_render=self._seconds_a_render
        )


def search_on(
    search: CMAES,
    objective: Callable[[Floats], Floats],
    renders: int | None,
    seconds: float | None,
    stop: threading.Event,
    *,
    seconds_a_render: float = 0.0,
) -> float:
    """Let a search ask and tell until its share of the budget is spent.

    Parameters
    ----------
    search : goes on
    objective : what is minimised: of candidates [N, dimensions] float64 [N]
    renders, seconds : for so many more at most, and so long; None for no limit
    stop : ends it before
    seconds_a_render : as known from before; what would end too late is not begun

    Returns
    -------
    the seconds that a render took
    """
    most = None if renders is None else search.renders + renders
    until = None if seconds is None else time.monotonic() + seconds
    while not stop.is_set():
        size, start = search.upcoming, time.monotonic()
        if most is not None and search.renders + size > most:
            break
        if until is not None and start + size * seconds_a_render > until:
            break
        candidates = search.ask()
        search.tell(candidates, objective(candidates))
        seconds_a_render = (time.monotonic() - start) / size
    return seconds_a_render


@dataclass(frozen=True)
class Progress:
    """How far a race is.

    Attributes
    ----------
    template : of the nearest program so far
    code : that program
    distance : its distance
    renders : so far, of all searches
    racing : how many searches are in the race
    """

    template: str
    code: str
    distance: float
    renders: int
    racing: int


def race(
    lanes: Sequence[Lane],
    budget: Budget,
    *,
    threads: int = 2,
    finalists: int = FINALISTS,
    stop: threading.Event | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> tuple[Lane, bool]:
    """Run searches by successive halving (Jamieson & Talwalkar 2016).

    In every round each search has the same share; the nearer half goes on. The last ``finalists`` share the rest.
    Ctrl-C ends the race, and the nearest so far is returned.

    Parameters
    ----------
    lanes : at least one, each with a search of its own
    budget : of all together
    threads : searches that run at the same time; they change nothing but the time it takes
    finalists : searches that share what is left after the race
    stop : ends the race when it is set
    progress : called now and then

    Returns
    -------
    lane : the search that came nearest
    interrupted : whether Ctrl-C ended it
    """
    stop = stop or threading.Event()
    started = time.monotonic()
    racing = list(lanes)
    interrupted = False

    def tell() -> None:
        if progress is not None and np.isfinite(min(map(_value, lanes))):
            progress(progress_of(lanes, len(racing)))

    tell()  # what was noted before any search begins
    with ThreadPoolExecutor(threads, "search") as pool:
        try:
            for share in _shares(len(lanes), finalists):
                renders, seconds = _portions(lanes, racing, budget, share, started, threads)
                running = [pool.submit(lane.run, renders, seconds, stop) for lane in racing]
                for _ in until_done(running):
                    tell()
                racing = sorted(racing, key=_value)[: max(finalists, -(-len(racing) // 2))]
        except BaseException as error:
            # Leaving the pool waits for the generations that are being played.
            stop.set()
            if not isinstance(error, KeyboardInterrupt) or np.isinf(min(map(_value, lanes))):
                raise
            interrupted = True
    return min(lanes, key=_value), interrupted


def _shares(lanes: int, finalists: int) -> list[float]:
    """Which share of the budget is spent when each round ends."""
    rounds = 0
    while lanes > finalists:
        lanes, rounds = max(finalists, -(-lanes // 2)), rounds + 1
    return [*(RACING * (index + 1) / rounds for index in range(rounds)), 1.0]


def _portions(
    lanes: Sequence[Lane], racing: Sequence[Lane], budget: Budget, share: float, started: float, threads: int
) -> tuple[int | None, float | None]:
    """Renders and seconds of each search in a round that ends when this share of the budget is spent."""
    renders = seconds = None
    if budget.renders is not None:
        spent = sum(lane.search.renders for lane in lanes)
        renders = max(int(share * budget.renders) - spent, 0) // len(racing)
    if budget.deadline is not None:
        end = started + share * (budget.deadline - started)
        seconds = max(end - time.monotonic(), 0) / -(-len(racing) // threads)
    return renders, seconds


def until_done(running: Sequence[Future[None]]) -> Iterator[None]:
    """Yield now and then until all are done; raise what one of them raised."""
    pending = set(running)
    while pending:
        done, pending = wait(pending, timeout=POLL)
        for future in done:
            future.result()
        yield


def _value(lane: Lane) -> float:
    return lane.search.nearest[0]


def progress_of(lanes: Sequence[Lane], racing: int) -> Progress:
    """How far lanes are, so many of which are in the race; at least one of them has looked at a program."""
    best = min(lanes, key=_value)
    distance, action = best.search.nearest
    renders = sum(lane.search.renders for lane in lanes)
    return Progress(best.objective.template, best.objective.code(action), distance, renders, racing)
