"""Refinement: CMA-ES that begins at a policy's answer to the target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import ArrayLike, NDArray
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecEnv

from agents.build import load_agent
from agents.registry import AGENTS
from agents.search import CMASearch, Plans
from raveforce.imitation.proposals import prior
from raveforce.targets import FixedTarget

__all__ = ["RefineSearch"]

Answers = Callable[[Any, int], ArrayLike]
"""Answers [k, d] to a first observation: ``answers(observation, k)``, the likeliest first; none where k = 0."""


@AGENTS.register("refine")
class RefineSearch(CMASearch):
    """CMA-ES whose mean and spread come from a policy's answers, while a share of the generations comes from nowhere.

    The plain search runs beside the informed one, so a wrong answer costs little; without an answer it is all there is,
    and this is the agent ``cma``.

    Parameters
    ----------
    env : vector of environments with a Box action space, whose first observation shows the target
    policy : a trained agent, ``{"agent": "gcsl", "path": ".../model.zip"}``; "shipped", the policy that comes with
        RaveForce; or a function ``(observation, k)`` that returns actions [k, d]; None knows nothing
    answers : how many answers are asked for: the likeliest, and others that the policy draws
    nowhere : share of the generations that the plain search has
    seed, sigma, popsize : see ``CMASearch``
    """

    def __init__(
        self,
        env: VecEnv,
        *,
        policy: Mapping[str, str] | str | Answers | None = None,
        answers: int = 16,
        nowhere: float = 0.25,
        seed: int | None = 0,
        sigma: float = 0.5,
        popsize: int | None = None,
    ) -> None:
        if not 0 <= nowhere <= 1:
            raise ValueError(f"nowhere is a share from 0 to 1, not {nowhere!r}")
        if answers < 1:
            raise ValueError(f"answers is a number above 0, not {answers!r}")
        super().__init__(env, seed=seed, sigma=sigma, popsize=popsize)
        self.policy = policy
        self.answers = answers
        self.nowhere = nowhere
        self._answers: NDArray[np.float64] | None = None
        self._tried = 0
        self._strategies: dict[str, Any] = {"plain": None, "informed": None}
        self._turn = "plain"
        self._generations = 0
        self._plain = 0

    def learn(
        self,
        total_timesteps: int,
        callback: BaseCallback | list[BaseCallback] | None = None,
        log_interval: int | None = None,
        reset_num_timesteps: bool = True,
        **options: Any,
    ) -> RefineSearch:
        """Ask the policy, then search until so many steps were played."""
        if self._answers is None and self.env is not None:
            self._answers = self._ask_policy(self.env)
        super().learn(total_timesteps, callback, log_interval, reset_num_timesteps, **options)
        return self

    def ask(self, count: int, steps: int) -> Plans:
        """The next candidates: the policy's answers, then generations of the two searches."""
        if self._answers is None or len(self._answers) == 0:
            return super().ask(count, steps)
        dimensions = self._answers.shape[1]
        if steps > 1:
            raise ValueError("refine is for tasks of one step: a policy answers with one action")
        if self._tried < len(self._answers):
            return self._next_answers(count, dimensions).reshape(count, steps, *(self.action_space.shape or ()))
        if not self._asked:
            self._strategies[self._turn] = self._strategy
            plain = self._plain + 1 <= self.nowhere * (self._generations + 1)
            self._turn = "plain" if plain else "informed"
            self._plain, self._generations = self._plain + plain, self._generations + 1
            self._strategy = self._strategies[self._turn]
        return super().ask(count, steps)

    def _next_answers(self, count: int, dimensions: int) -> NDArray[np.float32]:
        """Answers that were not tried yet; where fewer are left than environments, random candidates beside them."""
        assert self._answers is not None
        waiting = self._answers[self._tried : self._tried + count]
        self._tried += len(waiting)
        filling = self.rng.uniform(-1, 1, (count - len(waiting), dimensions))
        return np.concatenate([waiting, filling]).astype(np.float32)

    def _begin(self, dimensions: int) -> None:
        first = self._strategy is None
        super()._begin(dimensions)
        if first and self._turn == "informed" and self.best_plan is not None:
            import cma

            # The nearest answer, as widely as the answers differ.
            sigma = prior(self._answers, dimensions).sigma
            options = {**self._strategy.inopts, "CMA_stds": sigma / sigma.max()}
            self._strategy = cma.CMAEvolutionStrategy(self.best_plan.reshape(-1), float(sigma.max()), options)

    def _ask_policy(self, env: VecEnv) -> NDArray[np.float64]:
        """Answers to the first target, [k, d] in [-1, 1]."""
        space = self.action_space
        assert isinstance(space, gymnasium.spaces.Box)
        dimensions = int(np.prod(space.shape))
        if self.policy is None:
            return np.zeros((0, dimensions))
        observation = env.reset()
        if callable(self.policy):
            given = self.policy(observation, self.answers)
        elif isinstance(self.policy, str):
            given = _of_shipped(self.policy, env, self.answers)
        else:
            given = _of_agent(self.policy, observation, self.answers)
        return np.clip(np.asarray(given, dtype=float).reshape(-1, dimensions), -1, 1)


def _of_agent(policy: Mapping[str, str], observation: Any, count: int) -> NDArray[np.float64]:
    """The likeliest answer of a saved agent to the first row's observation, and others that it draws."""
    if set(policy) != {"agent", "path"}:
        raise ValueError(f"policy has agent and path, such as agent: gcsl, path: .../model.zip; got {dict(policy)}")
    agent = load_agent(policy["agent"], policy["path"])
    one = {name: part[:1] for name, part in observation.items()} if isinstance(observation, dict) else observation[:1]
    likeliest, _ = agent.predict(one, deterministic=True)
    drawn = [agent.predict(one, deterministic=False)[0] for _ in range(count - 1)]
    return np.concatenate([likeliest, *drawn]).astype(float)


def _of_shipped(name: str, env: VecEnv, count: int) -> ArrayLike:
    """Answers of the policy that comes with RaveForce; none where it was not trained for the task's template."""
    from raveforce.imitation.policy import load_policy

    if name != "shipped":
        raise ValueError(f"policy is 'shipped', or has agent and path; got {name!r}")
    task = env.get_attr("task", [0])[0]
    if not isinstance(task.targets, FixedTarget):
        raise ValueError("the shipped policy answers one target: name a recording, task.target=...")
    given = load_policy()(task.name, task, task.targets.audio, count)
    return np.zeros((0, len(task.parameters.free))) if given is None else given
