"""A page to listen to: ``python -m experiments.report DIR...``.

The folders are runs, or hold runs at any depth, as a sweep, a study or results/runs do. The page is one HTML file with
the sounds in it; open it in a browser.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from experiments.config.errors import ConfigError
from experiments.config.options import Option, read_options, run_command
from experiments.report import write_report

__all__ = ["main"]

OPTIONS = {
    "output": Option("the page; otherwise report.html in the folder, or here where there are several"),
    "title": Option("of the page; otherwise the folder's name"),
}


def main(arguments: Sequence[str]) -> None:
    """Write a report as the command line says."""
    given = [one for one in arguments if one.removeprefix("--").partition("=")[0] in OPTIONS or one.startswith("-")]
    options, _ = read_options(given, OPTIONS, doc=__doc__)
    folders = [Path(one) for one in arguments if one not in given]
    if not folders:
        raise ConfigError("name a folder: python -m experiments.report DIR... (a run, or one that holds runs)")
    alone = folders[0] if len(folders) == 1 else Path()
    output = Path(options["output"] or alone / "report.html")
    count = write_report(folders, output, title=options["title"] or "")
    print(f"{count} run{'s' if count > 1 else ''}, {output.stat().st_size / 1e6:.1f} MB: {output}")


if __name__ == "__main__":
    run_command("experiments.report", main)
