"""What an environment is made of: a task, what is rewarded and seen, how actions are said, and the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import singledispatch
from typing import Any

import gymnasium
import numpy as np

from raveforce.actions import Actions, free_mask, make_actions
from raveforce.distances import Distance
from raveforce.episodes import Episodes
from raveforce.glicol import BLOCK, GlicolError
from raveforce.observations import Observation, make_observation
from raveforce.rewards import Reward, make_reward
from raveforce.task import Task

__all__ = ["RENDER_MODES", "SPEC_OPTIONS", "EnvSpec", "complete"]

RENDER_MODES = ("ansi", "rgb_array")

SPEC_OPTIONS = ("reward", "observation", "actions", "engine", "engine_options", "render_mode")
"""What ``EnvSpec.of`` takes beside a task."""


@dataclass(frozen=True)
class EnvSpec:
    """Everything that an environment is made of, checked once; single and batched environments are opened from it.

    Parameters
    ----------
    task : what is played and imitated
    reward : what the agent gets
    observation : what the agent sees
    actions : how it says what it chooses
    engine : "auto", "native" or "wasm"
    engine_options : what the engine takes, such as ``deadline`` (seconds)
    render_mode : one of ``RENDER_MODES``, or None

    Raises
    ------
    ValueError
        An unknown render mode, or parts that do not fit.
    GlicolError
        The engine refuses the program, whatever the values.

    Examples
    --------
    >>> from raveforce.tasks import kick
    >>> spec = EnvSpec.of(kick(), observation={"kind": "log_mel", "n_mels": 16})
    >>> spec.reward.kind, spec.action_space, spec.observation_space.shape
    ('normalised', Box(-1.0, 1.0, (6,), float32), (576,))
    """

    task: Task
    reward: Reward
    observation: Observation
    actions: Actions
    engine: str = "auto"
    engine_options: Mapping[str, Any] = field(default_factory=dict)
    render_mode: str | None = None

    def __post_init__(self) -> None:
        if self.render_mode is not None and self.render_mode not in RENDER_MODES:
            raise ValueError(f"unknown render_mode {self.render_mode!r}; there are {', '.join(RENDER_MODES)}")
        if not isinstance(self.engine_options, Mapping):
            raise ValueError(f"engine_options is a mapping such as {{'deadline': 10}}, not {self.engine_options!r}")
        self.check_program()

    @classmethod
    def of(
        cls,
        task: Task | EnvSpec,
        *,
        reward: str | Mapping[str, Any] | Distance | Reward | None = None,
        observation: str | Mapping[str, Any] | Observation | None = None,
        actions: str | Actions | None = None,
        engine: str | None = None,
        engine_options: Mapping[str, Any] | None = None,
        render_mode: str | None = None,
    ) -> EnvSpec:
        """Complete a task, or change what a spec says.

        Parameters
        ----------
        task : Task or EnvSpec
        reward : a name of a distance, or a mapping such as ``{"distance": "mss", "kind": "normalised"}``; a Distance
            or a Reward; None takes the task's own (or the spec's)
        observation : a name, or a mapping such as ``{"kind": "log_mel", "as_dict": True}``; or an Observation
        actions : "box", "multi_discrete" or "discrete"; or an Actions
        engine, engine_options, render_mode : see EnvSpec
        """
        of = task.task if isinstance(task, EnvSpec) else task
        # What is not given is the task's own, or the spec's.
        parts: dict[str, Any] = {
            "reward": make_reward(task.reward if reward is None else reward, of.sample_rate),
            "observation": make_observation(task.observation if observation is None else observation, of.sample_rate),
            "actions": make_actions(task.actions if actions is None else actions, of.parameters),
        }
        settings = {"engine": engine, "engine_options": engine_options, "render_mode": render_mode}
        parts |= {name: value for name, value in settings.items() if value is not None}
        # In one go, because a spec tries its program when it is made, with its engine and that one's options.
        return replace(task, **parts) if isinstance(task, EnvSpec) else cls(of, **parts)

    @property
    def action_space(self) -> gymnasium.Space[Any]:
        """The space of one row's action."""
        return self.actions.space

    @property
    def observation_space(self) -> gymnasium.Space[Any]:
        """The space of one row's observation."""
        return self.observation.space(self.task.samples, len(self.task.parameters.free), self.task.total_step)

    def open(self, rows: int) -> Episodes:
        """Open episodes, so many side by side."""
        engine = self.task.open_engine(rows, self.engine, **self.engine_options)
        return Episodes(self.task, self.reward, self.observation, engine, free_mask(self.action_space))

    def check_program(self) -> None:
        """Find out whether the engine takes the program, without playing an episode.

        Raises
        ------
        GlicolError
            The program is wrong, whatever the values; or lacks a sample.
        """
        engine = self.task.open_engine(1, self.engine, **self.engine_options)
        try:
            # The real engine reads a program when it first plays; all of them miss a sample no sooner.
            middle = self.task.parameters.decode(np.zeros((1, len(self.task.parameters.free))))
            engine.play(middle, BLOCK)
        except GlicolError as error:
            if not error.caused_by_values:
                raise
        finally:
            engine.close()


@singledispatch
def complete(task: Any, **options: Any) -> EnvSpec:
    """Complete a task of any kind, or change what a spec says: ``EnvSpec.of``, or what a kind of task has of its own.

    Examples
    --------
    >>> from raveforce.tasks import kick
    >>> complete(kick(), reward="sot").reward.distance.name
    'sot'
    """
    return EnvSpec.of(task, **options)
