"""Episodes played without exploration, and what they are worth."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from agents.build import Agent
from raveforce.distances import Distance, measure
from raveforce.env import RaveForceEnv
from raveforce.task import Task

if TYPE_CHECKING:
    from raveforce.writing.task import WritingTask

__all__ = ["Performance", "distance_between", "evaluate", "mean_distances", "measure_all", "play", "played", "score"]

Audio = NDArray[np.float32]


@dataclass(frozen=True)
class Performance:
    """One episode played with the agent's best guess.

    Attributes
    ----------
    audio, target : float32 [samples]
    episode_return : sum of rewards
    programs, parameters : one a step
    """

    audio: Audio
    target: Audio
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
        action, state = agent.predict(
            observation, state=state, episode_start=start, deterministic=True, **_masks(agent, env)
        )
        start = np.zeros(1, dtype=bool)
        observation, reward, terminated, truncated, info = env.step(action)
        total += reward
        programs.append(info["code"])
        parameters.append(info["parameters"])
        done = terminated or truncated
    return Performance(
        audio=env.audio,
        target=env.target,
        episode_return=total,
        programs=played(programs, env.task),
        parameters=tuple(parameters),
    )


def played(programs: Sequence[str], task: Task | WritingTask) -> tuple[str, ...]:
    """The programs of an episode's steps; of one that is written, the last, which holds the others."""
    return tuple(programs[-1:] if task.writes else programs)


def _masks(agent: Agent, env: RaveForceEnv) -> dict[str, Any]:
    """Which choices may be made, for agents that ask: those that only choose."""
    asks = "action_masks" in inspect.signature(agent.predict).parameters
    choices = not isinstance(env.action_space, gymnasium.spaces.Box)
    return {"action_masks": env.action_masks()} if asks and choices else {}


def evaluate(agent: Agent, env: RaveForceEnv, *, episodes: int = 1, seed: int = 0) -> list[Performance]:
    """Play several episodes without exploration, the k-th begun with ``seed + k``."""
    return [play(agent, env, seed=seed + k) for k in range(episodes)]


def distance_between(distance: Distance, audio: Audio, target: Audio) -> float:
    """One distance between two sounds, float32 [samples] each."""
    return float(distance.between(distance.features(audio[None]), distance.features(target[None]))[0])


def measure_all(audio: Audio, target: Audio, env: RaveForceEnv) -> dict[str, float]:
    """All registered distances and the reward's own, by name."""
    return measure(audio, target, env.task.sample_rate, extra=[env.reward.distance])


def mean_distances(measured: Sequence[dict[str, float]]) -> dict[str, float]:
    """The mean of each distance over several episodes."""
    return {name: float(np.mean([distances[name] for distances in measured])) for name in measured[0]}


def score(distance: float, silence: float) -> float:
    """What a distance is worth beside that of silence: 0 is silence, 1 the target, below 0 is worse than silence."""
    return 1 - distance / silence
