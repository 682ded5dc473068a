"""Rewards over a task's parameters, and whether they can be climbed.

The task is that of the first RaveForce's README: a sine under an envelope, whose attack (seconds, linear) and frequency
(Hz, exponential) are free and whose decay follows, against a kick drum of a quarter of a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from omegaconf import OmegaConf
from scipy import stats

from raveforce.rewards import Reward, make_reward
from raveforce.task import Task, define
from raveforce.tasks.kick import kick_808

__all__ = ["Climb", "climb", "decoded", "first_task", "preset_rewards", "render", "rewards_of", "summits"]

CONF = Path(__file__).resolve().parents[2] / "conf" / "reward"
SAMPLE_RATE = 44100
SECONDS = 0.25
ROWS = 64

CODE = """\
~env: imp 0.1 >> envperc {attack} {decay}
kick_drum: sin {freq} >> mul ~env
"""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Climb:
    """Whether a landscape leads to its summit.

    Attributes
    ----------
    share : of the starting points from which steepest ascent reaches the highest point
    near : of those from which it comes within 5 % of the range of the rewards below it
    maxima : points that are higher than all their neighbours
    correlation : rank correlation of reward and nearness to the highest point, -1 to 1
    best : index of the highest point
    reached : whether each point's ascent ends there, bool [points]
    """

    share: float
    near: float
    maxima: int
    correlation: float
    best: int
    reached: NDArray[np.bool_]


def first_task(seconds: float = SECONDS) -> Task:
    """Make the first RaveForce's example; its target, a recording of a TR-808, is synthesised here."""
    target = kick_808(SAMPLE_RATE, seconds)
    parameters = {
        "attack": ("lin", 0.0001, "duration - 0.0001"),
        "decay": ("rel", "attack", "duration - 0.0001 - x"),
        "freq": ("exp", 10, 10000),
    }
    return define(CODE, target, parameters, sample_rate=SAMPLE_RATE, name="first kick")


@lru_cache(maxsize=1)
def preset_rewards(sample_rate: int = SAMPLE_RATE) -> dict[str, Reward]:
    """The rewards of ``conf/reward`` that judge a whole sound, by name: ``waveform`` first, then as files are named."""
    found = {}
    for path in sorted(CONF.glob("*.yaml"), key=lambda path: (path.stem != "waveform", path.stem)):
        settings: Any = OmegaConf.to_container(OmegaConf.load(path))
        # A task's own reward is one of the others; what judges the sound so far is for several steps.
        if settings.get("distance") and settings.get("until", "end") == "end":
            found[path.stem] = make_reward(settings, sample_rate)
    return found


def decoded(task: Task, actions: ArrayLike) -> dict[str, Floats]:
    """Values of a task's parameters by name, [points] each, for actions [points, free parameters] in [-1, 1]."""
    values = task.parameters.decode(actions)
    return dict(zip(task.parameters.parameters, values.T, strict=True))


def render(task: Task, actions: ArrayLike) -> NDArray[np.float32]:
    """Play a one-step task: float32 [points, samples] for actions [points, free parameters] in [-1, 1]."""
    values = task.parameters.decode(actions)
    engine = task.open_engine(min(ROWS, len(values)))
    sounds = np.empty((len(values), task.samples), np.float32)
    try:
        for start in range(0, len(values), engine.rows):
            part = values[start : start + engine.rows]
            # The engine always plays all its rows; the last part is filled up with its own first.
            padded = np.concatenate([part, np.repeat(part[:1], engine.rows - len(part), axis=0)])
            engine.reset()
            sounds[start : start + len(part)] = engine.play(padded, task.samples)[: len(part)]
    finally:
        engine.close()
    return sounds


def rewards_of(reward: Reward, sounds: NDArray[np.float32], target: NDArray[np.float32]) -> Floats:
    """Rewards [points] of whole sounds [points, samples] for a target [samples]."""
    prepared = reward.prepare(target[None])
    before = np.broadcast_to(reward.start(prepared), len(sounds))
    return reward.compute(reward.measure(sounds, prepared), before, prepared)


def summits(heights: ArrayLike) -> NDArray[np.int64]:
    """Where steepest ascent ends, from every point of a grid.

    Each step goes to the highest of the (at most eight) neighbours, as long as that is higher.

    Parameters
    ----------
    heights : float [m] or [n, m]

    Returns
    -------
    int64 array [points], indices into the flattened grid

    Examples
    --------
    >>> summits([0, 1, 0, 2, 3]).tolist()
    [1, 1, 4, 4, 4]
    """
    grid = np.atleast_2d(np.asarray(heights, dtype=float))
    rows, columns = grid.shape
    own = np.arange(grid.size).reshape(grid.shape)
    padded = np.pad(grid, 1, constant_values=-np.inf)
    indices = np.pad(own, 1)
    highest, ahead = grid.copy(), own.copy()
    for down in (0, 1, 2):
        for right in (0, 1, 2):
            window = slice(down, down + rows), slice(right, right + columns)
            higher = padded[window] > highest
            highest[higher], ahead[higher] = padded[window][higher], indices[window][higher]
    place = ahead.ravel().astype(np.int64)
    while True:  # each round doubles the steps
        further = place[place]
        if np.array_equal(further, place):
            return place
        place = further


def climb(heights: ArrayLike, places: ArrayLike) -> Climb:
    """Measure whether a landscape on a grid can be climbed.

    The rank correlation of reward and nearness is Spearman's form of the fitness distance correlation of Jones and
    Forrest (1995), *Fitness distance correlation as a measure of problem difficulty for genetic algorithms*, ICGA 6.

    Parameters
    ----------
    heights : rewards, [m] or [n, m]
    places : where each point lies in the action space, [points, free parameters]
    """
    flat, where = np.asarray(heights, dtype=float).ravel(), np.asarray(places, dtype=float)
    ends = summits(heights)
    best = int(flat.argmax())
    # A plateau at the top is one summit.
    reached = flat[ends] == flat[best]
    nearness = -np.linalg.norm(where - where[best], axis=1)
    return Climb(
        share=float(reached.mean()),
        near=float(np.mean(flat[ends] >= flat[best] - 0.05 * np.ptp(flat))),
        maxima=len(np.unique(ends)),
        correlation=float(stats.spearmanr(flat, nearness).statistic),
        best=best,
        reached=reached,
    )
