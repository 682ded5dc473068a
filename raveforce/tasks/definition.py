"""How the tasks that come with RaveForce are declared."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from raveforce._options import check_types
from raveforce.audio import AudioError, as_audio, checked_rate
from raveforce.glicol import BLOCK, Program
from raveforce.parameter_space import ParameterSpace
from raveforce.registry import Registry, check_options, options_of
from raveforce.targets import from_file
from raveforce.task import Task, define

__all__ = ["TASKS", "ProgramTask", "TaskDefinition", "in_steps"]

TASKS: Registry[Callable[..., Task]] = Registry("task", group="raveforce.tasks")
"""Tasks by name: whatever returns a ``Task``, each with its own options."""


@dataclass(frozen=True, kw_only=True)
class TaskDefinition(ABC):
    """A task that comes with RaveForce, and what is said of it; calling it makes the ``Task``.

    Parameters
    ----------
    name : as in ``TASKS`` and ``run.py task=NAME``
    id : of its environment in Gymnasium's register, after ``raveforce/``, with its version
    reward, observation, actions : defaults of its environments, names or mappings, see ``EnvSpec.of``
    history : what each version brought, by version
    """

    name: str
    id: str
    reward: str | Mapping[str, Any] = field(default_factory=lambda: {"distance": "mss", "kind": "normalised"})
    observation: str | Mapping[str, Any] = "log_mel"
    actions: str = "box"
    history: Mapping[str, str] = field(default_factory=lambda: {"v0": "first version."})

    def __post_init__(self) -> None:
        # What signatures and help show is what the task takes.
        object.__setattr__(self, "__signature__", inspect.signature(self.make))

    @abstractmethod
    def make(self, *args: Any, **options: Any) -> Task:
        """Make the task; the docstring's parameters are shown in the environment's."""

    def __call__(self, *args: Any, **options: Any) -> Task:
        """Make the task, with its name and defaults."""
        if "sample_rate" in options:
            options["sample_rate"] = checked_rate(options["sample_rate"])
        check_options(f"the task {self.name}", options, options_of(self.make))
        check_types(self.make, options)
        made = self.make(*args, **options)
        return replace(made, name=self.name, reward=self.reward, observation=self.observation, actions=self.actions)

    @abstractmethod
    def parameter_space(self) -> ParameterSpace:
        """Its parameters, for the documentation."""

    @property
    def sections(self) -> Mapping[str, str]:
        """Sections of the documentation that do not follow from parameters, observation and reward."""
        return {}

    @property
    def episode_end(self) -> str:
        """When episodes end, for the documentation."""
        return "After one step."

    @property
    def starting_state(self) -> str:
        """How episodes begin, for the documentation."""
        return "Silence."


@dataclass(frozen=True, kw_only=True)
class ProgramTask(TaskDefinition):
    """A task with one target: a recording, or one that is synthesised.

    Parameters
    ----------
    code : the program with its blanks, or a function of the sample rate that returns it. With several steps,
        ``PULSE`` in it is the frequency (Hz) of the ``imp`` whose impulses fall on the steps' first samples
    parameters : what fills the blanks, as ``define`` takes it, or a function of the sample rate
    synthesise : function of the sample rate that returns the target, float array [samples]
    steps : steps in an episode
    trim : whether silence is cut off a recording's ends by default
    """

    code: str | Callable[[int], str]
    parameters: Mapping[str, Any] | Callable[[int], Mapping[str, Any]]
    synthesise: Callable[[int], NDArray[np.float32]]
    steps: int = 1
    trim: bool = True

    def make(
        self,
        target: ArrayLike | str | Path | None = None,
        *,
        sample_rate: int = 44100,
        trim: bool | None = None,
        normalise: bool = True,
    ) -> Task:
        """Make the task.

        Parameters
        ----------
        target : a recording's path or float array [samples]; None synthesises one. With several steps it is cut to
            whole blocks a step (of 16 steps, at most 46 ms at 44.1 kHz go)
        sample_rate : Hz
        trim : cut silence off a recording's ends; None does so where episodes have one step
        normalise : scale a recording to a peak of 0.9
        """
        sound: Any = self.synthesise(sample_rate) if target is None else target
        prepare: dict[str, Any] = {"trim": self.trim if trim is None else trim, "normalise": normalise}
        code = self.code if isinstance(self.code, str) else self.code(sample_rate)
        if self.steps > 1:
            sound, pulse = in_steps(sound, self.steps, sample_rate, **prepare)
            code = code.replace("PULSE", f"{pulse:.4f}")
        parameters = self.parameters if isinstance(self.parameters, Mapping) else self.parameters(sample_rate)
        return define(code, sound, parameters, sample_rate=sample_rate, total_step=self.steps, **prepare)

    def parameter_space(self) -> ParameterSpace:
        """Its parameters at 44.1 kHz, for a target of a second."""
        code = self.code if isinstance(self.code, str) else self.code(44100)
        parameters = self.parameters if isinstance(self.parameters, Mapping) else self.parameters(44100)
        return ParameterSpace.for_program(Program(code), parameters, {"duration": 1.0})

    @property
    def episode_end(self) -> str:
        """When episodes end."""
        return "After one step." if self.steps == 1 else f"After {self.steps} steps."


def in_steps(
    target: ArrayLike | str | Path, steps: int, sample_rate: int, *, trim: bool = False, normalise: bool = False
) -> tuple[NDArray[np.float32], float]:
    """Cut a target to steps of whole blocks, and say how often an impulse marks them.

    Parameters
    ----------
    target : a recording's path or float array [samples]
    steps : steps in an episode
    sample_rate : Hz
    trim, normalise : what to do with a recording

    Returns
    -------
    target : float32 array [samples], a multiple of ``steps`` blocks
    pulse : frequency of ``imp``, Hz, so that its impulses fall on the steps' first samples

    Raises
    ------
    AudioError
        A target shorter than a block a step.
    """
    if isinstance(target, (str, Path)):
        target = from_file(target, sample_rate=sample_rate, trim=trim, normalise=normalise).audio
    sound = as_audio(target, name="the target")
    samples = len(sound) // (steps * BLOCK) * BLOCK
    if samples == 0:
        raise AudioError(f"the target has {len(sound)} samples, but {steps} steps need {steps * BLOCK} or more")
    # imp rounds its period down to whole samples: half a sample more keeps rounding errors from the edge.
    return sound[: steps * samples], sample_rate / (samples + 0.5)
