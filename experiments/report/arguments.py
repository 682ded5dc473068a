"""Command lines that name folders of runs: ``DIR... key=value``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from experiments.config.errors import ConfigError
from experiments.config.options import Option, read_options
from raveforce.registry import did_you_mean

__all__ = ["read_folders"]


def read_folders(
    arguments: Sequence[str], options: Mapping[str, Option], *, doc: str | None
) -> tuple[list[Path], dict[str, Any]]:
    """Read the folders and the options of a command; ``--help`` prints what there is and ends the program.

    Raises
    ------
    ConfigError
        No folder, an unknown option, or a value of another type.
    """
    given = [one for one in arguments if one.startswith("-") or one.partition("=")[0] in options]
    values, _ = read_options(given, options, doc=doc)
    folders = [Path(one) for one in arguments if one not in given]
    for folder in folders:
        name, equals, _ = str(folder).partition("=")
        if equals and not folder.exists():
            raise ConfigError(f"there is no option {name}{did_you_mean(name, options)} (nor a folder {folder})")
    if not folders:
        raise ConfigError("name a folder: DIR... (a run, or one that holds runs, such as results/runs)")
    return folders, values
