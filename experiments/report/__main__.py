"""A page to listen to: ``python -m experiments.report DIR...``.

The folders are runs, or hold runs at any depth, as a sweep, a study or results/runs do. The page is one HTML file with
the sounds in it; open it in a browser.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from experiments.config import readers
from experiments.config.options import Option, run_command
from experiments.report import write_report
from experiments.report.arguments import read_folders

__all__ = ["main"]

OPTIONS = {
    "output": Option(
        "the page; otherwise report.html in the folder, or here where there are several", reads=readers.new_file
    ),
    "title": Option("of the page; otherwise the folder's name"),
}


def main(arguments: Sequence[str]) -> None:
    """Write a report as the command line says."""
    folders, options = read_folders(arguments, OPTIONS, doc=__doc__)
    alone = folders[0] if len(folders) == 1 else Path()
    output = Path(options["output"] or alone / "report.html")
    count = write_report(folders, output, title=options["title"] or "")
    print(f"{count} run{'s' if count > 1 else ''}, {output.stat().st_size / 1e6:.1f} MB: {output}")


if __name__ == "__main__":
    run_command("experiments.report", main)
