"""The published figures, each as PNG, PDF and caption: ``python -m experiments.figures figure=surface``.

Without ``figure=`` all of them are made. Their numbers come from the tables in ``results/paper``, from a study
(``study=results/studies/agents``), or are computed on the way. A figure whose table is missing says which command makes
it, the others go on, and the exit code is 1. Nothing in ``results/paper`` is touched without ``write=true``.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from experiments.config import readers
from experiments.config.errors import ConfigError
from experiments.config.options import LARGEST_SEED, Option, read_options, run_command
from experiments.figures.picture import FIGURES
from experiments.figures.source import PAPER, MissingTable, Source
from experiments.figures.style import style
from raveforce.registry import did_you_mean

__all__ = ["main"]

OPTIONS = {
    "figure": Option("which figures, with commas between them; otherwise all", several=True),
    "study": Option("a study's folder or its runs.csv; otherwise the stored tables", reads=readers.place),
    "run": Option(
        "a run's folder, whose sounds the figure sound shows; otherwise the stored ones", reads=readers.folder
    ),
    "tables": Option("folder of the stored tables", "results/paper"),
    "out": Option("folder of the figures", "results/figures", reads=readers.new_folder),
    "seed": Option("of what is drawn at random", 0, int, least=0, most=LARGEST_SEED),
    "renders": Option("random sounds in the figure surface", 2000, int, least=10, most=10**6),
    "write": Option("write into results/paper", False, bool),
}


def main(arguments: Sequence[str]) -> int:
    """Make figures; 0 if all of them were made."""
    options, _ = read_options(arguments, OPTIONS, doc=__doc__)
    names = _names(options["figure"])
    folder = PAPER if options["write"] else Path(options["out"])
    if not options["write"] and folder.resolve() == PAPER:
        raise ConfigError(f"{folder} is written only with write=true")
    folder.mkdir(parents=True, exist_ok=True)
    source = Source(
        tables=PAPER if options["tables"] == OPTIONS["tables"].default else Path(options["tables"]),
        study=None if options["study"] is None else Path(options["study"]),
        run=None if options["run"] is None else Path(options["run"]),
        seed=options["seed"],
        renders=options["renders"],
    )
    missing = 0
    for name in names:
        with style():
            try:
                pictures = FIGURES.get(name)(source)
            except MissingTable as error:
                missing += 1
                print(f"{name}: left out: {error}", file=sys.stderr)
                continue
            for picture in pictures:
                files = picture.save(folder, _command(name, options))
                print(f"{name}: {', '.join(str(path) for path in files)}", flush=True)
    if missing:
        print(f"{missing} of {len(names)} figures could not be made", file=sys.stderr)
    return 1 if missing else 0


def _names(chosen: Sequence[str] | None) -> list[str]:
    if chosen is None:
        return FIGURES.names()
    for name in chosen:
        if name not in FIGURES and ":" not in name:
            known = ", ".join(FIGURES)
            raise ConfigError(f"there is no figure {name!r}{did_you_mean(name, FIGURES)} (the figures are {known})")
    return list(dict.fromkeys(chosen))


def _command(name: str, options: dict[str, Any]) -> str:
    """The command that makes one figure again, with the options that are not the usual ones."""
    # A study's tables are stored with its figures.
    where = ("figure", "out", "write", *(("study", "tables") if options["write"] else ()))
    given = [f"{key}={options[key]}" for key in options if key not in where and options[key] != OPTIONS[key].default]
    return shlex.join(["python", "-m", "experiments.figures", f"figure={name}", *given])


if __name__ == "__main__":
    run_command("experiments.figures", main)
