"""Search with the interface of a learning algorithm: random search and CMA-ES.

Where every episode has the same target, learning is black-box optimisation, so these are what an agent is measured
against, at the same number of renders.
"""

from __future__ import annotations

import pickle
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.callbacks import BaseCallback, CallbackList
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.vec_env import VecEnv

from agents.registry import AGENTS

__all__ = ["CMASearch", "RandomSearch", "Search"]

Plans = NDArray[Any]
"""Actions of whole episodes: [candidates, steps, ...]."""


class _NoCallback(BaseCallback):
    def _on_step(self) -> bool:
        return True


class Search(ABC):
    """Tries episodes of actions that do not look at observations, and keeps the best.

    Its deterministic policy plays the best episode met again. With several targets (``match``) that is one answer
    to all of them.

    Parameters
    ----------
    env : vector of environments; as many candidates are tried side by side
    seed : of the candidates' random numbers
    """

    def __init__(self, env: VecEnv, *, seed: int | None = 0) -> None:
        self.env: VecEnv | None = env
        self.action_space = env.action_space
        self.observation_space = env.observation_space
        self.seed = seed
        self.rng = np.random.default_rng(seed)
        self.num_timesteps = 0
        self.best_plan: Plans | None = None
        self.best_return = -np.inf
        self.logger = Logger(None, [])
        self._step = 0
        env.seed(seed)

    @abstractmethod
    def ask(self, count: int, steps: int) -> Plans:
        """Candidates to try: actions [count, steps, ...]."""

    def tell(self, plans: Plans, returns: NDArray[np.float64]) -> None:  # noqa: B027
        """Learn from what the candidates were worth; random search does not."""

    def get_env(self) -> VecEnv | None:
        """The environments that candidates are tried in."""
        return self.env

    def set_env(self, env: VecEnv) -> None:
        """Take other environments of the same spaces, such as after loading."""
        self.env = env

    def set_logger(self, logger: Logger) -> None:
        """Write metrics there."""
        self.logger = logger

    def learn(
        self,
        total_timesteps: int,
        callback: BaseCallback | list[BaseCallback] | None = None,
        log_interval: int | None = None,
        reset_num_timesteps: bool = True,
        **_: Any,
    ) -> Search:
        """Search until so many steps were played; the last episode may be cut off."""
        env = self.env
        if env is None:
            raise ValueError("a loaded search needs environments to go on: call set_env(env) first")
        callbacks = CallbackList(callback) if isinstance(callback, list) else callback or _NoCallback()
        if reset_num_timesteps:
            self.num_timesteps = 0
        end = total_timesteps if reset_num_timesteps else self.num_timesteps + total_timesteps
        callbacks.init_callback(self)  # type: ignore[arg-type]
        callbacks.on_training_start(locals(), globals())
        while self.num_timesteps < end:
            callbacks.on_rollout_start()
            if not self._try(env, callbacks):
                break
        callbacks.on_training_end()
        return self

    def predict(
        self,
        observation: Any,
        state: Any = None,
        episode_start: NDArray[np.bool_] | None = None,
        deterministic: bool = False,
    ) -> tuple[NDArray[Any], None]:
        """The best episode's next action, for one observation or a batch; it begins anew after its last step."""
        # Before anything was tried, a first candidate is as good as any.
        plan = self.ask(1, 1)[0] if self.best_plan is None else self.best_plan
        if episode_start is not None and np.all(episode_start):
            self._step = 0
        action = plan[self._step % len(plan)]
        self._step += 1
        one = next(iter(observation.values())) if isinstance(observation, dict) else np.asarray(observation)
        space = self.observation_space
        shape = next(iter(space.values())).shape if isinstance(space, gymnasium.spaces.Dict) else space.shape
        return (action if one.shape == shape else np.repeat(action[None], len(one), axis=0)), None

    def save(self, path: str | Path) -> None:
        """Write all but the environments."""
        kept = {name: value for name, value in self.__dict__.items() if name not in ("env", "logger")}
        with open(path, "wb") as file:
            pickle.dump(kept, file)

    @classmethod
    def load(cls, path: str | Path, env: VecEnv | None = None, **_: Any) -> Search:
        """Read what ``save`` wrote. The file is a pickle: load only what you trust."""
        made = cls.__new__(cls)
        with open(path, "rb") as file:
            made.__dict__.update(pickle.load(file))
        made.env = env
        made.logger = Logger(None, [])
        return made

    def _try(self, env: VecEnv, callbacks: BaseCallback) -> bool:
        """Play one episode in every environment; False ends the search."""
        env.reset()
        returns = np.zeros(env.num_envs)
        steps = 1 if self.best_plan is None else len(self.best_plan)
        plans = self.ask(env.num_envs, steps)
        done, step = False, 0
        while not done:
            if step == plans.shape[1]:
                # The first episode shows how long episodes are.
                plans = np.concatenate([plans, self.ask(env.num_envs, 1)], axis=1)
            _, rewards, dones, infos = env.step(plans[:, step])
            returns += rewards
            step += 1
            done = bool(dones.all())
            if done:
                self._keep(plans, returns)
            self.num_timesteps += env.num_envs
            callbacks.update_locals(locals())
            if not callbacks.on_step():
                return False
        self.tell(plans, returns)
        return True

    def _first(self, shape: tuple[int, ...]) -> Plans:
        """The first candidates of a search of boxes: the middle of the space, and random ones beside it."""
        random = self.rng.uniform(-1, 1, (shape[0] - 1, *shape[1:])).astype(np.float32)
        return np.concatenate([np.zeros((1, *shape[1:]), np.float32), random])

    def _keep(self, plans: Plans, returns: NDArray[np.float64]) -> None:
        best = int(returns.argmax())
        if returns[best] > self.best_return:
            self.best_return, self.best_plan = float(returns[best]), plans[best].copy()


@AGENTS.register("random")
class RandomSearch(Search):
    """Uniformly random actions; where they are masked, random programs."""

    def __init__(self, env: VecEnv, *, seed: int | None = 0) -> None:
        super().__init__(env, seed=seed)
        self._written: list[list[Any]] = []

    def _try(self, env: VecEnv, callbacks: BaseCallback) -> bool:
        """Play an episode in every environment; or a step, where episodes are of different lengths."""
        batch: Any = env.unwrapped
        if not getattr(batch, "is_masked", False):
            return super()._try(env, callbacks)
        if not self._written:
            env.reset()
            self._written = [[] for _ in range(env.num_envs)]
            self._returns = np.zeros(env.num_envs)
        actions = batch.random_actions(self.rng.random(env.num_envs))
        _, rewards, dones, infos = env.step(actions)
        self._returns += rewards
        for written, action in zip(self._written, actions, strict=True):
            written.append(action)
        for row in np.flatnonzero(dones).tolist():
            self._keep(np.array([self._written[row]]), self._returns[[row]])
            self._written[row], self._returns[row] = [], 0.0
        self.num_timesteps += env.num_envs
        callbacks.update_locals(locals())
        return callbacks.on_step()

    def ask(self, count: int, steps: int) -> Plans:
        """Random actions."""
        space = self.action_space
        if isinstance(space, gymnasium.spaces.Box):
            shape = (count, steps, *space.shape)
            return self.rng.uniform(space.low, space.high, shape).astype(space.dtype)
        if isinstance(space, gymnasium.spaces.MultiDiscrete):
            return self.rng.integers(space.nvec, size=(count, steps, *space.shape))
        assert isinstance(space, gymnasium.spaces.Discrete)
        return self.rng.integers(space.n, size=(count, steps))


@AGENTS.register("cma")
class CMASearch(Search):
    """CMA-ES (Hansen & Ostermeier 2001), restarted when it has converged, with twice the candidates.

    (The restarts: Auger & Hansen 2005.)

    Parameters
    ----------
    env : vector of environments with a Box action space
    seed : of its random numbers
    sigma : standard deviation of the first candidates; the space is [-1, 1]
    popsize : candidates in a generation; None takes CMA-ES's own, 4 + 3 ln(dimensions)
    """

    def __init__(self, env: VecEnv, *, seed: int | None = 0, sigma: float = 0.5, popsize: int | None = None) -> None:
        if not isinstance(env.action_space, gymnasium.spaces.Box):
            raise ValueError(f"cma searches boxes, not {env.action_space}: take actions=box")
        super().__init__(env, seed=seed)
        self.sigma = sigma
        self.popsize = popsize
        self._strategy: Any = None
        self._asked: list[NDArray[np.float64]] = []
        self._evaluated: list[tuple[NDArray[np.float64], float]] = []

    def ask(self, count: int, steps: int) -> Plans:
        """The next candidates of the generation; first of all the middle of the space."""
        space = self.action_space
        assert isinstance(space, gymnasium.spaces.Box)
        shape = (count, steps, *space.shape)
        if self.best_plan is None:
            return self._first(shape)
        if self._strategy is None or self._strategy.stop():
            self._begin(int(np.prod(shape[1:])))
        if not self._asked:
            # A generation fills the environments evenly, so that it is over when its last candidates are.
            self._asked = self._strategy.ask(-(-self._strategy.popsize // count) * count)
        chosen, self._asked = self._asked[:count], self._asked[count:]
        self._playing = chosen
        return np.clip(np.stack(chosen), -1, 1).astype(np.float32).reshape(shape)

    def tell(self, plans: Plans, returns: NDArray[np.float64]) -> None:
        """Hand a whole generation over once all of it was tried."""
        if self._strategy is None:
            return
        self._evaluated += list(zip(self._playing, -returns, strict=True))
        if not self._asked:
            self._strategy.tell([plan for plan, _ in self._evaluated], [value for _, value in self._evaluated])
            self._evaluated = []

    def _begin(self, dimensions: int) -> None:
        import cma

        popsize = self.popsize
        if self._strategy is not None:
            popsize = 2 * self._strategy.popsize
        options = {"bounds": [-1, 1], "verbose": -9, "seed": int(self.rng.integers(1, 2**31))}
        if popsize is not None:
            options["popsize"] = popsize
        start = np.zeros(dimensions) if self._strategy is None else self.rng.uniform(-1, 1, dimensions)
        self._strategy = cma.CMAEvolutionStrategy(start, self.sigma, options)
        self._asked, self._evaluated = [], []
