"""What the environments of the built-in tasks share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from raveforce.audio import AudioError, as_audio
from raveforce.env import RaveForceEnv
from raveforce.glicol import BLOCK
from raveforce.registry import Registry
from raveforce.spec import SPEC_OPTIONS, EnvSpec
from raveforce.targets import from_file
from raveforce.task import Task

__all__ = ["TASKS", "TaskEnv", "env_spec", "fading", "in_blocks", "in_steps", "peaked"]


TASKS: Registry[Callable[..., Task]] = Registry("task", group="raveforce.tasks")
"""Tasks by name; each takes its own options."""


class TaskEnv(RaveForceEnv):
    """The environment of a built-in task; a subclass says which."""

    define: ClassVar[Callable[..., Task]]

    def __init__(self, target: Any = None, **options: Any) -> None:
        super().__init__(env_spec(type(self).define, target=target, **options))


def env_spec(define: Callable[..., Task], **options: Any) -> EnvSpec:
    """Make a task and complete it: some of the options are for the one, some for the other."""
    others = {name: options.pop(name) for name in SPEC_OPTIONS if name in options}
    return EnvSpec.of(define(**options), **others)


def peaked(sound: NDArray[np.floating[Any]], peak: float = 0.9) -> NDArray[np.float32]:
    """Scale a synthesised sound to a peak."""
    return (peak * sound / np.abs(sound).max()).astype(np.float32)


def fading(seconds: float, sample_rate: int) -> tuple[float, float]:
    """Rate of a ``onepole`` whose answer to an impulse falls to 1/e in some seconds, and the gain that makes it 1.

    Examples
    --------
    >>> rate, gain = fading(0.1, 44100)
    >>> round(gain)
    4411
    """
    rate = 1 / (2 * np.pi * seconds * sample_rate)
    return rate, 1 / (1 - np.exp(-2 * np.pi * rate))


def in_blocks(samples: float) -> int:
    """Round a step's samples to whole blocks of the engine, so that notes begin where steps do."""
    return max(round(samples / BLOCK), 1) * BLOCK


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
