"""The options of a command: ``python -m experiments.study study=agents``, in the manner of ``run.py``.

Every command takes ``key=value`` and ``--help``; what is true or false may be given as ``--key`` too.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from hydra.core.override_parser.types import ChoiceSweep

from experiments.config.errors import ConfigError
from experiments.config.overrides import parse
from experiments.records.checkpoints import CheckpointError
from experiments.records.run_folder import RunFolderError
from raveforce._console import survive_the_console
from raveforce._imports import end_quickly
from raveforce.audio import AudioError
from raveforce.registry import did_you_mean

__all__ = ["Option", "read_options", "run_command"]

_WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}


@dataclass(frozen=True)
class Option:
    """One option of a command.

    Attributes
    ----------
    help : what it is for
    default : its value where it is not given
    kind : bool, int, float or str
    least, most : the smallest and the largest number it may be
    several : it may be several values, with commas between them; then what is read is a tuple
    """

    help: str
    default: Any = None
    kind: type = str
    least: float | None = None
    most: float | None = None
    several: bool = False

    def read(self, name: str, value: Any) -> Any:
        """Check a value."""
        if value is None:
            return None
        if self.several:
            values = value.list if isinstance(value, ChoiceSweep) else [value]
            return tuple(replace(self, several=False).read(name, one) for one in values)
        fits = isinstance(value, self.kind) or (self.kind is float and isinstance(value, int))
        if isinstance(value, bool) and self.kind is not bool:
            fits = False
        if self.kind is str and isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        below = self.least is not None and fits and value < self.least
        if not fits or below or (self.most is not None and value > self.most):
            bounds = f", at least {self.least:g}" if self.least is not None else ""
            bounds += f", at most {self.most:g}" if self.most is not None else ""
            raise ConfigError(f"{name} is {_WORDS[self.kind]}{bounds}, and not {value!r}")
        return value


def read_options(
    arguments: Sequence[str], options: Mapping[str, Option], *, doc: str | None, settings: str = ""
) -> tuple[dict[str, Any], list[str]]:
    """Read a command's arguments; ``--help`` prints what there is and ends the program.

    Parameters
    ----------
    arguments : those of the command line
    options : the command's, by name
    doc : its module's docstring
    settings : what other ``key=value`` arguments are; empty where there are none

    Returns
    -------
    the options' values by name, and the other arguments as they were given

    Raises
    ------
    ConfigError
        An unknown option, or a value of another type.
    """
    if {"--help", "-h"} & set(arguments):
        print(_help(options, doc, settings))
        sys.exit()
    values = {name: option.default for name, option in options.items()}
    others: list[str] = []
    for argument in arguments:
        text = argument.removeprefix("--")
        name, equals, _ = text.partition("=")
        if name in options:
            if not equals and options[name].kind is not bool:
                raise ConfigError(f"{name} needs a value: {name}=...")
            given = parse([text])[0].value() if equals else True
            values[name] = options[name].read(name, given)
        elif settings and equals and not argument.startswith("--"):
            others.append(argument)
        else:
            hint = did_you_mean(name, options)
            raise ConfigError(f"there is no option {argument}{hint} (the options are {', '.join(options)})")
    return values, others


def run_command(name: str, main: Callable[[Sequence[str]], int | None]) -> NoReturn:
    """Start a command with the program's arguments; what is wrong with them, or with files, is said in a line."""
    survive_the_console()
    end_quickly()
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    try:
        sys.exit(main(sys.argv[1:]))
    except (ConfigError, RunFolderError, CheckpointError, AudioError, OSError) as error:
        sys.exit(f"{name}: {error}")


def _help(options: Mapping[str, Option], doc: str | None, settings: str) -> str:
    lines = [(doc or "").strip(), "", "Options (key=value):"]
    width = max(map(len, options), default=0)
    for name, option in options.items():
        default = "" if option.default in (None, False) else f" (default {option.default})"
        lines.append(f"  {name:{width}}  {option.help}{default}")
    if settings:
        lines.append(f"  {'...':{width}}  {settings}")
    return "\n".join(lines)
