"""What figures are made from: stored tables, a study's tables, a run's folder."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["PAPER", "MissingTable", "Source", "Table"]

PAPER = Path(__file__).resolve().parents[2] / "results" / "paper"
"""The reference results, which come with the repository."""


class MissingTable(Exception):
    """A figure's table is not there; the message says which command makes it."""


@dataclass(frozen=True)
class Table:
    """A table as it was read.

    Attributes
    ----------
    rows : numbers are floats, nothing is None, all else is text
    about : what made it: ``command``, ``versions`` ...; empty where nobody says
    path : where it lies
    """

    rows: Sequence[Mapping[str, Any]]
    about: Mapping[str, Any]
    path: Path


@dataclass(frozen=True)
class Source:
    """Where a figure's numbers come from.

    Parameters
    ----------
    tables : folder of the stored tables
    study : a study's folder, or its ``runs.csv``; None takes the stored tables
    run : a run's folder, for figures of a single run; None takes what is stored
    seed : of what is drawn at random while a figure is made
    renders : sounds of a landscape
    """

    tables: Path = PAPER
    study: Path | None = None
    run: Path | None = None
    seed: int = 0
    renders: int = 2000

    def json(self, name: str, made_by: str) -> dict[str, Any]:
        """Read a stored table ``name.json``.

        Raises
        ------
        MissingTable
            There is none, or none that can be read.
        """
        path = self.tables / f"{name}.json"
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise MissingTable(f"there is no {path}; it is made by: {made_by}") from None
        except (OSError, ValueError) as error:
            raise MissingTable(f"{path} cannot be read ({error}); it is made by: {made_by}") from None
        if not isinstance(found, dict):
            raise MissingTable(f"{path} holds no table; it is made by: {made_by}")
        return found

    def study_table(self, study: str, table: str) -> Table:
        """Read a table of a study: that of the folder given, or the stored one, ``STUDY_TABLE.csv``.

        Parameters
        ----------
        study : whose table is taken where no folder is given, such as ``agents``
        table : ``runs`` or ``learning``

        Raises
        ------
        MissingTable
            There is none, or it has no rows.
        """
        made_by = f"python -m experiments.study study={study}"
        if self.study is None:
            path, about = self.tables / f"{study}_{table}.csv", self.tables / f"{study}_study.json"
        else:
            folder = self.study.parent if self.study.suffix == ".csv" else self.study
            path, about = folder / f"{table}.csv", folder / "study.json"
            if table == "runs" and self.study.suffix == ".csv":
                path = self.study
        if not path.exists():
            raise MissingTable(f"there is no {path}; it is made by: {made_by}")
        rows = read_csv(path)
        if not rows:
            raise MissingTable(f"{path} has no rows; it is made by: {made_by}")
        return Table(rows, _about(about), path)


def read_csv(path: Path) -> list[dict[str, Any]]:
    """Read a table: numbers become floats, empty cells None."""
    with path.open(newline="", encoding="utf-8") as file:
        return [{name: _value(text) for name, text in row.items()} for row in csv.DictReader(file)]


def _value(text: str | None) -> Any:
    if text is None or text == "":
        return None
    try:
        return float(text)
    except ValueError:
        return text


def _about(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
