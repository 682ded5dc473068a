"""Where targets come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from raveforce import audio as audio_files
from raveforce.faults import render_or_fault
from raveforce.glicol import Engine, Program, open_engine
from raveforce.glicol.samples import Recording
from raveforce.parameter_space import ParameterSpace

__all__ = ["FixedTarget", "ManyTargets", "RandomPrograms", "TargetSource", "from_file"]

Array = NDArray[np.float32]


class TargetSource(Protocol):
    """Gives every episode the sound to imitate.

    Attributes
    ----------
    samples : length of every target, samples
    """

    @property
    def samples(self) -> int:
        """Length of every target, samples."""

    def draw(self, rng: np.random.Generator) -> Array:
        """A target, float32 [samples]."""


@dataclass(frozen=True, eq=False)
class FixedTarget:
    """The same target for every episode.

    Raises
    ------
    AudioError
        A sound that is empty, silent, not finite or not mono.
    """

    audio: Array

    def __init__(self, audio: ArrayLike) -> None:
        checked = audio_files.as_audio(audio, name="the target")
        checked.setflags(write=False)
        object.__setattr__(self, "audio", checked)

    @property
    def samples(self) -> int:
        """Length, samples."""
        return len(self.audio)

    def draw(self, rng: np.random.Generator) -> Array:
        """The one target."""
        return self.audio


@dataclass(frozen=True, eq=False)
class ManyTargets:
    """One of several sounds of equal length, drawn anew for every episode.

    Raises
    ------
    AudioError
        No sounds, sounds of different lengths, or one that cannot be used.
    """

    sounds: tuple[Array, ...]

    def __init__(self, sounds: Sequence[ArrayLike]) -> None:
        checked = [audio_files.as_audio(sound, name=f"target {index}") for index, sound in enumerate(sounds)]
        if not checked:
            raise audio_files.AudioError("there are no sounds to draw targets from")
        if len({len(sound) for sound in checked}) > 1:
            raise audio_files.AudioError("targets that are drawn from must have one length: cut or pad them")
        for sound in checked:
            sound.setflags(write=False)
        object.__setattr__(self, "sounds", tuple(checked))

    @property
    def samples(self) -> int:
        """Length of every sound, samples."""
        return len(self.sounds[0])

    def draw(self, rng: np.random.Generator) -> Array:
        """One of the sounds, each as likely."""
        return self.sounds[rng.integers(len(self.sounds))]


class RandomPrograms:
    """The sound of a program whose blanks are filled at random: a target that can be reached exactly.

    Parameters
    ----------
    program, parameters : what is played, and what fills it: actions are uniform
    sample_rate : Hz
    samples : length of the sounds
    sample_bank : recordings that the program plays with ``sp``, by name
    quietest : peak below which a sound is not used and another is drawn

    Notes
    -----
    The engine is opened at the first draw and is not pickled; a copy opens its own.
    """

    def __init__(
        self,
        program: Program,
        parameters: ParameterSpace,
        *,
        sample_rate: int = 44100,
        samples: int = 17640,
        quietest: float = 0.01,
        sample_bank: Mapping[str, Recording] | None = None,
    ) -> None:
        self.program = program
        self.parameters = parameters
        self.sample_rate = sample_rate
        self.samples = samples
        self.quietest = quietest
        self.sample_bank = dict(sample_bank or {})
        self._engine: Engine | None = None

    def draw(self, rng: np.random.Generator) -> Array:
        """The sound of a random program.

        Raises
        ------
        AudioError
            A hundred programs in a row were silent or broken.
        GlicolError
            The program is wrong, whatever fills it.
        """
        # A stream of its own: actions that are drawn uniformly with the same seed would be the target's.
        rng = np.random.default_rng(rng.integers(2**63))
        for _ in range(100):
            action = rng.uniform(-1, 1, (1, len(self.parameters.free)))
            sound = self.play(self.parameters.decode(action))
            if sound is not None:
                return sound
        raise audio_files.AudioError("a hundred random programs in a row were silent or broken: look at the template")

    def play(self, values: NDArray[np.float64]) -> Array | None:
        """The sound of values [1, parameters]; None if it is silent or broken."""
        if self._engine is None:
            self._engine = open_engine(self.program, 1, self.sample_rate, samples=self.sample_bank)
        self._engine.reset()
        sounds, faults = render_or_fault(self._engine, values, self.samples)
        return sounds[0] if not faults and np.abs(sounds[0]).max() >= self.quietest else None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_engine": None}


def from_file(
    path: str | Path,
    *,
    sample_rate: int,
    trim: bool = False,
    normalise: bool = False,
    max_seconds: float = 60.0,
) -> FixedTarget:
    """Take a recording as the target.

    Parameters
    ----------
    path : any file that libsndfile reads
    sample_rate : rate to resample to, Hz
    trim : cut off silence (below -60 dB of the loudest place) at both ends
    normalise : scale to a peak of 0.9
    max_seconds : longest file accepted

    Raises
    ------
    AudioError
    """
    sound, _ = audio_files.load(path, sample_rate=sample_rate, max_seconds=max_seconds)
    if trim:
        sound = audio_files.trim(sound)
    if normalise:
        sound = audio_files.normalise(sound)
    return FixedTarget(sound)
