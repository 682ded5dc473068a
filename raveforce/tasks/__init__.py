"""The tasks that come with RaveForce, a module each."""

from __future__ import annotations

from typing import Any

from raveforce.spec import EnvSpec
from raveforce.task import Task
from raveforce.tasks.base import TASKS, env_spec
from raveforce.tasks.bass_line import bass_line
from raveforce.tasks.drum_loop import drum_loop
from raveforce.tasks.hihat import hihat
from raveforce.tasks.kick import kick
from raveforce.tasks.match import match
from raveforce.tasks.snare import snare
from raveforce.tasks.tone import tone

__all__ = ["TASKS", "bass_line", "drum_loop", "hihat", "kick", "make_spec", "make_task", "match", "snare", "tone"]


def make_task(name: str, **options: Any) -> Task:
    """Make a task by name, or by the path ``package.module:function`` of what makes it.

    Raises
    ------
    ValueError
        An unknown name.
    """
    return TASKS.get(name)(**options)


def make_spec(task: Task | EnvSpec | str, **options: Any) -> EnvSpec:
    """Complete a task, which may be named.

    Parameters
    ----------
    task : Task, EnvSpec or a task's name
    **options : what ``EnvSpec.of`` takes, and for a name what the task takes

    Examples
    --------
    >>> make_spec("match", template="snare", reward="sot").task.name
    'match'
    """
    return env_spec(TASKS.get(task), **options) if isinstance(task, str) else EnvSpec.of(task, **options)
