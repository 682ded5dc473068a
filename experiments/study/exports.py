"""Runs that lie on Weights & Biases as rows of a table.

Read are a table as W&B's page exports it (CSV), and what ``python -m experiments.wandb_export`` saves (JSON; with the
learning curves), or the same as Parquet: a row a run with ``name``, ``state``, ``config`` and ``summary``.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from experiments.config.errors import ConfigError
from experiments.study.table import Row, ordered

__all__ = ["read_export"]

_STATES = {"finished": "done", "running": "unfinished", "preempting": "stopped", "killed": "stopped"}
_FACTS = {
    "task": ("task", "task.name"),
    "agent": ("agent", "agent.algorithm"),
    "tuned_on": ("agent.tuned_on.task",),
    "distance": ("distance", "reward.distance"),
    "observation": ("observation", "observation.kind"),
    "seed": ("seed",),
    "total_timesteps": ("total_timesteps",),
    "num_envs": ("num_envs",),
    "renders": ("renders",),
    "seconds": ("wall_seconds",),
    "score": ("score",),
    "best_render": ("best/render",),
    "engine": ("engine",),
    "target_sha256": ("target_sha256",),
}
"""The columns, and what they are called in a run's summary or configuration, the surer first."""

_CURVES = {"renders": "renders", "best": "best/distance", "policy": "evaluation/distance"}


def read_export(path: Path) -> tuple[list[Row], list[Row]]:
    """Read an export of a W&B project.

    Parameters
    ----------
    path : a ``.csv``, ``.json`` or ``.parquet``

    Returns
    -------
    rows as a study's table has them, and those of the learning curves, if they are in the export

    Raises
    ------
    ConfigError
        It is not there, or no export of runs of RaveForce.
    """
    runs = _read(path)
    rows, curves = [], []
    for run in runs:
        row = _row(run)
        if row["task"] is None or row["agent"] is None:
            continue  # of another project
        rows.append({"study": path.stem, **row})
        for point in run.get("history") or ():
            found = {column: point.get(name) for column, name in _CURVES.items()}
            curves.append({**{key: row[key] for key in ("task", "agent", "reward", "seed")}, **found})
    if not rows:
        raise ConfigError(f"{path} holds no runs of RaveForce: they have a task and an agent in config or summary")
    return ordered(rows), curves


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        if path.suffix == ".parquet":
            from pyarrow import parquet

            found = parquet.read_table(path).to_pylist()
        elif path.suffix == ".json":
            found = json.loads(path.read_text(encoding="utf-8"))
        else:
            with path.open(newline="", encoding="utf-8-sig") as file:
                found = list(csv.DictReader(file))
    except OSError as error:
        raise ConfigError(f"there is no export {path}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    if not isinstance(found, list) or not all(isinstance(run, dict) for run in found):
        raise ConfigError(f"{path} is no export: it should be a list of runs")
    return found


def _row(run: Mapping[str, Any]) -> Row:
    facts = dict(_flat(run))
    state = str(facts.get("state", facts.get("State", "finished"))).lower()
    row: Row = {
        "sweep": facts.get("group") or facts.get("Group") or "wandb",
        "folder": facts.get("name") or facts.get("Name"),
        "state": _STATES.get(state, "failed"),
        "failure": "" if state in _STATES else state,
        **{column: next((facts[name] for name in names if name in facts), None) for column, names in _FACTS.items()},
    }
    kind = facts.get("reward.kind") or facts.get("reward_kind")
    row["reward"] = f"{row['distance']}_so_far" if kind == "improvement" else row["distance"]
    for part in ("policy", "best", "silence"):
        measured = {key: value for key, value in facts.items() if key.startswith(f"{part}.")}
        row |= {part: measured.get(f"{part}.{row['distance']}"), **measured}
    return row


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    """All values by dotted name; ``config`` and ``summary`` are no part of it, nor what W&B notes of itself."""
    for key, value in values.items():
        name = prefix + str(key).removeprefix("config.").removeprefix("summary.")
        if key == "history" or str(key).startswith("_"):
            continue
        if isinstance(value, str) and value.startswith("{") and key in ("config", "summary"):
            value = json.loads(value)  # as a table of texts has them
        if isinstance(value, Mapping):
            yield from _flat(value, "" if not prefix and key in ("config", "summary") else f"{name}.")
        elif value not in (None, ""):
            yield name, _value(value)


def _value(value: Any) -> Any:
    """A value; a number where a table holds it as a text."""
    if not isinstance(value, str):
        return value
    text = value.strip('"')
    try:
        return int(text) if text.lstrip("-").isdecimal() else float(text)
    except ValueError:
        return text
