"""The run folder: the record of one run, written so that nothing is ever half there."""

from __future__ import annotations

import json
import os
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.records.checkpoints import PARTIAL, Checkpoints, flush
from experiments.records.texts import read_json
from raveforce import audio as audio_files

try:
    import fcntl
except ImportError:  # Windows has none
    fcntl = None  # type: ignore[assignment]

__all__ = ["FAILURE", "RunFolder", "RunFolderError", "one_line", "write_text"]

FAILURE = "failure.txt"
"""In the folder of a run that broke off, or of a sweep's job that failed: the first line says why, the rest where."""


class RunFolderError(RuntimeError):
    """A run folder cannot be used or written; the message says why."""


@dataclass(frozen=True)
class RunFolder:
    """Paths of a run's files.

    ========================  ==================================================================
    ``summary.json``          scores, seed, versions
    ``metrics.csv``           a row every so many renders
    ``best.wav .glicol``      the best sound met and its program
    ``policy.wav .glicol``    what the trained agent plays when it does not explore
    ``target.wav``            the sound to imitate
    ``best_target.wav``       what the best sound was to imitate, where that was another
    ``report.html``           all this as a page to listen to
    ``comparison.png``        target and best sound
    ``model.zip``             the agent
    ``best_model.zip``        the agent as it was at its best evaluation
    ``checkpoints/``          what it takes to go on
    ``.hydra/``               the configuration
    ========================  ==================================================================
    """

    path: Path

    @classmethod
    def create(cls, path: Path) -> RunFolder:
        """Take a folder for a new run.

        Raises
        ------
        RunFolderError
            It holds a run already, or cannot be written.
        """
        folder = cls(path)
        # An empty file of metrics is left by a run that was killed as it began.
        if folder.summary.exists() or (folder.metrics.exists() and folder.metrics.stat().st_size):
            raise RunFolderError(
                f"{path} holds a run already; go on with it (resume={path}), "
                "choose another hydra.run.dir, or move it away"
            )
        try:
            path.mkdir(parents=True, exist_ok=True)
            folder.metrics.touch()
        except OSError as error:
            raise RunFolderError(f"cannot write to the run folder {path}: {error.strerror}") from error
        return folder

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other processes out for as long as this one writes; the system lets go of it whatever ends the process.

        Raises
        ------
        RunFolderError
            Another process is at it.
        """
        try:
            file = (self.path / ".lock").open("w")
        except OSError as error:
            raise RunFolderError(f"cannot write to the run folder {self.path}: {error.strerror}") from error
        with file:
            if fcntl is not None:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError as error:
                    raise RunFolderError(f"another process is still running in {self.path}") from error
                except OSError:  # some network file systems know no locks
                    pass
            yield

    def is_held(self) -> bool:
        """Whether a process is at it, as far as that can be known."""
        try:
            with self.held():
                return False
        except RunFolderError:
            return True

    @property
    def checkpoints(self) -> Checkpoints:
        """What it takes to go on."""
        return Checkpoints(self.path / "checkpoints")

    @property
    def config(self) -> Path:
        """The configuration, resolved."""
        return self.path / "config.yaml"

    @property
    def best_model(self) -> Path:
        """The agent as it was at its best evaluation."""
        return self.path / "best_model.zip"

    @property
    def summary(self) -> Path:
        """Scores, seed, versions."""
        return self.path / "summary.json"

    @property
    def metrics(self) -> Path:
        """A row every so many renders."""
        return self.path / "metrics.csv"

    @property
    def model(self) -> Path:
        """The agent."""
        return self.path / "model.zip"

    @property
    def comparison(self) -> Path:
        """Picture of target and best sound."""
        return self.path / "comparison.png"

    @property
    def report(self) -> Path:
        """Page to listen to."""
        return self.path / "report.html"

    @property
    def best_target(self) -> Path:
        """What the best sound was to imitate, where it is not what the policy was to."""
        return self.path / "best_target.wav"

    def write_sound(self, name: str, audio: NDArray[np.float32], sample_rate: int) -> Path:
        """Write ``name``.wav."""
        return self.write(f"{name}.wav", lambda path: audio_files.write(path, audio, sample_rate))

    def write_program(self, name: str, text: str) -> Path:
        """Write ``name``.glicol."""
        return self.write(f"{name}.glicol", lambda path: path.write_text(text.rstrip("\n") + "\n", encoding="utf-8"))

    def renders(self) -> int:
        """How far the metrics go; 0 where there are none that can be read."""
        try:
            lines = self.metrics.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return 0
        firsts = [line.partition(",")[0] for line in lines]
        return max((int(first) for first in firsts if first.isdecimal()), default=0)

    def read_summary(self) -> dict[str, Any] | None:
        """The summary; None where there is none, or none that can be read."""
        try:
            summary = read_json(self.summary)
        except (OSError, ValueError):
            return None
        return summary if isinstance(summary, dict) else None

    def write_summary(self, summary: Mapping[str, Any]) -> Path:
        """Write ``summary.json``."""
        text = json.dumps(summary, indent=2, allow_nan=False) + "\n"
        return self.write(self.summary.name, lambda path: path.write_text(text, encoding="utf-8"))

    def write_failure(self, error: BaseException) -> Path:
        """Write ``failure.txt``: why the run broke off, and where."""
        text = f"{one_line(error)}\n\n{''.join(traceback.format_exception(error))}"
        return self.write(FAILURE, lambda path: path.write_text(text, encoding="utf-8"))

    def write(self, name: str, write: Callable[[Path], object]) -> Path:
        """Write a file under another name first, so that it is whole or not there, also after a power failure."""
        final = self.path / name
        handle, temporary = tempfile.mkstemp(dir=self.path, prefix=f"{PARTIAL}{final.stem}-", suffix=final.suffix)
        os.close(handle)
        try:
            write(Path(temporary))
            os.chmod(temporary, 0o644)  # mkstemp's files are for their owner only
            flush(Path(temporary))
            os.replace(temporary, final)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        return final

    def sweep_up(self) -> None:
        """Remove the files that a killed process was writing; to be called while the folder is held."""
        for left in self.path.glob(f"{PARTIAL}*"):
            left.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text so that it is whole or not there; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    RunFolder(path.parent).write(path.name, lambda part: part.write_text(text, encoding="utf-8"))


def one_line(error: BaseException) -> str:
    """An error with its type in a line.

    >>> one_line(ValueError("found  nan"))
    'ValueError: found nan'
    """
    return " ".join(f"{type(error).__name__}: {error}".split())
