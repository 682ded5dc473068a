"""Sweeps: many runs from one command, of which some may fail."""

from __future__ import annotations

import csv
import logging
import math
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf

from experiments.config.errors import TrainingFailed
from experiments.records.run_folder import FAILURE, RunFolder, one_line
from experiments.records.texts import read_yaml

__all__ = ["SweepReport", "attempt", "medians", "note_failure", "outcomes"]

log = logging.getLogger(__name__)


def attempt(job: Callable[[], float], path: Path) -> float:
    """Do a job of a sweep; when it fails, leave a note in its folder, so that the rest of the sweep goes on.

    Returns
    -------
    what the job returns; NaN when it failed
    """
    try:
        score = job()
    except Exception as error:
        note_failure(path, error)
        return math.nan
    (path / FAILURE).unlink(missing_ok=True)
    return score


def note_failure(path: Path, error: BaseException) -> None:
    """Say that the job with this folder failed, in the log and in the folder."""
    log.error("job %s failed: %s", path.name, one_line(error))
    if isinstance(error, TrainingFailed):  # which the training noted itself
        return
    try:
        path.mkdir(parents=True, exist_ok=True)
        RunFolder(path).write_failure(error)
    except OSError as full:
        log.error("and that could not be noted in %s: %s", path, full)


def outcomes(sweep: Path) -> list[dict[str, Any]]:
    """What became of a sweep's jobs.

    Parameters
    ----------
    sweep : the sweep's folder

    Returns
    -------
    a dictionary a job, by its number: job, settings, failure (empty where none), score, renders, seconds, and the
    policy's and the best sound's distances, ``policy.mss`` ... (None or left out where there are none)
    """
    rows = []
    for folder in sorted(sweep.glob("*/.hydra"), key=lambda path: _number(path.parent.name)):
        job = folder.parent
        failure, summary = job / FAILURE, RunFolder(job).read_summary()
        if failure.exists():
            why = failure.read_text(encoding="utf-8").partition("\n")[0]
        elif summary is None:
            why = "it did not come to its end"
        else:
            why = f"stopped by {summary['signal']}" if summary["interrupted"] else ""
        row = {"job": job.name, "settings": _settings(folder / "overrides.yaml"), "failure": why, "score": None}
        if summary is not None and not why:
            row |= {"score": summary["score"], "renders": summary["renders"], "seconds": summary["wall_seconds"]}
            row |= {
                f"{part}.{name}": value
                for part in ("policy", "best")
                for name, value in ((summary[part] or {}).get("distances") or {}).items()
            }
        rows.append(row)
    return rows


def medians(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Medians of all numbers over the jobs whose settings are the same but for the seed; only of those that ended.

    >>> medians([{"settings": f"agent=cma seed={seed}", "failure": "", "score": seed / 4} for seed in range(3)])
    [{'settings': 'agent=cma', 'jobs': 3, 'score': 0.25}]
    """
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        if not row["failure"]:
            same = " ".join(text for text in row["settings"].split() if not text.startswith("seed="))
            groups.setdefault(same, []).append(row)
    return [
        {
            "settings": settings,
            "jobs": len(jobs),
            **{
                name: statistics.median(values)
                for name in jobs[0]
                if len(values := [job[name] for job in jobs if isinstance(job.get(name), float | int)]) == len(jobs)
            },
        }
        for settings, jobs in groups.items()
    ]


class SweepReport(Callback):
    """Hydra callback that says at a sweep's end how its jobs fared, and ends with exit code 1 if some failed.

    Parameters
    ----------
    report : also write ``report.html``, a page of all its runs
    """

    def __init__(self, report: bool = True) -> None:
        self.report = report

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        """Write ``sweep.csv`` and ``medians.csv``, print the medians and name the failed jobs."""
        HydraConfig.instance().set_config(config)
        sweep = Path(config.hydra.sweep.dir)
        rows = outcomes(sweep)
        if not rows:
            return

        _write(sweep, "sweep.csv", rows)
        groups = medians(rows)
        if groups:
            _write(sweep, "medians.csv", groups)
        for group in groups:
            numbers = ("score", "renders", "seconds", *(name for name in group if name.startswith("policy.")))
            shown = "  ".join(f"{name} {group[name]:.4g}" for name in numbers if name in group)
            print(f"{group['settings'] or 'all'}: median of {group['jobs']}: {shown}")
        if self.report:
            _write_page(sweep)
        failed = [row for row in rows if row["failure"]]
        print(f"sweep: {len(rows) - len(failed)} of {len(rows)} jobs done\nrecord: {sweep / 'sweep.csv'}")
        for row in failed:
            print(f"failed: {row['job']} ({row['settings']}): {row['failure']}", file=sys.stderr)
        if failed:
            print(
                f"to do what is left: the same command with hydra.sweep.dir={sweep} resume=auto",
                file=sys.stderr,
            )
            sys.exit(1)


def _settings(path: Path) -> str:
    """A job's settings; nothing where it was killed before they were written."""
    try:
        texts: Any = OmegaConf.to_container(read_yaml(path))
    except (OSError, ValueError):
        return ""
    return " ".join(map(str, texts))


def _write_page(sweep: Path) -> None:
    from experiments.report import write_report  # takes long to import

    try:
        write_report([sweep], sweep / "report.html")
    except (OSError, ValueError) as error:  # the sweep is done, whatever its page is
        log.warning("the page of the sweep was not written: %s", error)


def _write(folder: Path, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    def write(path: Path) -> None:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, dict.fromkeys(key for row in rows for key in row), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    RunFolder(folder).write(name, write)


def _number(name: str) -> tuple[float, str]:
    """Jobs by their number (``10_kick`` after ``9_kick``), whatever else by its name."""
    head = name.partition("_")[0]
    return (float(head) if head.isdecimal() else math.inf, name)
