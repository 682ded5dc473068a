"""Building agents for an environment."""

from __future__ import annotations

import copy
import pickle
import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import gymnasium
import numpy as np
import psutil
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from stable_baselines3.common.vec_env import VecEnv

from agents.eager import start_without_compiler
from agents.extractors import EXTRACTORS
from agents.noise import FadingActionNoise
from agents.registry import AGENTS
from agents.search import RandomSearch, Search
from raveforce.actions import MultiDiscreteActions
from raveforce.parameter_space import ParameterSpace
from raveforce.parameters import ParameterError

__all__ = ["Agent", "form_of_actions", "load_agent", "make_agent"]

Agent: TypeAlias = BaseAlgorithm | Search

SINGLE_CHOICE = ("DQN", "QRDQN")
"""Algorithms that take one choice among all; what an algorithm takes is in none of its attributes."""

NO_MODEL = (ValueError, KeyError, AttributeError, RuntimeError, EOFError, pickle.UnpicklingError, zipfile.BadZipFile)
"""What reading a file that is no model, or one of other networks, may raise in zipfile, pickle and PyTorch."""


def make_agent(name: str, env: VecEnv, *, seed: int, settings: Mapping[str, Any] | None = None) -> Agent:
    """Build an agent for an environment.

    Parameters
    ----------
    name : a name in ``AGENTS``, or the path ``package.module:Class`` of an algorithm of Stable-Baselines3 or of a class
        with the same interface (``learn``, ``predict``, ``save``, ``load``, ``get_env``, ``set_logger`` ...)
    env : vector of environments
    seed : of the agent's and the environments' random numbers
    settings : the algorithm's own arguments, and

        - ``action_noise_std``: standard deviation of the noise that an off-policy agent adds to its actions (the
          action space is [-1, 1]); with ``final_action_noise_std`` and ``action_noise_steps`` it falls to that value
          in so many actions
        - ``final_learning_rate``: where the learning rate ends, on a straight line
        - ``extractor``: "cnn" for spectrograms (``SpectrogramExtractor``), "tokens" for programs (``TokensExtractor``)

    Raises
    ------
    ValueError
        An unknown agent, settings that it does not take, actions that it does not choose, or a replay buffer that
        does not fit into memory.
    """
    start_without_compiler()
    algorithm = AGENTS.get(name)
    # A copy, because SB3 writes into the policy's arguments.
    arguments = copy.deepcopy(dict(settings or {}))
    if issubclass(algorithm, BaseAlgorithm):
        arguments = _for_sb3(algorithm, env, arguments)
    try:
        return algorithm(env=env, seed=seed, **arguments)
    except (TypeError, AssertionError) as error:
        # SB3 asserts that it can choose in the action space, and the assertion says what it can.
        raise ValueError(f"agent {name!r} does not take these settings or spaces: {error}") from error


def load_agent(name: str, path: str | Path, env: VecEnv | None = None) -> Agent:
    """Load a saved agent. The file holds pickles: load only what you trust.

    With an environment it learns on, from the observation it had last.

    Raises
    ------
    ValueError
        The file is no model of this agent, or one of a version whose networks were others.
    OSError
        It cannot be read.
    """
    start_without_compiler()
    algorithm = AGENTS.get(name)
    try:
        with warnings.catch_warnings():
            # The class of the buffer is what Stable-Baselines3 chose itself when the agent was made.
            warnings.filterwarnings("ignore", message="`n_steps=.*` is ignored because a custom `replay_buffer_class`")
            return algorithm.load(path, env=env, device="cpu", force_reset=False)
    except NO_MODEL as error:
        why = " ".join(str(error).split())
        raise ValueError(
            f"{path} is no model of agent={name} as this version builds it ({type(error).__name__}: {why})"
        ) from error


def form_of_actions(name: str, parameters: ParameterSpace) -> str:
    """The form of actions that suits an agent: discrete where it can only choose, or a task is all choices.

    A class of one's own may say it with an attribute ``form_of_actions``: "box", "multi_discrete" or "discrete".
    """
    algorithm = AGENTS.get(name)
    said: str | None = getattr(algorithm, "form_of_actions", None)
    if said is not None:
        return said
    if any(base.__name__ in SINGLE_CHOICE for base in algorithm.__mro__):
        return "discrete"
    if issubclass(algorithm, (OnPolicyAlgorithm, RandomSearch)):
        try:
            MultiDiscreteActions(parameters)
        except ParameterError:
            return "box"
        return "multi_discrete"
    return "box"


def _for_sb3(algorithm: type[BaseAlgorithm], env: VecEnv, settings: dict[str, Any]) -> dict[str, Any]:
    """Translate our settings into SB3's arguments."""
    kind = "MultiInput" if isinstance(env.observation_space, gymnasium.spaces.Dict) else "Mlp"
    # Recurrent algorithms know only policies with a memory.
    policy = next((p for p in (f"{kind}Policy", f"{kind}LstmPolicy") if p in algorithm.policy_aliases), f"{kind}Policy")
    arguments = {"policy": policy, "device": "cpu", **settings}
    noise = arguments.pop("action_noise_std", None)
    if noise is not None:
        size = env.action_space.shape
        assert size is not None
        last, steps = arguments.pop("final_action_noise_std", noise), arguments.pop("action_noise_steps", 1)
        arguments["action_noise"] = FadingActionNoise(int(np.prod(size)), float(noise), float(last), int(steps))
    final = arguments.pop("final_learning_rate", None)
    if final is not None:
        arguments["learning_rate"] = _line(float(arguments.get("learning_rate", 3e-4)), float(final))
    extractor = arguments.pop("extractor", None)
    if extractor is not None:
        if extractor not in EXTRACTORS:
            raise ValueError(f"unknown extractor {extractor!r}; there are {', '.join(EXTRACTORS)}")
        arguments["policy_kwargs"] = {
            **(arguments.get("policy_kwargs") or {}),
            "features_extractor_class": EXTRACTORS[extractor],
        }
    if issubclass(algorithm, OffPolicyAlgorithm):
        _check_buffer(env, int(arguments.get("buffer_size", 1_000_000)))
    return arguments


def _line(start: float, end: float) -> Callable[[float], float]:
    """A learning rate that runs from start to end; SB3 asks with what remains of the training, 1 to 0."""
    return lambda remaining: end + (start - end) * remaining


def _check_buffer(env: VecEnv, size: int) -> None:
    """Refuse a replay buffer larger than the memory that is free, before anything is trained."""
    space = env.observation_space
    boxes = list(space.values()) if isinstance(space, gymnasium.spaces.Dict) else [space]
    seen = sum(int(np.prod(box.shape or ())) * np.dtype(box.dtype).itemsize for box in boxes)
    needed = size * 2 * seen  # each transition holds the observation before and after
    free = psutil.virtual_memory().available
    if needed > free:
        raise ValueError(
            f"a replay buffer of {size} transitions with two observations of {seen:,} bytes needs "
            f"{needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free: lower agent.settings.buffer_size, or take a "
            "smaller observation"
        )
