"""A study's runs as one table: a row a run, with every distance, the settings and the versions.

What the columns are is said in ``docs/studies.md``. The table is written as ``runs.csv`` and, where pyarrow is
installed, as ``runs.parquet``.
"""

from __future__ import annotations

import csv
import json
import statistics
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from experiments.config.errors import ConfigError
from experiments.records.log_writers import read_metrics
from experiments.records.run_folder import FAILURE, RunFolder
from experiments.records.texts import read_yaml

__all__ = [
    "BUDGETS",
    "collect",
    "medians",
    "ordered",
    "read_table",
    "row_of_run",
    "versions_of",
    "write_csv",
    "write_table",
]

Row = dict[str, Any]

BUDGETS = (100, 300, 1000, 3000, 10_000, 30_000, 100_000, 300_000)
"""Renders after which the best so far is in the table."""

FIRST = (
    *("study", "sweep", "folder", "state", "failure", "task", "agent", "tuned_on", "reward", "distance", "observation"),
    *("seed", "total_timesteps", "num_envs", "renders", "seconds", "score", "best_render", "policy", "best", "silence"),
)
"""The columns that every table has, in their order."""

_TEXTS = {
    *("study", "sweep", "folder", "state", "failure", "task", "agent", "tuned_on", "reward", "distance", "observation"),
    *("engine", "target_sha256", "settings"),
}


def collect(folder: Path) -> list[Row]:
    """A row for every run of a study, in the order of their folders' names.

    Parameters
    ----------
    folder : the study's; its runs lie in ``SWEEP/RUN/``
    """
    runs = sorted(path for path in folder.glob("*/*") if (path / ".hydra").is_dir() or _is_run(path))
    rows = [{"study": folder.name, "sweep": run.parent.name, **row_of_run(run, folder)} for run in runs]
    return ordered(rows)


def ordered(rows: Sequence[Row]) -> list[Row]:
    """Rows that all have the same columns, in the order of the table's."""
    columns = _columns(rows)
    return [{key: row.get(key) for key in columns} for row in rows]


def _is_run(path: Path) -> bool:
    return any((path / name).is_file() for name in ("config.yaml", "summary.json", FAILURE))


def row_of_run(run: Path, study: Path) -> Row:
    """What a run folder says, as a row; what it does not say is None."""
    summary, config = RunFolder(run).read_summary() or {}, _read_yaml(run / "config.yaml")
    chosen = _chosen(run)
    distance = (summary.get("reward") or {}).get("distance")
    distances = {part: (summary.get(part) or {}).get("distances") or {} for part in ("policy", "best", "silence")}
    agent = config.get("agent") or {}
    row: Row = {
        "folder": run.relative_to(study).as_posix(),
        **_state(run, summary),
        "task": chosen.get("task") or summary.get("task") or (config.get("task") or {}).get("name"),
        "agent": chosen.get("agent") or summary.get("agent") or agent.get("algorithm"),
        "tuned_on": (agent.get("tuned_on") or {}).get("task"),
        "reward": chosen.get("reward") or distance,
        "distance": distance,
        "observation": summary.get("observation") or chosen.get("observation"),
        "seed": summary.get("seed", config.get("seed")),
        "total_timesteps": config.get("total_timesteps"),
        "num_envs": config.get("num_envs"),
        "renders": summary.get("renders"),
        "seconds": summary.get("wall_seconds"),
        "score": summary.get("score"),
        "best_render": (summary.get("best") or {}).get("render"),
        **{part: measured.get(distance) for part, measured in distances.items()},
    }
    row |= {f"{part}.{name}": value for part, measured in distances.items() for name, value in measured.items()}
    row |= _best_at(run, row["total_timesteps"])
    row |= {"engine": summary.get("engine"), "target_sha256": summary.get("target_sha256")}
    row["settings"] = json.dumps(agent.get("settings")) if agent else None
    return row | {f"version.{name}": text for name, text in (summary.get("versions") or {}).items()}


def write_table(folder: Path, rows: Sequence[Row]) -> list[Path]:
    """Write ``runs.csv``, and ``runs.parquet`` where pyarrow is installed; return what was written."""
    written = [write_csv(folder, "runs.csv", rows)]
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        return written
    columns = list(rows[0]) if rows else []
    table = pyarrow.table({key: pyarrow.array([row[key] for row in rows], _type(key, rows)) for key in columns})
    return [*written, RunFolder(folder).write("runs.parquet", lambda path: parquet.write_table(table, path))]


def write_csv(folder: Path, name: str, rows: Sequence[Mapping[str, Any]]) -> Path:
    """Write rows as CSV; None becomes an empty cell."""

    def write(path: Path) -> None:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, dict.fromkeys(key for row in rows for key in row), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    return RunFolder(folder).write(name, write)


def read_table(path: Path) -> list[Row]:
    """Read a table of runs.

    Parameters
    ----------
    path : a study's folder, a ``runs.csv`` or a ``runs.parquet``

    Returns
    -------
    its rows: numbers are numbers, empty cells None

    Raises
    ------
    ConfigError
        There is none, or it is no table of runs.
    """
    path = path / "runs.csv" if path.is_dir() else path
    try:
        if path.suffix == ".parquet":
            from pyarrow import parquet

            rows = parquet.read_table(path).to_pylist()
        else:
            with path.open(newline="", encoding="utf-8") as file:
                rows = [{key: _value(key, text) for key, text in row.items()} for row in csv.DictReader(file)]
    except OSError as error:
        raise ConfigError(f"there is no table {path}: {error.strerror or error}") from error
    except (ValueError, csv.Error) as error:
        raise ConfigError(f"{path} is no table: {error}") from error
    missing = [key for key in ("task", "agent") if rows and key not in rows[0]]
    if missing:
        raise ConfigError(f"{path} is no table of runs: it has no column {', '.join(missing)}")
    return rows


def medians(rows: Iterable[Row]) -> list[Row]:
    """Medians over seeds, by sweep, task, agent and reward; only of runs that are done."""
    cells: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        if row["state"] == "done":
            cells.setdefault(tuple(row[key] for key in ("sweep", "task", "agent", "reward")), []).append(row)
    numbers = ("policy", "best", "score", "seconds", "renders")
    return [
        {
            **dict(zip(("sweep", "task", "agent", "reward"), cell, strict=True)),
            "runs": len(runs),
            **{
                name: statistics.median(run[name] for run in runs)
                for name in numbers
                if all(run[name] is not None for run in runs)
            },
        }
        for cell, runs in cells.items()
    ]


def versions_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The versions with which runs were made; more than one where they differ.

    >>> versions_of([{"version.numpy": "2.4.6"}, {"version.numpy": "2.5.0"}, {"task": "kick"}])
    {'numpy': '2.4.6 or 2.5.0'}
    """
    names = dict.fromkeys(name for row in rows for name in row if name.startswith("version."))
    found = {name: dict.fromkeys(str(row[name]) for row in rows if row.get(name)) for name in names}
    return {name.removeprefix("version."): " or ".join(texts) for name, texts in found.items()}


def _columns(rows: Sequence[Row]) -> list[str]:
    """All columns: the usual ones, then distances, budgets and the rest as they come, versions last."""
    found = dict.fromkeys([*FIRST, *(key for row in rows for key in row)])
    return sorted(found, key=lambda key: key.startswith("version."))


def _state(run: Path, summary: Mapping[str, Any]) -> Row:
    """Whether a run came to its end, and if it did not, why."""
    try:
        noted = (run / FAILURE).read_text(encoding="utf-8", errors="replace").partition("\n")[0]
    except OSError:
        noted = ""
    failure = noted or summary.get("failure") or ""
    if failure:
        return {"state": "failed", "failure": failure}
    if not summary:
        return {"state": "unfinished", "failure": ""}
    return {"state": "stopped" if summary.get("interrupted") else "done", "failure": ""}


def _best_at(run: Path, total: int | None) -> Row:
    """The best distance so far at a few budgets."""
    try:
        points = [
            (int(row["renders"]), float(row["best/distance"]))
            for row in read_metrics(run / "metrics.csv")
            if row.get("best/distance")
        ]
    except (OSError, ValueError, KeyError):
        points = []
    found: Row = {}
    for budget in BUDGETS:
        if budget <= (total or 0):
            known = [best for renders, best in points if renders <= budget]
            found[f"best_at.{budget}"] = known[-1] if known else None
    return found


def _chosen(run: Path) -> dict[str, str]:
    """The options that the run's command chose, by group."""
    texts: Any = _read_yaml(run / ".hydra" / "overrides.yaml")
    return dict(text.partition("=")[::2] for text in texts) if isinstance(texts, list) else {}


def _read_yaml(path: Path) -> Any:
    try:
        return OmegaConf.to_container(read_yaml(path)) or {}
    except Exception:  # of a run that was killed as it began; its row says what is known
        return {}


def _value(key: str, text: str | None) -> Any:
    if text is None or text == "":
        return "" if key == "failure" else None
    if key in _TEXTS or key.startswith("version."):
        return text
    try:
        return int(text) if text.lstrip("-").isdecimal() else float(text)
    except ValueError:
        return text


def _type(key: str, rows: Sequence[Row]) -> Any:
    """The type of a column; one of None alone is one of numbers, unless it is known to hold text."""
    import pyarrow

    if key in _TEXTS or key.startswith("version."):
        return pyarrow.string()
    kinds = {type(row[key]) for row in rows if row[key] is not None}
    return pyarrow.int64() if kinds == {int} else pyarrow.string() if kinds & {str} else pyarrow.float64()
