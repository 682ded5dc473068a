"""Match: answer any sound with the program that makes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from raveforce.augmentation import Augmentation, make_augmentation
from raveforce.recordings import from_folder
from raveforce.targets import RandomPrograms, TargetSource
from raveforce.task import Task
from raveforce.tasks.base import TASKS, TaskEnv
from raveforce.tasks.hihat import hihat
from raveforce.tasks.kick import kick
from raveforce.tasks.snare import snare
from raveforce.tasks.tone import tone

__all__ = ["TEMPLATES", "MatchEnv", "match"]

TEMPLATES: dict[str, Callable[..., Task]] = {"kick": kick, "snare": snare, "hihat": hihat, "tone": tone}
"""The tasks whose programs answer."""


@TASKS.register("match")
def match(
    target: str | Path | TargetSource | None = None,
    *,
    template: str = "kick",
    split: str | None = "train",
    files: str | None = None,
    augment: bool | Mapping[str, Any] | Augmentation | None = None,
    attempts: int = 1,
    seconds: float | None = None,
    sample_rate: int = 44100,
) -> Task:
    """The match task.

    Parameters
    ----------
    target : a folder of recordings, one recording, or a source of targets; None plays random programs of the
        template, which the agent can reach exactly
    template : whose program answers, a name in ``TEMPLATES``
    split : of a folder, "train", "validation", "test" or None for all; by kit, see ``raveforce.recordings``
    files : regular expression that is looked for in the paths inside the folder, such as "kick|bd"
    augment : True or parameters of an ``Augmentation``: recordings that are trained on are changed at random
    attempts : steps in an episode, each playing the whole sound anew
    seconds : length of the sounds; None takes the template's, or the median of all of a folder's
    sample_rate : Hz

    Raises
    ------
    ValueError
        An unknown template or split, or an augmentation without recordings.
    AudioError
        A folder without recordings.
    """
    if template not in TEMPLATES:
        raise ValueError(f"unknown template {template!r}; the templates are {', '.join(TEMPLATES)}")
    source: TargetSource | None
    augmentation = make_augmentation(augment)
    if isinstance(target, (str, Path)):
        source = from_folder(
            target, sample_rate=sample_rate, split=split, files=files, seconds=seconds, augmentation=augmentation
        )
    elif augmentation is not None or files is not None:
        raise ValueError("augment and files are for recordings: name their folder as the target")
    else:
        source = target
    samples = round((seconds or TEMPLATES[template]().duration) * sample_rate) if source is None else source.samples
    # What stands in for the target gives the parameters their bounds: some depend on its length.
    answers = TEMPLATES[template](np.ones(samples), sample_rate=sample_rate)
    if source is None:
        source = RandomPrograms(answers.program, answers.parameters, sample_rate=sample_rate, samples=samples)
    return replace(
        answers, targets=source, total_step=attempts, step_len=None, restart_each_step=attempts > 1, name="match"
    )


class MatchEnv(TaskEnv):
    """Answer a sound never heard before with the program that makes it.

    Description
    -----------
    Every episode has a target of its own: by default the sound of a random program of the kick task's template, else
    a recording from a folder. The agent sees it and answers with the template's parameters, in one step or in
    several attempts.

    Action Space
    ------------
    ``Box(-1, 1, (d,))``: the parameters of the template, six for "kick".

    Observation Space
    -----------------
    Log-mel spectrograms of attempt and target, flattened, in [0, 1].

    Rewards
    -------
    Minus the multi-resolution STFT distance to the target divided by that of silence: -1 for silence, 0 at best.

    Starting State
    --------------
    Silence, and the target.

    Episode End
    -----------
    After ``attempts`` steps.

    Arguments
    ---------
    target : a folder of recordings or a source of targets; None plays random programs
    template : "kick", "snare", "hihat" or "tone"
    split : of a folder, "train", "validation", "test" or None for all; by kit, see ``raveforce.recordings``
    files : regular expression that is looked for in the paths inside the folder, such as "kick|bd"
    augment : True or parameters of an ``Augmentation``: recordings that are trained on are changed at random
    attempts : steps in an episode, each playing the whole sound anew
    seconds : length of the sounds
    sample_rate : Hz
    reward, observation, actions, engine, engine_options, render_mode : see RaveForceEnv

    Version History
    ---------------
    v0: first version.
    """

    define = staticmethod(match)
