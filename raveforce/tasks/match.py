"""Match: answer any sound with the program that makes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from raveforce.audio import count_samples
from raveforce.augmentation import Augmentation, make_augmentation
from raveforce.parameter_space import ParameterSpace
from raveforce.recordings import from_folder
from raveforce.registry import UnknownName
from raveforce.targets import FixedTarget, RandomPrograms, TargetSource
from raveforce.task import Task
from raveforce.tasks.definition import TASKS, TaskDefinition
from raveforce.tasks.environment import TaskEnv
from raveforce.tasks.kick import kick

__all__ = ["MatchEnv", "match"]


@dataclass(frozen=True, kw_only=True)
class MatchTask(TaskDefinition):
    """A task with many targets, answered by the program of another task."""

    def make(
        self,
        target: ArrayLike | str | Path | TargetSource | None = None,
        *,
        template: str = "kick",
        split: str | None = "train",
        files: str | None = None,
        augment: bool | Mapping[str, Any] | Augmentation | None = None,
        attempts: int = 1,
        seconds: float | None = None,
        sample_rate: int = 44100,
    ) -> Task:
        """Make the task.

        Parameters
        ----------
        target : a folder of recordings, one recording, float array [samples], or a source of targets; None plays random
            programs of the template, which the agent can reach exactly
        template : the task of one step whose program answers, such as "kick", "snare", "hihat" or "tone"
        split : of a folder, "train", "validation", "test" or None for all; by kit, see ``raveforce.recordings``
        files : regular expression that is looked for in the paths inside the folder, such as "kick|bd"
        augment : True or parameters of an ``Augmentation``: recordings that are trained on are changed at random
        attempts : steps in an episode, each playing the whole sound anew
        seconds : length of the sounds; None takes the template's, or the median of all of a folder's
        sample_rate : Hz

        Raises
        ------
        ValueError
            An unknown template or split, a template of several steps, or an augmentation without recordings.
        AudioError
            A folder without recordings.
        """
        if attempts < 1:
            raise ValueError(f"attempts must be at least 1, got {attempts}")
        try:
            answering = TASKS.get(template)
        except UnknownName as error:
            raise UnknownName(f"template: {error}") from error
        source: TargetSource | None
        augmentation = make_augmentation(augment)
        if isinstance(target, (str, Path)):
            source = from_folder(
                target, sample_rate=sample_rate, split=split, files=files, seconds=seconds, augmentation=augmentation
            )
        elif augmentation is not None or files is not None:
            raise ValueError("augment and files are for recordings: name their folder as the target")
        else:
            is_source = target is None or hasattr(target, "draw")
            source = target if is_source else FixedTarget(target)  # type: ignore[assignment, arg-type]
        if source is None:
            samples = count_samples(answering().duration if seconds is None else seconds, sample_rate)
        else:
            samples = source.samples
        # What stands in for the target gives the parameters their bounds: some depend on its length.
        answers = answering(np.ones(samples), sample_rate=sample_rate)
        if answers.writes:
            raise ValueError(f"the program of {template} is written and has no blanks: task={template} plays it")
        if source is None:
            source = RandomPrograms(
                answers.program,
                answers.parameters,
                sample_rate=sample_rate,
                samples=samples,
                sample_bank=answers.sample_bank,
            )
        if answers.total_step > 1:
            raise ValueError(f"{template} has {answers.total_step} steps; the template of match has one")
        return replace(answers, targets=source, total_step=attempts, step_len=None, restart_each_step=attempts > 1)

    def parameter_space(self) -> ParameterSpace:
        """That of the kick."""
        return kick.parameter_space()

    @property
    def episode_end(self) -> str:
        """When episodes end."""
        return "After ``attempts`` steps."

    @property
    def starting_state(self) -> str:
        """How episodes begin."""
        return "Silence, and a target of the episode's own."


match = TASKS.register("match")(MatchTask(name="match", id="Match-v0"))


class MatchEnv(TaskEnv, task=match):
    """Answer a sound never heard before with the program that makes it.

    Every episode has a target of its own: by default the sound of a random program of the kick task's template, else
    a recording from a folder. The agent sees it and answers with the template's parameters (by default those of the
    kick), in one step or in several attempts.
    """
