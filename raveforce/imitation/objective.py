"""What a search minimises: the distance of a template's programs to one sound, many at a time."""

from __future__ import annotations

import queue
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from raveforce.distances import Distance, Features, measure_rows
from raveforce.faults import render_or_fault
from raveforce.glicol import Engine
from raveforce.parameter_space import ParameterSpace
from raveforce.targets import FixedTarget
from raveforce.task import Task

__all__ = ["ROWS", "Objective"]

ROWS = 16
"""Programs that are rendered together."""


@dataclass(frozen=True, eq=False)
class Objective:
    """Distances between a sound and the programs that actions make.

    Threads may call it at the same time: each call has an engine to itself. What a program's distance is does not
    depend on the programs beside it.

    Parameters
    ----------
    template : its name
    task : program, parameters and the sound, in one step
    distance : what is minimised

    Raises
    ------
    ValueError
        The task has several targets, or several steps.

    Examples
    --------
    >>> from raveforce.distances import make_distance
    >>> from raveforce.tasks import kick
    >>> objective = Objective("kick", kick(), make_distance("mss"))
    >>> objective(np.zeros((3, objective.dimensions))).shape
    (3,)
    """

    template: str
    task: Task
    distance: Distance
    target: NDArray[np.float32] = field(init=False, repr=False)
    _features: Features = field(init=False, repr=False)
    _engines: queue.SimpleQueue[Engine] = field(default_factory=queue.SimpleQueue, init=False, repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.task.targets, FixedTarget) or self.task.total_step != 1:
            raise ValueError("an objective needs a task of one step with one target")
        target = self.task.targets.audio
        object.__setattr__(self, "target", target)
        object.__setattr__(self, "_features", self.distance.features(target[None]))

    @property
    def parameters(self) -> ParameterSpace:
        """What actions choose."""
        return self.task.parameters

    @property
    def dimensions(self) -> int:
        """Numbers in an action."""
        return len(self.parameters.free)

    def __call__(self, actions: ArrayLike) -> NDArray[np.float64]:
        """Distances of any number of actions.

        Parameters
        ----------
        actions : array [N, dimensions] in [-1, 1]

        Returns
        -------
        float64 array [N]; infinite where a program breaks

        Raises
        ------
        GlicolError
            The template is wrong, whatever the actions.
        """
        return self.of_values(self.parameters.decode(actions))[1]

    def of_values(self, values: NDArray[np.float64]) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        """Sounds and distances of values [N, parameters].

        Returns
        -------
        audio : float32 array [N, samples], silent where a program breaks
        distances : float64 array [N], infinite there
        """
        audio = np.empty((len(values), len(self.target)), np.float32)
        distances = np.empty(len(values))
        engine = self._take()
        try:
            for start in range(0, len(values), ROWS):
                chosen = slice(start, start + ROWS)
                rows = values[chosen]
                # An engine has so many rows: the last program fills what is left.
                full = np.concatenate([rows, np.repeat(rows[-1:], ROWS - len(rows), axis=0)])
                engine.reset()
                played, faults = render_or_fault(engine, full, len(self.target))
                audio[chosen] = played[: len(rows)]
                distances[chosen] = measure_rows(self.distance, audio[chosen], self._features)
                distances[[start + row for row in faults if row < len(rows)]] = np.inf
        finally:
            self._engines.put(engine)
        distances[np.isnan(distances)] = np.inf
        return audio, distances

    def code(self, action: ArrayLike) -> str:
        """The program of an action [dimensions]."""
        return self.task.program.fill(self.parameters.decode(np.atleast_2d(action))[0])

    def close(self) -> None:
        """Free the engines."""
        while not self._engines.empty():
            self._engines.get().close()

    def _take(self) -> Engine:
        try:
            return self._engines.get_nowait()
        except queue.Empty:
            return self.task.open_engine(ROWS, num_threads=1)
