"""How long runs take: from runs of the same kind that are done, or from stored tables."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from experiments.config.errors import ConfigError
from experiments.config.groups import CONF
from experiments.study.matrix import PlannedRun
from experiments.study.table import read_table

__all__ = ["Durations", "clock", "parallel_runs", "stored_rows"]

PAPER = CONF.parent / "results" / "paper"


def stored_rows(folder: Path = PAPER) -> list[dict[str, Any]]:
    """The rows of all tables of runs that are stored, with seconds and renders."""
    rows = []
    for path in sorted(folder.glob("*.csv")):
        try:
            rows += read_table(path)
        except ConfigError:  # a table of something else
            continue
    return rows


class Durations:
    """Seconds a run, known from others.

    Parameters
    ----------
    own : rows of the study's table; their runs are of the same kind where task, agent, reward and length are
    stored : rows of other tables; their seconds a render are taken, by task and agent

    Examples
    --------
    >>> run = PlannedRun("one", {"task": "kick", "agent": "sac", "total_timesteps": 200}, Path("x"))
    >>> row = {"task": "kick", "agent": "sac", "renders": 100, "seconds": 3.0, "state": "done"}
    >>> Durations([], [row]).seconds(run)
    6.0
    """

    def __init__(self, own: Iterable[Mapping[str, Any]], stored: Iterable[Mapping[str, Any]]) -> None:
        self._own = _medians(own, ("task", "agent", "reward", "total_timesteps"), per_render=False)
        self._stored = _medians(stored, ("task", "agent"), per_render=True)

    def seconds(self, run: PlannedRun) -> float | None:
        """How long a run may take; None where nothing like it was run."""
        said = run.settings
        task, agent, steps = said.get("task"), said.get("agent"), said.get("total_timesteps")
        own = self._own.get((task, agent, said.get("reward"), steps))
        if own is not None:
            return own
        a_render = self._stored.get((task, agent))
        return None if a_render is None or steps is None else a_render * float(steps)

    def total(self, runs: Sequence[PlannedRun]) -> tuple[float, int]:
        """Seconds of all runs of which they are known, and of how many they are not."""
        known = [self.seconds(run) for run in runs]
        return sum(seconds for seconds in known if seconds is not None), sum(seconds is None for seconds in known)


def _medians(
    rows: Iterable[Mapping[str, Any]], keys: tuple[str, ...], *, per_render: bool
) -> dict[tuple[Any, ...], float]:
    found: dict[tuple[Any, ...], list[float]] = {}
    for row in rows:
        if row.get("seconds") and row.get("renders") and row.get("state", "done") == "done":
            seconds = row["seconds"] / row["renders"] if per_render else row["seconds"]
            found.setdefault(tuple(row.get(key) for key in keys), []).append(seconds)
    return {key: statistics.median(seconds) for key, seconds in found.items()}


def parallel_runs(overrides: Sequence[str]) -> int:
    """How many runs a launcher does at once, as far as the command line says it."""
    for text in overrides:
        key, _, value = text.partition("=")
        if key in ("hydra.launcher.n_jobs", "hydra.launcher.num_cpus") and value.isdecimal():
            return max(int(value), 1)
    return 1


def clock(seconds: float) -> str:
    """Say a time in words.

    >>> clock(42), clock(754), clock(7300)
    ('42 s', '13 min', '2 h 2 min')
    """
    if seconds < 90:
        return f"{math.ceil(seconds)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
