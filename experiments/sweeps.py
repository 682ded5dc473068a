"""Sweeps: many runs from one command, of which some may fail."""

from __future__ import annotations

import csv
import logging
import math
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf

from experiments.records.run_folder import RunFolder

__all__ = ["FAILURE", "SweepReport", "attempt", "note_failure", "outcomes"]

log = logging.getLogger(__name__)

FAILURE = "failure.txt"
"""Why a job of a sweep failed; the first line says what, the rest where."""


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
    what = f"{type(error).__name__}: {error}".replace("\n", " ")
    log.error("job %s failed: %s", path.name, what)
    try:
        path.mkdir(parents=True, exist_ok=True)
        where = "".join(traceback.format_exception(error))
        RunFolder(path).write(FAILURE, lambda file: file.write_text(f"{what}\n\n{where}", encoding="utf-8"))
    except OSError as full:
        log.error("and that could not be noted in %s: %s", path, full)


def outcomes(sweep: Path) -> list[dict[str, Any]]:
    """What became of a sweep's jobs.

    Parameters
    ----------
    sweep : the sweep's folder

    Returns
    -------
    a dictionary a job, by its number: job, settings, score (None where there is none), failure (empty where none)
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
        settings: Any = OmegaConf.to_container(OmegaConf.load(folder / "overrides.yaml"))
        score = summary["score"] if summary is not None and not why else None
        rows.append({"job": job.name, "settings": " ".join(settings), "score": score, "failure": why})
    return rows


class SweepReport(Callback):
    """Hydra callback that says at a sweep's end how its jobs fared, and ends with exit code 1 if some failed."""

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        """Write ``sweep.csv`` into the sweep's folder and name the failed jobs."""
        HydraConfig.instance().set_config(config)
        sweep = Path(config.hydra.sweep.dir)
        rows = outcomes(sweep)
        if not rows:
            return

        def write(path: Path) -> None:
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)

        RunFolder(sweep).write("sweep.csv", write)
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


def _number(name: str) -> tuple[float, str]:
    """Jobs by their number (``10_kick`` after ``9_kick``), whatever else by its name."""
    head = name.partition("_")[0]
    return (float(head) if head.isdecimal() else math.inf, name)
