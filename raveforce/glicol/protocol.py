"""What an engine is: blanks' values in, sound out, for many rows at once; and what all engines check alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import NoReturn, Protocol, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from raveforce.glicol.block import BLOCK
from raveforce.glicol.program import Program, ProgramError
from raveforce.glicol.samples import Recording, Samples, Source, make_recording

__all__ = ["BLOCK", "BaseEngine", "Engine", "EngineSettings"]

Self = TypeVar("Self", bound="BaseEngine")


@dataclass(frozen=True)
class EngineSettings:
    """What every engine is set up with.

    Attributes
    ----------
    sample_rate : Hz
    bpm : beats per minute; a bar is 240 / bpm seconds
    seed : of the nodes that draw random numbers without a seed of their own
    deadline : seconds that one row may take to render what one ``play`` asks for

    Raises
    ------
    ValueError
        A setting is out of range.
    """

    sample_rate: int = 44100
    bpm: float = 120.0
    seed: int = 42
    deadline: float = 10.0

    def __post_init__(self) -> None:
        for name in ("sample_rate", "bpm", "seed", "deadline"):
            if not isinstance(getattr(self, name), Real):
                raise ValueError(f"{name} is a number, not {getattr(self, name)!r}")
        if not (1000 <= self.sample_rate <= 384_000 and self.sample_rate == int(self.sample_rate)):
            raise ValueError(f"sample_rate is a whole number of Hz from 1000 to 384000, not {self.sample_rate!r}")
        if not 1 <= self.bpm <= 10_000:
            raise ValueError(f"bpm is a number of beats a minute from 1 to 10000, not {self.bpm!r}")
        # The engine takes it as a float32, which holds whole numbers exactly up to here.
        if not (0 <= self.seed <= 2**24 and self.seed == int(self.seed)):
            raise ValueError(f"seed is a whole number from 0 to {2**24}, not {self.seed!r}")
        if not 0 < self.deadline <= 1e6:
            raise ValueError(f"deadline is a number of seconds above 0 and up to 1e6, not {self.deadline!r}")


@runtime_checkable
class Engine(Protocol):
    """Rows of one program, each with its own values and its own state.

    Attributes
    ----------
    kind : "native" or "wasm"
    program : the program that every row plays
    rows : how many rows there are
    sample_rate : Hz
    """

    kind: str
    program: Program
    rows: int
    sample_rate: int

    def reset(self, rows: Sequence[int] | None = None) -> None:
        """Put every row (or the rows named) back to silence, as if newly opened, bit for bit."""

    def play(self, values: ArrayLike, samples: int) -> NDArray[np.float32]:
        """Play on from where the rows stopped.

        Parameters
        ----------
        values : float array [rows, blanks]; a blank with words takes the index of its word.
            They take effect at the next block boundary: up to 127 samples that were rendered but not yet
            asked for are played out first.
        samples : samples to return a row, at least 0

        Returns
        -------
        float32 array [rows, samples], left channel, full scale ±1 (the engine may go beyond)

        Raises
        ------
        GlicolError
            With ``row``, the first that failed; the failed rows are back to silence. If ``caused_by_values``,
            the other rows' sound is in ``audio``; else the text is wrong, and nothing of the call counts.
        ProgramError
            Values that do not fit the blanks.
        """

    def add_sample(self, name: str, source: Source) -> None:
        r"""Offer a recording to programs that play ``sp \name``; it stays through resets."""

    def close(self) -> None:
        """Free what the engine holds; closing twice is harmless."""


class BaseEngine:
    """What engines have in common: their attributes, and the checks of what they are given.

    Parameters
    ----------
    program : what every row plays
    rows : how many rows
    settings : what the engine is set up with
    samples : recordings by name, see ``add_sample``

    Raises
    ------
    ValueError
        The number of rows is out of range, or a recording cannot be used.
    """

    def __init__(self, program: Program, rows: int, settings: EngineSettings, samples: Samples | None = None) -> None:
        if not (1 <= rows < 2**20 and rows == int(rows)):
            raise ValueError(f"an engine has a whole number of rows, at least 1, not {rows!r}")
        self.program = program
        self.rows = int(rows)
        self.settings = settings
        self.sample_rate = int(settings.sample_rate)
        self._recordings = {
            name: make_recording(name, source, self.sample_rate) for name, source in (samples or {}).items()
        }
        self._closed = False

    def add_sample(self, name: str, source: Source) -> None:
        r"""Offer a recording to programs that play ``sp \name`` or ``sp 'name'``; it stays through resets.

        Parameters
        ----------
        name : letters, digits, ``_`` and ``-``; a name given before is given a new sound
        source : float array [samples] or [channels, samples], one channel or two (only the left is heard), at the
            engine's rate; or such an array and its rate in Hz; or the path of a file

        Raises
        ------
        ValueError
            A name or a recording that the engine cannot take.

        Examples
        --------
        >>> from raveforce.glicol import open_engine
        >>> engine = open_engine(r"o: imp 1 >> sp \click")
        >>> engine.add_sample("click", [1.0, 0.5, 0.25])
        >>> engine.play([[]], samples=4)[0, 0]
        np.float32(1.0)
        """
        self._check_open()
        recording = make_recording(name, source, self.sample_rate)
        self._recordings[name] = recording
        self._offer(recording)

    def _offer(self, recording: Recording) -> None:
        """Hand a recording that has just been added on to what plays."""

    def close(self) -> None:
        """Free what the engine holds; closing twice is harmless."""
        self._closed = True

    def _check_open(self) -> None:
        if self._closed:
            raise ValueError("the engine is closed")

    def _check_samples(self, samples: int) -> int:
        if not (0 <= samples < 2**40 and samples == int(samples)):
            raise ValueError(f"samples is a whole number, at least 0, not {samples!r}")
        return int(samples)

    def _check_values(self, values: ArrayLike) -> NDArray[np.float64]:
        """Values as a contiguous array [rows, blanks]."""
        array = np.ascontiguousarray(values, np.float64)
        expected = self.rows, len(self.program.blanks)
        if array.shape != expected:
            raise ProgramError(f"values must have the shape [rows, blanks] = {expected}, not {array.shape}")
        return array

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> NoReturn:
        raise TypeError("an engine is a running machine and cannot be pickled or copied; open another one")
