"""What a trained agent plays when it does not explore."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents import Agent
from raveforce.distances import measure
from raveforce.env import RaveForceEnv

__all__ = ["Performance", "play"]


@dataclass(frozen=True)
class Performance:
    """One episode played with the agent's best guess.

    Attributes
    ----------
    audio, target : float32 [samples]
    distances : between them, by name
    episode_return : sum of rewards
    programs, parameters : one a step
    """

    audio: NDArray[np.float32]
    target: NDArray[np.float32]
    distances: dict[str, float]
    episode_return: float
    programs: tuple[str, ...]
    parameters: tuple[dict[str, float | str], ...]


def play(agent: Agent, env: RaveForceEnv, *, seed: int | None = None) -> Performance:
    """Play one episode without exploration."""
    observation, _ = env.reset(seed=seed)
    total, programs, parameters, done = 0.0, [], [], False
    state, start = None, np.ones(1, dtype=bool)
    while not done:
        # Recurrent agents remember through the state; the others give back None.
        action, state = agent.predict(observation, state=state, episode_start=start, deterministic=True)
        start = np.zeros(1, dtype=bool)
        observation, reward, terminated, truncated, info = env.step(action)
        total += reward
        programs.append(info["code"])
        parameters.append(info["parameters"])
        done = terminated or truncated
    return Performance(
        audio=env.audio,
        target=env.target,
        distances=measure(env.audio, env.target, env.task.sample_rate),
        episode_return=total,
        programs=tuple(programs),
        parameters=tuple(parameters),
    )
