"""Metrics as files in the run folder: CSV always, TensorBoard's if wanted."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stable_baselines3.common.logger import KVWriter

from experiments.records.checkpoints import flush
from experiments.records.run_folder import RunFolderError

__all__ = ["STEP", "MetricsFile", "TensorBoardFile", "read_metrics", "scalars"]

STEP = "renders"
"""The column that all others are drawn against."""


class MetricsFile(KVWriter):
    """Writes the logger's scalars as CSV, columns sorted, so that equal runs give equal files.

    Wall-clock columns (``time/...``) are left out: they are never the same twice.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.columns: list[str] = []
        self.rows = 0

    def state(self) -> dict[str, Any]:
        """How far the file goes; so far it is on the disk, for a checkpoint counts on it."""
        if self.rows:
            flush(self.path)
        return {"columns": list(self.columns), "rows": self.rows}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Cut off what was written after a state was taken.

        Raises
        ------
        RunFolderError
            The file is not what it was.
        """
        self.columns = list(state["columns"])
        try:
            rows = self._read()[: state["rows"]]
        except OSError as error:
            raise RunFolderError(f"{self.path} cannot be read: {error.strerror}") from error
        if len(rows) < state["rows"] or any(None in row.values() for row in rows):
            raise RunFolderError(f"{self.path} should have {state['rows']} whole rows, and has {len(rows)}")
        self.rows = len(rows)
        self._rewrite(rows)

    def write(self, key_values: dict[str, Any], key_excluded: dict[str, tuple[str, ...]], step: int = 0) -> None:
        """Append a row; the file is rewritten when it brings new columns."""
        row = {STEP: step, **scalars(key_values)}
        new = sorted(row.keys() - set(self.columns) - {STEP})
        if new or not self.columns:
            rows = self._read()
            self.columns = [STEP, *sorted({*self.columns, *new} - {STEP})]
            self._rewrite([*rows, row])
        else:
            with self.path.open("a", newline="", encoding="utf-8") as file:
                csv.DictWriter(file, self.columns, lineterminator="\n").writerow(row)
        self.rows += 1

    def close(self) -> None:
        """Nothing stays open between rows."""

    def _read(self) -> list[dict[str, str]]:
        return read_metrics(self.path) if self.columns else []

    def _rewrite(self, rows: Sequence[Mapping[str, Any]]) -> None:
        temporary = self.path.with_suffix(".tmp")
        with temporary.open("w", newline="", encoding="utf-8") as file:
            if self.columns:
                writer = csv.DictWriter(file, self.columns, lineterminator="\n", extrasaction="ignore")
                writer.writeheader()
                writer.writerows(rows)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self.path)


class TensorBoardFile(KVWriter):
    """Writes the logger's scalars for TensorBoard.

    Parameters
    ----------
    folder : for the event files
    renders : how far a resumed run had come; what was written for later is void

    Raises
    ------
    ImportError
        TensorBoard is not installed.
    """

    def __init__(self, folder: Path, *, renders: int = 0) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._writer = SummaryWriter(str(folder), purge_step=renders + 1 if renders else None)

    def write(self, key_values: dict[str, Any], key_excluded: dict[str, tuple[str, ...]], step: int = 0) -> None:
        """Add the row's values, each to its curve."""
        for key, value in scalars(key_values).items():
            self._writer.add_scalar(key, value, step)
        self._writer.flush()

    def close(self) -> None:
        """Close the event file."""
        self._writer.close()


def read_metrics(path: Path) -> list[dict[str, str]]:
    """Read a run's metrics, a row each; what a row does not have is an empty text."""
    # What a full disk or a power cut left behind may be zeros.
    text = path.read_text(encoding="utf-8", errors="replace").replace("\0", "")
    return list(csv.DictReader(text.splitlines()))


def scalars(key_values: Mapping[str, Any]) -> dict[str, float]:
    """Numbers that do not depend on the clock."""
    return {
        key: float(value)
        for key, value in key_values.items()
        if not key.startswith("time/") and key != STEP and hasattr(value, "__float__")
    }
