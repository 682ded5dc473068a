"""The tasks that come with RaveForce, a module each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from raveforce.task import Task
from raveforce.tasks.bass_line import bass_line
from raveforce.tasks.drum_loop import drum_loop
from raveforce.tasks.hihat import hihat
from raveforce.tasks.kick import kick
from raveforce.tasks.match import match
from raveforce.tasks.snare import snare
from raveforce.tasks.tone import tone

__all__ = ["TASKS", "bass_line", "drum_loop", "hihat", "kick", "make_task", "match", "snare", "tone"]

TASKS: dict[str, Callable[..., Task]] = {
    "kick": kick,
    "snare": snare,
    "hihat": hihat,
    "tone": tone,
    "bass_line": bass_line,
    "drum_loop": drum_loop,
    "match": match,
}
"""Tasks by name; each takes its own options."""


def make_task(name: str, **options: Any) -> Task:
    """Make a task by name.

    Raises
    ------
    ValueError
        An unknown name.
    """
    if name not in TASKS:
        raise ValueError(f"unknown task {name!r}; the tasks are {', '.join(sorted(TASKS))}")
    return TASKS[name](**options)
