"""Metrics as a CSV file in the run folder."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stable_baselines3.common.logger import KVWriter

__all__ = ["STEP", "MetricsFile", "scalars"]

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
        """How far the file goes."""
        return {"columns": list(self.columns), "rows": self.rows}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Cut off what was written after a state was taken.

        Raises
        ------
        OSError, ValueError
            The file is not what it was.
        """
        self.columns = list(state["columns"])
        rows = self._read()[: state["rows"]]
        if len(rows) < state["rows"] or any(None in row.values() for row in rows):
            raise ValueError(f"{self.path} should have {state['rows']} whole rows, and has {len(rows)}")
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
        if not self.columns:
            return []
        with self.path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

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


def scalars(key_values: Mapping[str, Any]) -> dict[str, float]:
    """Numbers that do not depend on the clock."""
    return {
        key: float(value)
        for key, value in key_values.items()
        if not key.startswith("time/") and key != STEP and hasattr(value, "__float__")
    }
