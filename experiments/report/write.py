"""A report of run folders as a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from experiments.config.errors import ConfigError
from experiments.records.run_folder import write_text
from experiments.report.page import report_page
from experiments.report.runs import find_runs, read_run

__all__ = ["write_report"]


def write_report(folders: Sequence[Path], output: Path, *, title: str = "") -> int:
    """Write a page of all the runs in some folders.

    Parameters
    ----------
    folders : runs, or folders of runs at any depth
    output : the page
    title : of it; otherwise the name of the only folder, or RaveForce

    Returns
    -------
    how many runs are on it

    Raises
    ------
    ConfigError
        There is no run in them.
    OSError
        A folder is not there, or the page cannot be written.
    """
    runs = find_runs(folders)
    if not runs:
        raise ConfigError(f"there is no run in {', '.join(map(str, folders))}")
    title = title or (folders[0].resolve().name if len(folders) == 1 else "RaveForce")
    page = report_page([read_run(path, name) for name, path in runs.items()], title=title)
    write_text(output, page)
    return len(runs)
