"""The templates whose blanks an imitation fills."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from raveforce.registry import did_you_mean
from raveforce.targets import FixedTarget
from raveforce.task import Task
from raveforce.tasks import TASKS

__all__ = ["AUTO", "make_template", "templates"]

AUTO = ("kick_v1", "snare_v1", "hihat_v1", "tom", "clap", "cymbal", "drum", "tone_v1", "bass")
"""Templates that race where none is named."""


def templates(name: str) -> tuple[str, ...]:
    """The names that a choice stands for: "auto" for all that race, else the one.

    Raises
    ------
    ValueError
        There is no such template.
    """
    if name == "auto":
        return AUTO
    if name not in TASKS and ":" not in name:
        names = ["auto", *AUTO]
        raise ValueError(
            f"unknown template {name!r}{did_you_mean(name, names) or ';'} the templates are {', '.join(names)} and all "
            "other tasks of one step"
        )
    return (name,)


def make_template(name: str, target: NDArray[np.float32], sample_rate: int) -> Task:
    """The task whose program imitates a sound.

    Raises
    ------
    ValueError
        The task has several steps, or targets of its own.
    """
    task = TASKS.get(name)(target, sample_rate=sample_rate)
    if task.total_step != 1 or not isinstance(task.targets, FixedTarget):
        raise ValueError(f"the task {name!r} cannot imitate a sound: that takes one step and one target")
    return task
