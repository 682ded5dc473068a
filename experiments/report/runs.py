"""Run folders as items of a report. What is missing or damaged in one is said in its item, and hides nothing else."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from experiments.records.run_folder import FAILURE, RunFolder
from experiments.report import reading
from experiments.report.model import Fact, Item, Role, Sound

__all__ = ["find_runs", "read_run"]

_MARKS = ("summary.json", "metrics.csv", "config.yaml", FAILURE)
_CURVES: dict[str, tuple[str, Role]] = {
    "best/distance": ("best so far", "best"),
    "evaluation/distance": ("policy", "policy"),
    "episode/distance": ("training episodes", "episodes"),
}
_SOUNDS = {"target": "target", "best": "best", "best's target": "best_target", "policy": "policy"}
"""The sounds of a run in the order in which they are shown, and the names of their files."""


def find_runs(folders: Sequence[Path]) -> dict[str, Path]:
    """Find the run folders in some folders, at any depth.

    Returns
    -------
    their paths by name: from the folder they were found in, and with its name where several were given

    Raises
    ------
    OSError
        One of the folders is not there.
    """
    found: dict[str, Path] = {}
    for folder in folders:
        if not folder.is_dir():
            raise NotADirectoryError(f"there is no folder {folder}")
        top = folder.resolve()
        for run in _walk(top):
            parts = run.relative_to(top).parts
            name = "/".join((top.name, *parts) if len(folders) > 1 or not parts else parts)
            found.setdefault(name if found.get(name, run) == run else str(run), run)
    return found


def _walk(folder: Path) -> Iterator[Path]:
    if any((folder / mark).is_file() for mark in _MARKS):
        yield folder
        return
    try:
        below = sorted((one for one in os.scandir(folder) if one.is_dir(follow_symlinks=False)), key=_order)
    except OSError:  # one that may not be entered, or is gone by now
        return
    for one in below:
        if not one.name.startswith("."):
            yield from _walk(Path(one.path))


def _order(entry: os.DirEntry[str]) -> tuple[float, str]:
    """Jobs of a sweep by their number."""
    head = entry.name.partition("_")[0]
    return (float(head) if head.isdecimal() else math.inf, entry.name)


def read_run(folder: Path, name: str = "") -> Item:
    """Read a run folder.

    Parameters
    ----------
    folder : of the run
    name : in the report; otherwise the folder's

    Returns
    -------
    the run as an item; what could not be read is in its ``faults``
    """
    faults: list[str] = []
    run = RunFolder(folder)
    summary = run.read_summary() or {}
    if not summary and run.summary.exists():
        faults.append(f"{run.summary.name} is damaged: it holds no summary")
    config = reading.config(run.config, faults)
    rows = reading.metrics(run.metrics, faults)
    distance = reading.words(summary, "reward", "distance") or reading.words(config, "reward", "distance")
    distances = {
        part: measured
        for part in ("best", "policy", "silence")
        if (measured := reading.numbers(reading.mapping(summary, part, "distances")))
    }
    silence = distances.get("silence", {}).get(distance)
    remarks = summary.get("remarks")
    made_with: dict[str, Any] = {key: summary[key] for key in ("engine", "versions") if key in summary}
    return Item(
        name=name or folder.name,
        facts=_facts(folder, summary, config, rows, distance),
        sounds=_sounds(folder, summary, distance, faults),
        curves=reading.curves(rows, _CURVES),
        curve_axes=("renders", f"distance: {distance}" if distance else "distance"),
        reference=None if silence is None else ("silence", silence),
        distances=distances,
        trained_on=distance,
        settings=reading.flat({**config, **made_with}),
        remarks=[str(remark) for remark in remarks] if isinstance(remarks, list) else [],
        faults=faults,
    )


def _facts(
    folder: Path,
    summary: Mapping[str, Any],
    config: Mapping[str, Any],
    rows: Sequence[Mapping[str, str]],
    distance: str,
) -> dict[str, Fact]:
    """The run's row of the table; of a run that goes on, what its metrics say so far."""
    last = rows[-1] if rows else {}
    evaluated = [row["evaluation/distance"] for row in rows if row.get("evaluation/distance")][-1:]
    policy, best = (reading.mapping(summary, part, "distances") for part in ("policy", "best"))
    return {
        "task": reading.words(summary, "task") or reading.words(config, "task", "name") or None,
        "agent": reading.words(summary, "agent") or reading.words(config, "agent", "algorithm") or None,
        "reward": distance or None,
        "observation": reading.words(config, "observation", "kind") or None,
        "seed": reading.fact(summary.get("seed", config.get("seed"))),
        "state": _state(folder, summary),
        "score": reading.number(summary.get("score")),
        "policy": reading.first_number(policy.get(distance), *evaluated),
        "best": reading.first_number(best.get(distance), last.get("best/distance")),
        "at render": reading.first_number(reading.mapping(summary, "best").get("render"), last.get("best/render")),
        "renders": reading.first_number(summary.get("renders"), last.get(reading.STEP)),
        "seconds": reading.number(summary.get("wall_seconds")),
    }


def _state(folder: Path, summary: Mapping[str, Any]) -> str:
    try:
        noted = (folder / FAILURE).read_text(encoding="utf-8", errors="replace").partition("\n")[0]
    except OSError:
        noted = ""
    why = summary.get("failure") or noted
    if why:
        return f"failed: {why}"[:300]
    if not summary:
        return "unfinished"
    return f"stopped by {summary.get('signal') or 'hand'}" if summary.get("interrupted") else "done"


def _sounds(folder: Path, summary: Mapping[str, Any], distance: str, faults: list[str]) -> list[Sound]:
    """Target, best and policy; a best sound that had another target comes with that one."""
    policy = reading.mapping(summary, "policy")
    records = {"best": reading.mapping(summary, "best"), "policy": reading.mapping(policy, "example") or policy}
    found = []
    for name, stem in _SOUNDS.items():
        path, record = folder / f"{stem}.wav", records.get(name, {})
        if not path.exists():
            if record:  # the summary speaks of it
                faults.append(f"{path.name} is missing")
            continue
        read = reading.sound(path, faults)
        if read is None:
            continue
        audio, rate, whole = read
        own_target = name == "best" and (folder / "best_target.wav").exists()
        found.append(
            Sound(
                name=name,
                audio=audio,
                sample_rate=rate,
                against=("best's target" if own_target else "target") if name in records else "",
                caption=_caption(record, distance),
                program=reading.text(folder / f"{stem}.glicol", faults) if name in records else "",
                parameters=_parameters(record.get("parameters")),
                cut_from=whole if whole > reading.LONGEST else None,
            )
        )
    return found


def _caption(record: Mapping[str, Any], distance: str) -> str:
    value, render = reading.mapping(record, "distances").get(distance), record.get("render")
    parts = [f"{distance} {value:.4g}"] if isinstance(value, int | float) else []
    return ", ".join([*parts, f"render {render}"] if isinstance(render, int) else parts)


def _parameters(steps: Any) -> list[dict[str, Fact]]:
    if not isinstance(steps, list):
        return []
    return [{str(key): reading.fact(value) for key, value in step.items()} for step in steps if isinstance(step, dict)]
