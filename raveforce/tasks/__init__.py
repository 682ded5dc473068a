"""The tasks that come with RaveForce, a module each."""

from __future__ import annotations

from typing import Any

from raveforce.task import Task
from raveforce.tasks.kick import kick

__all__ = ["TASKS", "kick", "make_task"]

TASKS = {"kick": kick}
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
