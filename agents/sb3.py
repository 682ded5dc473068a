"""Stable-Baselines3's algorithms as agents for a RaveForce environment."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from stable_baselines3 import PPO, SAC, TD3
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.noise import NormalActionNoise
from stable_baselines3.common.vec_env import VecEnv

__all__ = ["AGENTS", "load_agent", "make_agent"]

AGENTS: dict[str, type[BaseAlgorithm]] = {"ppo": PPO, "sac": SAC, "td3": TD3}
"""The algorithms by name."""


def make_agent(name: str, env: VecEnv, *, seed: int, settings: Mapping[str, Any] | None = None) -> BaseAlgorithm:
    """Build an agent for an environment.

    Parameters
    ----------
    name : a name in ``AGENTS``
    env : vector of environments with a Box action space
    seed : of the agent's and the environments' random numbers
    settings : the algorithm's own arguments, and ``action_noise_std``: standard deviation of the noise that an
        off-policy agent adds to its actions (the action space is [-1, 1])

    Raises
    ------
    ValueError
        An unknown agent, or settings that it does not take.
    """
    algorithm = _algorithm(name)
    # A copy, because SB3 writes into the policy's arguments.
    arguments = copy.deepcopy({"policy": "MlpPolicy", "device": "cpu", **(settings or {})})
    noise = arguments.pop("action_noise_std", None)
    if noise is not None:
        size = env.action_space.shape
        assert size is not None
        arguments["action_noise"] = NormalActionNoise(np.zeros(size), np.full(size, float(noise)))
    try:
        return algorithm(env=env, seed=seed, **arguments)
    except TypeError as error:
        raise ValueError(f"agent {name!r} does not take these settings: {error}") from error


def load_agent(name: str, path: str | Path, env: VecEnv | None = None) -> BaseAlgorithm:
    """Load a saved agent. The file holds pickles: load only what you trust.

    With an environment it learns on, from the observation it had last.
    """
    return _algorithm(name).load(path, env=env, device="cpu", force_reset=False)


def _algorithm(name: str) -> type[BaseAlgorithm]:
    if name not in AGENTS:
        raise ValueError(f"unknown agent {name!r}; the agents are {', '.join(AGENTS)}")
    return AGENTS[name]
