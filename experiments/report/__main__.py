"""A page to listen to: ``python -m experiments.report DIR...``.

The folders are runs, or hold runs at any depth, as a sweep, a study or results/runs do. The page is one HTML file with
the sounds in it; open it in a browser.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from experiments.config.errors import ConfigError
from experiments.config.options import Option, read_options, run_command
from experiments.records.run_folder import RunFolder
from experiments.report import find_runs, read_run, report_page

__all__ = ["main", "write_report"]

OPTIONS = {
    "output": Option("the page; otherwise report.html in the folder, or here where there are several"),
    "title": Option("of the page; otherwise the folder's name"),
}


def write_report(folders: Sequence[Path], output: Path, *, title: str) -> int:
    """Write a page of all the runs in some folders.

    Parameters
    ----------
    folders : runs, or folders of runs at any depth
    output : the page
    title : of it

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
    page = report_page([read_run(path, name) for name, path in runs.items()], title=title)
    output.parent.mkdir(parents=True, exist_ok=True)
    RunFolder(output.parent).write(output.name, lambda path: path.write_text(page, encoding="utf-8"))
    return len(runs)


def main(arguments: Sequence[str]) -> None:
    """Write a report as the command line says."""
    given = [one for one in arguments if one.removeprefix("--").partition("=")[0] in OPTIONS or one.startswith("-")]
    options, _ = read_options(given, OPTIONS, doc=__doc__)
    folders = [Path(one) for one in arguments if one not in given]
    if not folders:
        raise ConfigError("name a folder: python -m experiments.report DIR... (a run, or one that holds runs)")
    alone = folders[0] if len(folders) == 1 else Path()
    output = Path(options["output"] or alone / "report.html")
    title = options["title"] or (folders[0].resolve().name if len(folders) == 1 else "RaveForce")
    count = write_report(folders, output, title=title)
    print(f"{count} run{'s' if count > 1 else ''}, {output.stat().st_size / 1e6:.1f} MB: {output}")


if __name__ == "__main__":
    run_command("experiments.report", main)
