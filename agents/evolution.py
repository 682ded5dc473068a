"""Differential evolution and a genetic algorithm (of pymoo), with the interface of a learning algorithm.

What CMA-ES is measured against: on some natural sounds they come nearer.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import cloudpickle
import gymnasium
import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv

from agents.registry import AGENTS
from agents.search import Plans, Search

__all__ = ["DESearch", "EvolutionSearch", "GASearch"]


class EvolutionSearch(Search):
    """A population that changes by generations; one spans as many episodes of the environments as it needs.

    Parameters
    ----------
    env : vector of environments with a Box action space
    seed : of its random numbers
    popsize : candidates in a generation
    """

    def __init__(self, env: VecEnv, *, seed: int | None = 0, popsize: int = 32) -> None:
        if not isinstance(env.action_space, gymnasium.spaces.Box):
            raise ValueError(f"{type(self).__name__} searches boxes, not {env.action_space}: take actions=box")
        if popsize < 4:
            raise ValueError(f"popsize is a number of candidates of 4 or more, not {popsize!r}")
        super().__init__(env, seed=seed)
        self.popsize = popsize
        self._evolution: _Evolution | None = None
        self._values: list[float] = []
        self._playing = 0

    @abstractmethod
    def algorithm(self) -> Any:
        """The algorithm of pymoo."""

    def ask(self, count: int, steps: int) -> Plans:
        """The next candidates; first of all the middle of the space.

        What is left of a generation may fill a part of the environments only: the others play random candidates, of
        which the algorithm does not hear.
        """
        space = self.action_space
        assert isinstance(space, gymnasium.spaces.Box)
        shape = (count, steps, *space.shape)
        if self.best_plan is None:
            return self._first(shape)
        dimensions = int(np.prod(shape[1:]))
        if self._evolution is None:
            self._evolution = _Evolution(self.algorithm(), dimensions, int(self.rng.integers(1, 2**31)))
        waiting = self._evolution.candidates()[len(self._values) :][:count]
        self._playing = len(waiting)
        filling = self.rng.uniform(-1, 1, (count - len(waiting), dimensions))
        return np.concatenate([waiting, filling]).astype(np.float32).reshape(shape)

    def tell(self, plans: Plans, returns: NDArray[np.float64]) -> None:
        """Hand a generation over once all of it was tried."""
        if self._evolution is None:
            return
        self._values += (-returns[: self._playing]).tolist()
        if len(self._values) == len(self._evolution.candidates()):
            self._evolution.tell(np.array(self._values))
            self._values = []


@AGENTS.register("de")
class DESearch(EvolutionSearch):
    """Differential evolution (Storn & Price 1997), DE/best/1/bin as pymoo has it, within [-1, 1]."""

    def algorithm(self) -> Any:
        """Differential evolution."""
        from pymoo.algorithms.soo.nonconvex.de import DE

        return DE(pop_size=self.popsize)


@AGENTS.register("ga")
class GASearch(EvolutionSearch):
    """A genetic algorithm with simulated binary crossover and polynomial mutation (Deb & Agrawal 1995), of pymoo."""

    def algorithm(self) -> Any:
        """The genetic algorithm."""
        from pymoo.algorithms.soo.nonconvex.ga import GA

        return GA(pop_size=self.popsize)


class _Evolution:
    """An algorithm of pymoo and the generation that is being tried; it goes through pickle."""

    def __init__(self, algorithm: Any, dimensions: int, seed: int) -> None:
        from pymoo.core.problem import Problem

        problem = Problem(n_var=dimensions, n_obj=1, xl=-1.0, xu=1.0)
        algorithm.setup(problem, termination=("n_gen", 2**31), seed=seed, verbose=False)
        self._algorithm = algorithm
        self._population: Any = None

    def candidates(self) -> NDArray[np.float64]:
        """The generation, [n, dimensions]."""
        if self._population is None:
            self._population = self._algorithm.ask()
        return np.asarray(self._population.get("X"), dtype=float)

    def tell(self, values: NDArray[np.float64]) -> None:
        """What the generation's candidates are worth; less is better."""
        from pymoo.core.evaluator import Evaluator
        from pymoo.problems.static import StaticProblem

        Evaluator().eval(StaticProblem(self._algorithm.problem, F=values[:, None]), self._population)
        self._algorithm.tell(infills=self._population)
        self._population = None

    def __reduce__(self) -> tuple[Callable[[bytes], _Evolution], tuple[bytes]]:
        # pymoo's objects hold functions that are local.
        return _restored, (cloudpickle.dumps(self.__dict__),)


def _restored(state: bytes) -> _Evolution:
    made = _Evolution.__new__(_Evolution)
    made.__dict__.update(cloudpickle.loads(state))
    return made
