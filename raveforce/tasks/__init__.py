"""The tasks that come with RaveForce, a module each: a new one is found by lying in this folder."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

from raveforce.env import RaveForceEnv
from raveforce.spec import EnvSpec, complete
from raveforce.task import Task
from raveforce.tasks.bass_line import bass_line
from raveforce.tasks.definition import TASKS, TaskDefinition
from raveforce.tasks.drum_loop import drum_loop
from raveforce.tasks.environment import ENVIRONMENTS, env_spec
from raveforce.tasks.hihat import hihat
from raveforce.tasks.kick import kick
from raveforce.tasks.match import match
from raveforce.tasks.snare import snare
from raveforce.tasks.tone import tone

__all__ = [
    "ENVIRONMENTS",
    "TASKS",
    "bass_line",
    "drum_loop",
    "hihat",
    "kick",
    "make_env",
    "make_spec",
    "make_task",
    "match",
    "snare",
    "tone",
]

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")


def make_task(name: str, **options: Any) -> Task:
    """Make a task.

    Parameters
    ----------
    name : in ``TASKS``; the id of its environment; or the path ``package.module:function`` of what makes it
    **options : the task's own

    Raises
    ------
    ValueError
        An unknown name.

    Examples
    --------
    >>> make_task("kick").name, make_task("raveforce/Kick-v0").name
    ('kick', 'kick')
    """
    return _find(name)(**options)


def make_spec(task: Task | EnvSpec | str, **options: Any) -> EnvSpec:
    """Complete a task, which may be named.

    Parameters
    ----------
    task : Task, EnvSpec, or what ``make_task`` takes
    **options : what ``EnvSpec.of`` takes, and for a name what the task takes

    Examples
    --------
    >>> make_spec("match", template="snare", reward="sot").task.name
    'match'
    """
    return env_spec(_find(task), **options) if isinstance(task, str) else complete(task, **options)


def make_env(task: str, **options: Any) -> RaveForceEnv:
    """Make the environment of a named task: the entry point of ids in Gymnasium's register.

    Parameters
    ----------
    task : what ``make_task`` takes
    **options : what ``EnvSpec.of`` takes, and what the task takes

    Examples
    --------
    >>> type(make_env("kick", reward="sot")).__name__
    'KickEnv'
    """
    found = _find(task)
    if isinstance(found, TaskDefinition) and found.id in ENVIRONMENTS:
        return ENVIRONMENTS[found.id](**options)
    return RaveForceEnv(env_spec(found, **options))


def _find(name: str) -> Any:
    own = ENVIRONMENTS.get(name.removeprefix("raveforce/"))
    return own.definition if own else TASKS.get(name)
