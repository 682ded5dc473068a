"""Runs of one study that were made at several places, as one table: the rest of the seeds on another machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from experiments.config.errors import ConfigError
from experiments.study.table import Row, ordered, read_table

__all__ = ["disagreements", "join", "learning_beside"]

RUN = ("sweep", "task", "agent", "reward", "observation", "total_timesteps", "seed")
"""What tells one run of a study from another."""
CURVE = ("task", "agent", "reward", "seed")
"""What tells whose curve it is."""


def join(ours: Sequence[Row], paths: Iterable[Path]) -> tuple[list[Row], list[Row]]:
    """Add the runs of tables that were made elsewhere.

    Parameters
    ----------
    ours : rows of the table; a run that is among them is not taken from elsewhere
    paths : studies' folders, or tables of runs; an earlier one goes before a later one

    Returns
    -------
    all rows, and those of the added runs' learning curves, from the tables beside

    Raises
    ------
    ConfigError
        One is not there, or no table of runs.
    """
    rows, curves = list(ours), []
    known = {_key(row, RUN) for row in rows}
    for path in paths:
        added = [row for row in read_table(path) if _key(row, RUN) not in known]
        known |= {_key(row, RUN) for row in added}
        rows += added
        theirs = {_key(row, CURVE) for row in added}
        beside = learning_beside(path)
        if beside.is_file():
            curves += [row for row in read_table(beside) if _key(row, CURVE) in theirs]
    return ordered(rows), curves


def learning_beside(path: Path) -> Path:
    """Where the learning curves of a table of runs lie.

    >>> learning_beside(Path("results/paper/agents_runs.csv")).as_posix()
    'results/paper/agents_learning.csv'
    """
    if path.is_dir():
        return path / "learning.csv"
    return path.with_name(f"{path.stem.removesuffix('runs')}learning.csv")


def disagreements(rows: Iterable[Row]) -> list[str]:
    """Say whose runs had several settings or targets: their numbers are no seeds of one thing."""
    found: dict[tuple[object, ...], dict[str, set[str]]] = {}
    for row in rows:
        if row["state"] == "done":
            cell = found.setdefault(_key(row, RUN[:-1]), {"settings": set(), "target_sha256": set()})
            for name, values in cell.items():
                if row.get(name):
                    values.add(str(row[name]))
    return [
        f"{cell[2]} on {cell[1]}: {len(values)} different {name} among its seeds"
        for cell, differing in found.items()
        for name, values in differing.items()
        if len(values) > 1
    ]


def _key(row: Mapping[str, object], names: Sequence[str]) -> tuple[object, ...]:
    missing = [name for name in names if name not in row]
    if missing:
        raise ConfigError(f"a table without the column {', '.join(missing)} cannot be joined to another")
    return tuple(row[name] for name in names)
