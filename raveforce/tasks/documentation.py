"""Docstrings of the tasks' environments, in Gymnasium's sections, made from the tasks' declarations."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Mapping
from typing import Any

from raveforce.observations import Observation, SoundObservation, make_observation
from raveforce.parameter_space import ParameterSpace
from raveforce.parameters import Choose
from raveforce.rewards import REWARDS, make_reward
from raveforce.tasks.definition import TaskDefinition

__all__ = ["env_docstring"]


def env_docstring(text: str, task: TaskDefinition) -> str:
    """The docstring of a task's environment.

    Parameters
    ----------
    text : a summary, an empty line, and what the task is about
    task : where the rest comes from
    """
    summary, _, about = inspect.cleandoc(text).partition("\n\n")
    own = task.sections
    sections = {
        "Description": about,
        "Action Space": own.get("Action Space") or _action_space(task.parameter_space()),
        "Observation Space": own.get("Observation Space") or _observation_space(make_observation(task.observation)),
        "Rewards": own.get("Rewards") or _rewards(task.reward),
        "Starting State": task.starting_state,
        "Episode End": task.episode_end,
        "Arguments": f"{_arguments(task.make)}\n{OTHER_ARGUMENTS}",
        "Version History": "\n".join(f"{version}: {what}" for version, what in task.history.items()),
    }
    made = [summary, *(f"{title}\n{'-' * len(title)}\n{section}" for title, section in sections.items())]
    return textwrap.indent("\n\n".join(made), "    ").strip() + "\n    "


OTHER_ARGUMENTS = "reward, observation, actions, engine, engine_options, render_mode : see RaveForceEnv"


def _action_space(space: ParameterSpace) -> str:
    shown = []
    for name in space.free:
        kind = space.parameters[name]
        options = f" ({', '.join(map(_plain, kind.options))}: equal shares)" if isinstance(kind, Choose) else ""
        shown.append(name + options)
    text = f"``Box(-1, 1, ({len(shown)},))``: {', '.join(shown)}."
    choices = [space.parameters[name] for name in space.free]
    if all(isinstance(choice, Choose) for choice in choices):
        counts = [len(choice.options) for choice in choices if isinstance(choice, Choose)]
        text += (
            f' With ``actions="multi_discrete"`` ``MultiDiscrete({counts})``, with ``actions="discrete"`` the '
            "combinations, of which the last parameter changes fastest."
        )
    return textwrap.fill(text, 112)


def _plain(option: float | str) -> str:
    return option if isinstance(option, str) else f"{option:g}"


def _observation_space(observation: Observation) -> str:
    text = _first_line(type(observation))
    if isinstance(observation, SoundObservation) and observation.show:
        *first, last = [*observation.show, *(["the step to come (one place for each)"] if observation.one_hot else [])]
        parts = f"{', '.join(first)} and {last}" if first else last
        text += f" Of {parts}, {'kept apart' if observation.as_dict else 'in one flat vector'}."
    return textwrap.fill(text, 112)


def _rewards(spec: str | Mapping[str, Any]) -> str:
    reward = make_reward(spec)
    text = f"{_first_line(REWARDS.get(reward.kind))} Distance ``{reward.distance.name}``: "
    text += _first_line(type(reward.distance))
    if reward.until == "now":
        text += " The sound so far is compared with the target up to then."
    return textwrap.fill(text, 112)


def _first_line(thing: Any) -> str:
    return (inspect.getdoc(thing) or "").partition("\n")[0]


def _arguments(make: Any) -> str:
    """The parameters of a docstring."""
    found = re.search(r"Parameters\n-+\n(.*?)(\n\n|\Z)", inspect.getdoc(make) or "", re.DOTALL)
    return found[1] if found else ""
