"""Checkpoints on disk: each is a folder that is whole or not there, and says so itself if it was damaged."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from experiments.records.texts import read_json

__all__ = ["Checkpoint", "CheckpointError", "Checkpoints", "flush"]

log = logging.getLogger(__name__)

MANIFEST = "manifest.json"
PARTIAL = ".partial-"
"""How the names of files and folders begin that are being written."""


class CheckpointError(RuntimeError):
    """A checkpoint cannot be used; the message says which and why."""


@dataclass(frozen=True)
class Checkpoint:
    """One checkpoint.

    Attributes
    ----------
    path : its folder
    """

    path: Path

    @property
    def renders(self) -> int:
        """How many renders the run had taken."""
        return int(self.path.name)

    def verify(self) -> None:
        """Compare every file with what the manifest says of it.

        Raises
        ------
        CheckpointError
            A file is missing, cut off or changed, was not written with the others, or lies elsewhere.
        """
        try:
            expected = read_json(self.path / MANIFEST)
            if not isinstance(expected, dict):
                raise CheckpointError(f"the checkpoint {self.path} is damaged: its manifest is none")
            strange = sorted(name for name in expected if Path(name).name != name or (self.path / name).is_symlink())
            if strange or self.path.is_symlink():
                raise CheckpointError(f"the checkpoint {self.path} leads elsewhere: {', '.join(strange) or 'a link'}")
            unsaid = sorted({file.name for file in self.path.iterdir()} - {*expected, MANIFEST})
            if unsaid:
                raise CheckpointError(f"the checkpoint {self.path} holds what its manifest does not know: {unsaid[0]}")
            for name, digest in expected.items():
                if not (self.path / name).is_file():  # a pipe would be waited for
                    raise CheckpointError(f"the checkpoint {self.path} is damaged: {name} is missing, or no file")
                if _sha256(self.path / name) != digest:
                    raise CheckpointError(f"the checkpoint {self.path} is damaged: {name} is not what was written")
        except (OSError, ValueError) as error:
            raise CheckpointError(f"the checkpoint {self.path} is damaged: {error}") from error


@dataclass(frozen=True)
class Checkpoints:
    """The checkpoints of a run.

    A new one is written beside the others under a passing name, flushed to the disk, then renamed; only then the
    oldest goes. So at every moment, whatever ends the process, the newest one is whole, and one more stands behind it.

    Attributes
    ----------
    path : folder that holds them
    keep : how many to keep
    """

    path: Path
    keep: int = 2

    def found(self) -> list[Checkpoint]:
        """The checkpoints that are there, newest first; none of them verified."""
        if not self.path.is_dir():
            return []
        folders = [folder for folder in self.path.iterdir() if folder.name.isdigit() and folder.is_dir()]
        return sorted(map(Checkpoint, folders), key=lambda checkpoint: -checkpoint.renders)

    def newest(self) -> Checkpoint | None:
        """The newest checkpoint that is undamaged; None where there never was one.

        Raises
        ------
        CheckpointError
            There are checkpoints, and all are damaged.
        """
        problems = []
        for checkpoint in self.found():
            try:
                checkpoint.verify()
            except CheckpointError as error:
                log.warning("%s; trying the one before it", error)
                problems.append(str(error))
                continue
            return checkpoint
        if problems:
            raise CheckpointError("no checkpoint is left to go on from: " + "; ".join(problems))
        return None

    def save(self, renders: int, write: Callable[[Path], None]) -> Checkpoint:
        """Add a checkpoint.

        Parameters
        ----------
        renders : how many renders the run has taken
        write : writes the files into the folder it is given

        Raises
        ------
        OSError
            The disk is full or the folder cannot be written; the checkpoints before this one still stand.
        """
        self.path.mkdir(exist_ok=True)  # and not its parents: where the run was moved away, nothing is to stand
        for left in self.path.glob(f"{PARTIAL}*"):  # by a process that was killed
            shutil.rmtree(left, ignore_errors=True)
        partial = Path(tempfile.mkdtemp(dir=self.path, prefix=PARTIAL))
        try:
            write(partial)
            files = sorted(partial.iterdir())
            manifest = {file.name: _sha256(file) for file in files}
            (partial / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
            os.chmod(partial, 0o755)  # mkdtemp's folders are for their owner only
            for path in (*files, partial / MANIFEST, partial):
                flush(path)
            final = self.path / f"{renders:09d}"
            if final.exists():  # a damaged one, or one that an earlier life of this run got to
                os.rename(final, f"{partial}-old")
            os.rename(partial, final)
            flush(self.path)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        shutil.rmtree(f"{partial}-old", ignore_errors=True)
        for old in self.found()[self.keep :]:
            shutil.rmtree(old.path, ignore_errors=True)
        return Checkpoint(final)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()


def flush(path: Path) -> None:
    """Have a file, or a folder's list of names, on the disk before going on."""
    if os.name == "nt":  # which flushes neither folders nor what is open for reading
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
