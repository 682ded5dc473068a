"""Environments of the tasks that come with RaveForce."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from raveforce.env import RaveForceEnv
from raveforce.registry import check_options, options_of
from raveforce.spec import SPEC_OPTIONS, EnvSpec, complete
from raveforce.task import Task
from raveforce.tasks.definition import TaskDefinition
from raveforce.tasks.documentation import env_docstring

__all__ = ["ENVIRONMENTS", "TaskEnv", "env_spec"]

ENVIRONMENTS: dict[str, type[TaskEnv]] = {}
"""Environments of the tasks that come with RaveForce, by what follows ``raveforce/`` in their ids."""


class TaskEnv(RaveForceEnv):
    """The environment of a task that comes with RaveForce.

    A subclass names its task and says in its docstring what it is about; the other sections are made from the task.
    """

    definition: ClassVar[TaskDefinition]

    def __init_subclass__(cls, *, task: TaskDefinition, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.definition = task
        cls.__doc__ = _Docstring(cls.__doc__ or "", task)  # type: ignore[assignment]
        ENVIRONMENTS[task.id] = cls

    def __init__(self, target: Any = None, **options: Any) -> None:
        super().__init__(env_spec(self.definition, target=target, **options))


class _Docstring:
    # A class's docstring, made when it is read: importing the package waits for none of them.

    def __init__(self, text: str, task: TaskDefinition) -> None:
        self._parts = text, task
        self._made: str | None = None

    def __get__(self, instance: object, owner: type | None = None) -> str:
        if self._made is None:
            self._made = env_docstring(*self._parts)
        return self._made


def env_spec(task: Callable[..., Task], **options: Any) -> EnvSpec:
    """Make a task and complete it: some of the options are for the one, some for the other."""
    taken = options_of(task)
    name = getattr(task, "name", getattr(task, "__name__", "of its own"))
    check_options(f"the task {name}", options, None if taken is None else [*taken, *SPEC_OPTIONS])
    others = {name: options.pop(name) for name in SPEC_OPTIONS if name in options}
    return complete(task(**options), **others)
