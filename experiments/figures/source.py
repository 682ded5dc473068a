"""What figures are made from: stored tables, a study's tables, a run's folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.config.errors import ConfigError
from experiments.records import texts
from experiments.study.table import read_table, versions_of

__all__ = ["PAPER", "MissingTable", "Source", "listed_seeds", "read_json", "read_rows", "stored_name"]

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
            There is no table, or no such run in it.
        """
        path, made_by = self.study_path(study, "runs.csv"), f"python -m experiments.study study={study}"
        rows = [row for row in read_rows(path, made_by) if row.get("state") == "done"]
        if not rows:
            raise MissingTable(f"no run in {path} came to its end; they are made by: {made_by}")
        return rows

    def about_study(self, study: str, runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Say what made a study: its ``command`` and ``versions``, of ``study.json`` or else of its runs."""
        command = f"python -m experiments.study study={study}"
        try:
            found = read_json(self.study_path(study, "study.json"), command)
        except MissingTable:
            return {"command": command, "versions": versions_of(runs)}
        return {"command": found.get("command", command), "versions": found.get("versions", {})}

    def stored(self, study: str, *files: str) -> dict[str, Path]:
        """Those of a study's files that are there, by the names under which they are stored."""
        found = {}
        for file in (*files, "study.json"):
            try:
                found[stored_name(study, file)] = self.study_path(study, file)
            except MissingTable:
                continue
        return found


def stored_name(study: str, file: str) -> str:
    """What a study's file is called among the stored tables.

    >>> stored_name("agents", "runs.csv")
    'agents_runs.csv'
    """
    return f"{study}_{file}"


def read_json(path: Path, made_by: str) -> dict[str, Any]:
    """Read a table that is one JSON object; see ``Source.json``."""
    try:
        found = texts.read_json(path)
    except FileNotFoundError:
        raise MissingTable(f"there is no {path}; it is made by: {made_by}") from None
    except (OSError, ValueError) as error:
        raise MissingTable(f"{path} cannot be read ({error}); it is made by: {made_by}") from None
    if not isinstance(found, dict):
        raise MissingTable(f"{path} holds no table; it is made by: {made_by}")
    return found


def read_rows(path: Path, made_by: str) -> list[dict[str, Any]]:
    """Read a table of runs or of their curves; see ``experiments.study.table.read_table``.

    Raises
    ------
    MissingTable
        It is no such table, or has no rows.
    """
    try:
        rows = read_table(path)
    except ConfigError as error:
        raise MissingTable(f"{error}; one is made by: {made_by}") from None
    if not rows:
        raise MissingTable(f"{path} has no rows; it is made by: {made_by}")
    return rows


def listed_seeds(rows: Iterable[Mapping[str, Any]]) -> str:
    """Say which seeds there are.

    >>> listed_seeds([{"seed": 0.0}, {"seed": 1.0}, {"seed": 2.0}]), listed_seeds([{"seed": 3.0}, {"seed": 7.0}])
    ('0 to 2', '3, 7')
    """
    seeds = sorted({int(row["seed"]) for row in rows if row.get("seed") is not None})
    if len(seeds) > 2 and seeds == list(range(seeds[0], seeds[-1] + 1)):
        return f"{seeds[0]} to {seeds[-1]}"
    return ", ".join(map(str, seeds))
