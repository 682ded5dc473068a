"""Plays templates, many rows at a time, each template with an engine of its own."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from experiments.policy.takes import features
from raveforce.distances import Distance, measure_rows
from raveforce.faults import render_or_fault
from raveforce.glicol import Engine, open_engine
from raveforce.task import Task

__all__ = ["Player"]

ROWS = 64
"""Rows of an engine: what they play still fits into the processor's cache."""


class Player:
    """Plays the programs of templates and measures them.

    Parameters
    ----------
    templates : tasks by name
    distance : measures what was played
    """

    def __init__(self, templates: Mapping[str, Task], distance: Distance) -> None:
        self.templates = templates
        self.distance = distance
        self._engines: dict[str, Engine] = {}

    def play(self, name: str, actions: NDArray[np.floating], samples: int) -> NDArray[np.float32]:
        """Sounds [rows, samples] of actions [rows, parameters], which are clipped; silence where a sound broke."""
        task = self.templates[name]
        if name not in self._engines:
            self._engines[name] = open_engine(task.program, ROWS, task.sample_rate, num_threads=1)
        engine, values = self._engines[name], task.parameters.decode(np.clip(actions, -1, 1))
        sounds = np.empty((len(values), samples), np.float32)
        for start in range(0, len(values), ROWS):
            some = values[start : start + ROWS]
            engine.reset()
            audio, _ = render_or_fault(engine, np.resize(some, (ROWS, values.shape[1])), samples)
            sounds[start : start + ROWS] = audio[: len(some)]
        return sounds

    def distances(
        self, name: str, actions: NDArray[np.floating], targets: list[NDArray[np.float32]]
    ) -> NDArray[np.float64]:
        """Distances [targets, answers] of actions [targets, answers, parameters] to targets of one length."""
        rows, answers, size = actions.shape
        sounds = self.play(name, actions.reshape(-1, size), len(targets[0])).reshape(rows, answers, -1)
        pairs = zip(sounds, targets, strict=True)
        return np.stack([measure_rows(self.distance, some, features(self.distance, target)) for some, target in pairs])
