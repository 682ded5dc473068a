"""What figures are made from: stored tables, a study's tables, a run's folder."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["PAPER", "MissingTable", "Source", "about_runs", "listed_seeds", "read_csv", "read_json", "stored_name"]

PAPER = Path(__file__).resolve().parents[2] / "results" / "paper"
"""The reference results, which come with the repository."""


class MissingTable(Exception):
    """A figure's table is not there; the message says which command makes it."""


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
        return read_json(self.tables / f"{name}.json", made_by)

    def study_path(self, study: str, file: str) -> Path:
        """Where a study's file lies: in the folder given; or among the stored ones, ``agents_statistics.json``.

        Parameters
        ----------
        study : whose file is taken where no folder is given, such as ``agents``
        file : ``runs.csv``, ``learning.csv`` or ``statistics.json``

        Raises
        ------
        MissingTable
            There is none.
        """
        if self.study is None:
            path = self.tables / stored_name(study, file)
        elif self.study.is_file():
            path = self.study if file == "runs.csv" else self.study.parent / file
        else:
            path = self.study / file
        if not path.exists():
            raise MissingTable(f"there is no {path}; it is made by: python -m experiments.study study={study}")
        return path

    def study_runs(self, study: str) -> list[dict[str, Any]]:
        """Read the runs of a study that came to their end, a dictionary each.

        Raises
        ------
        MissingTable
            There is no table, or no run in it.
        """
        path = self.study_path(study, "runs.csv")
        rows = [row for row in read_csv(path) if row.get("state", "done") == "done" and not row.get("failure")]
        if not rows or "seed" not in rows[0]:
            raise MissingTable(f"{path} has no runs; it is made by: python -m experiments.study study={study}")
        return rows


def stored_name(study: str, file: str) -> str:
    """What a study's file is called among the stored tables.

    >>> stored_name("agents", "runs.csv"), stored_name("agents", "learning.csv")
    ('agents.csv', 'agents_learning.csv')
    """
    return f"{study}.csv" if file == "runs.csv" else f"{study}_{file}"


def read_json(path: Path, made_by: str) -> dict[str, Any]:
    """Read a table that is one JSON object; see ``Source.json``."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise MissingTable(f"there is no {path}; it is made by: {made_by}") from None
    except (OSError, ValueError) as error:
        raise MissingTable(f"{path} cannot be read ({error}); it is made by: {made_by}") from None
    if not isinstance(found, dict):
        raise MissingTable(f"{path} holds no table; it is made by: {made_by}")
    return found


def read_csv(path: Path) -> list[dict[str, Any]]:
    """Read a table: numbers become floats, empty cells None; versions stay text."""
    with path.open(newline="", encoding="utf-8") as file:
        return [{name: _value(name, text) for name, text in row.items()} for row in csv.DictReader(file)]


def _value(name: str, text: str | None) -> Any:
    if text is None or text == "":
        return None
    if name.startswith("version."):
        return text
    try:
        return float(text)
    except ValueError:
        return text


def about_runs(rows: Sequence[Mapping[str, Any]], study: str) -> dict[str, Any]:
    """What made the runs of a table: the command, and the versions that its columns ``version.NAME`` have."""
    versions: dict[str, str] = {}
    for name in dict.fromkeys(name for row in rows for name in row if name.startswith("version.")):
        values = dict.fromkeys(str(row[name]) for row in rows if row.get(name) is not None)
        versions[name.removeprefix("version.")] = " or ".join(values)
    names = dict.fromkeys(str(row["study"]) for row in rows if row.get("study"))
    command = " && ".join(f"python -m experiments.study study={name}" for name in names or [study])
    return {"command": command, "versions": versions}


def listed_seeds(rows: Iterable[Mapping[str, Any]]) -> str:
    """Say which seeds there are.

    >>> listed_seeds([{"seed": 0.0}, {"seed": 1.0}, {"seed": 2.0}]), listed_seeds([{"seed": 3.0}, {"seed": 7.0}])
    ('0 to 2', '3, 7')
    """
    seeds = sorted({int(row["seed"]) for row in rows if row.get("seed") is not None})
    if len(seeds) > 2 and seeds == list(range(seeds[0], seeds[-1] + 1)):
        return f"{seeds[0]} to {seeds[-1]}"
    return ", ".join(map(str, seeds))
