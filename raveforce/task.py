"""A task: a program with blanks, what may fill them, and the sound to imitate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from raveforce._options import check_types
from raveforce.audio import as_path, checked_rate
from raveforce.glicol import BLOCK, Engine, Program, open_engine
from raveforce.glicol.samples import Recording, Samples, make_recording
from raveforce.parameter_space import ParameterSpace
from raveforce.parameters import ParameterError
from raveforce.recordings import from_folder
from raveforce.targets import FixedTarget, TargetSource, from_file

__all__ = ["Task", "define"]


RATES = (8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000, 88200, 96000, 176400, 192000)
"""Usual sample rates, Hz."""


@dataclass(frozen=True)
class Task:
    """Everything that defines an episode, checked once.

    An episode has ``total_step`` steps of ``step_len`` seconds and lasts exactly as long as its target. Step k
    begins at the last block of 128 samples that starts at or before ``k * step_len``, so errors do not add up.

    Parameters
    ----------
    program : the program, with the words of its parameters
    parameters : what fills its blanks, in their order
    targets : where targets come from
    sample_rate : Hz
    total_step : steps in an episode
    step_len : seconds; None divides the target evenly
    name : for tables and titles
    restart_each_step : whether every step plays the whole sound from silence instead of going on
    sample_bank : recordings that the program plays with ``sp``, by name
    reward, observation, actions : what environments reward and show, and how actions are said, unless they are told
        otherwise: names or mappings, see ``EnvSpec.of``

    Raises
    ------
    ValueError
        Parts that do not fit together.
    """

    program: Program
    parameters: ParameterSpace
    targets: TargetSource
    sample_rate: int = 44100
    total_step: int = 1
    step_len: float | None = None
    name: str = "task"
    restart_each_step: bool = False
    sample_bank: Mapping[str, Recording] = field(default_factory=dict)
    reward: str | Mapping[str, Any] = field(default_factory=lambda: {"distance": "mss", "kind": "normalised"})
    observation: str | Mapping[str, Any] = "log_mel"
    actions: str = "box"

    writes: ClassVar[bool] = False
    """Whether an episode's steps write one program; here each step plays one."""

    def __post_init__(self) -> None:
        if tuple(self.parameters.parameters) != self.program.blanks:
            raise ValueError(
                f"the parameters {tuple(self.parameters.parameters)} are not the blanks {self.program.blanks}"
            )
        if self.parameters.words != self.program.words:
            raise ValueError(f"the program needs the words of its parameters, {self.parameters.words}")
        if not self.parameters.free:
            raise ValueError("the program leaves nothing to choose: it needs a blank whose parameter is not rel")
        if not (self.total_step >= 1 and self.total_step == int(self.total_step)):
            raise ValueError(f"total_step must be a whole number, at least 1, got {self.total_step}")
        object.__setattr__(self, "sample_rate", checked_rate(self.sample_rate))
        object.__setattr__(self, "total_step", int(self.total_step))
        if self.step_len is None:
            object.__setattr__(self, "step_len", self.duration / (1 if self.restart_each_step else self.total_step))
        self._check_steps()

    @property
    def template(self) -> str:
        """The program's text with its blanks."""
        return self.program.template

    @property
    def samples(self) -> int:
        """Length of an episode, samples."""
        return self.targets.samples

    @property
    def duration(self) -> float:
        """Length of an episode, seconds."""
        return self.samples / self.sample_rate

    def open_engine(self, rows: int, kind: str = "auto", **options: Any) -> Engine:
        """Open an engine that plays the program with its samples, see ``raveforce.open_engine``."""
        return open_engine(self.program, rows, self.sample_rate, kind, samples=self.sample_bank, **options)

    def span(self, step: int) -> tuple[int, int]:
        """Where a step (from 0) begins and ends, samples."""
        if self.restart_each_step:
            return 0, self.samples
        start, end = self.boundaries[step : step + 2].tolist()
        return start, end

    @cached_property
    def boundaries(self) -> NDArray[np.int64]:
        """Where steps begin, and where the last ends: samples, int64 [total_step + 1]."""
        assert self.step_len is not None
        starts = np.arange(self.total_step) * self.step_len * self.sample_rate
        # A hair above, so that a product that should be whole is not rounded down a block.
        blocks = np.floor(starts / BLOCK + 1e-9).astype(np.int64)
        return np.append(blocks * BLOCK, self.samples)

    def _check_steps(self) -> None:
        assert self.step_len is not None
        if not self.step_len * self.sample_rate >= BLOCK:
            raise ValueError(
                f"a step of {self.step_len:g} s (total_step={self.total_step}) is shorter than a block of {BLOCK} "
                f"samples at {self.sample_rate} Hz; the target has {self.samples} samples"
            )
        steps = self.step_len if self.restart_each_step else self.total_step * self.step_len
        if abs(steps - self.duration) * self.sample_rate > BLOCK:
            # A target at another rate than was said is the usual cause.
            rates = [rate for rate in RATES if rate != self.sample_rate and abs(self.samples - steps * rate) <= BLOCK]
            cure = f"is its rate {rates[0]} Hz? Then say so: sample_rate={rates[0]}. Else " if rates else ""
            raise ValueError(
                f"the steps of {self.step_len:g} s last {steps:.4g} s but the target lasts {self.duration:.4g} s at "
                f"{self.sample_rate} Hz; {cure}leave step_len out to divide the target evenly, or cut or pad the target"
            )


def define(
    code: str,
    target: ArrayLike | str | Path | TargetSource,
    parameters: Sequence[Any] | Mapping[str, Any],
    *,
    sample_rate: int = 44100,
    total_step: int = 1,
    step_len: float | None = None,
    trim: bool = False,
    normalise: bool = False,
    name: str = "task",
    restart_each_step: bool = False,
    samples: Samples | None = None,
    **defaults: Any,
) -> Task:
    """Define a task from its parts in short form.

    Parameters
    ----------
    code : Glicol program with blanks, ``{}`` or ``{name}``
    target : float array [samples] at ``sample_rate``, a recording's path (resampled), a folder of recordings, or a
        source of targets
    parameters : one a blank, in their order or by name: ``("lin", 0, 1)``, ``["exp", 10, "1 / duration"]`` ...
        Expressions may use ``duration``, the target's length in seconds.
    sample_rate : Hz
    total_step, step_len : steps, and seconds a step; None divides the target evenly
    trim, normalise : what to do with a recording given by its path
    name : for tables and titles
    restart_each_step : whether every step plays the whole sound from silence
    samples : recordings that the program plays with ``sp``, by name: float arrays [samples] at ``sample_rate``, pairs
        of array and rate in Hz, or paths
    **defaults : ``reward``, ``observation``, ``actions``: what environments of the task have by default, see ``Task``

    Examples
    --------
    >>> target = np.sin(2 * np.pi * 440 * np.arange(4410) / 44100)
    >>> task = define("o: sin {freq}", target, {"freq": ("exp", 100, 1000)})
    >>> task.duration, task.parameters.free
    (0.1, ('freq',))
    """
    given = {"code": code, "total_step": total_step, "step_len": step_len, "trim": trim, "normalise": normalise}
    check_types(define, given | {"name": name, "restart_each_step": restart_each_step})
    sample_rate = checked_rate(sample_rate)
    if target is None:
        raise ValueError("a task needs a target: a recording's path, a folder of recordings, or an array")
    if isinstance(parameters, str) or not hasattr(parameters, "__len__"):
        raise ParameterError(f"parameters are a list or a mapping with one a blank, not {parameters!r}")
    source: TargetSource
    if isinstance(target, (str, Path)) and as_path(target).is_dir():
        source = from_folder(target, sample_rate=sample_rate, trim=trim, normalise=normalise)
    elif isinstance(target, (str, Path)):
        source = from_file(target, sample_rate=sample_rate, trim=trim, normalise=normalise)
    elif hasattr(target, "draw"):
        source = target  # type: ignore[assignment]
    else:
        source = FixedTarget(target)
    program = Program(code)
    space = ParameterSpace.for_program(program, parameters, {"duration": source.samples / sample_rate})
    return Task(
        program=Program(code, words=space.words),
        parameters=space,
        targets=source,
        sample_rate=sample_rate,
        total_step=total_step,
        step_len=step_len,
        name=name,
        restart_each_step=restart_each_step,
        sample_bank={name: make_recording(name, sample, sample_rate) for name, sample in (samples or {}).items()},
        **defaults,
    )
