"""The run folder: the record of one run, written so that nothing is ever half there."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raveforce import audio as recordings

__all__ = ["RunFolder", "RunFolderError"]


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
    ``comparison.png``        target and best sound
    ``model.zip``             the agent
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
        if folder.metrics.exists() or folder.summary.exists():
            raise RunFolderError(f"{path} holds a run already; choose another hydra.run.dir, or move it away")
        try:
            path.mkdir(parents=True, exist_ok=True)
            folder.metrics.touch()
        except OSError as error:
            raise RunFolderError(f"cannot write to the run folder {path}: {error.strerror}") from error
        return folder

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

    def write_sound(self, name: str, audio: NDArray[np.float32], sample_rate: int) -> Path:
        """Write ``name``.wav."""
        return self.write(f"{name}.wav", lambda path: recordings.write(path, audio, sample_rate))

    def write_program(self, name: str, programs: Sequence[str]) -> Path:
        """Write ``name``.glicol: one program, or those of an episode's steps one after the other."""
        if len(programs) == 1:
            text = programs[0]
        else:
            text = "\n".join(f"// step {k}\n{program.strip()}\n" for k, program in enumerate(programs, start=1))
        return self.write(f"{name}.glicol", lambda path: path.write_text(text.rstrip("\n") + "\n", encoding="utf-8"))

    def write_summary(self, summary: Mapping[str, Any]) -> Path:
        """Write ``summary.json``."""
        text = json.dumps(summary, indent=2, allow_nan=False) + "\n"
        return self.write(self.summary.name, lambda path: path.write_text(text, encoding="utf-8"))

    def write(self, name: str, write: Callable[[Path], object]) -> Path:
        """Write a file under another name first, so that it is either whole or not there."""
        final = self.path / name
        handle, temporary = tempfile.mkstemp(dir=self.path, prefix=f".{final.stem}-", suffix=final.suffix)
        os.close(handle)
        try:
            write(Path(temporary))
            os.chmod(temporary, 0o644)  # mkstemp's files are for their owner only
            os.replace(temporary, final)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        return final
