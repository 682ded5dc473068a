"""The options of a command: ``python -m experiments.study study=agents``, in the manner of ``run.py``.

Every command takes ``key=value`` and ``--help``; what is true or false may be given as ``--key`` too. What is wrong is
said in a line; ``python -X dev -m experiments.study ...`` shows the traceback.
"""

from __future__ import annotations

import logging
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from hydra.core.override_parser.types import ChoiceSweep

from experiments.config.errors import ConfigError
from experiments.config.overrides import parse
from experiments.records.checkpoints import CheckpointError
from experiments.records.run_folder import RunFolderError
from raveforce._console import describe, end_briefly, survive_the_console
from raveforce._imports import end_quickly
from raveforce.glicol import EngineUnavailable, GlicolError
from raveforce.registry import did_you_mean

__all__ = ["LARGEST_SEED", "PROBLEMS", "Option", "read_options", "run_command"]

LARGEST_SEED = 2**32 - 1
"""What NumPy's older generators take, which Stable-Baselines3 seeds."""

PROBLEMS = (ValueError, OSError, RunFolderError, CheckpointError, GlicolError, EngineUnavailable)
"""What a user can mend: said in a line, without a traceback."""

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
    reads : of a text, returns it as it is to be used, or raises ``ConfigError``; see ``experiments.config.readers``
    """

    help: str
    default: Any = None
    kind: type = str
    least: float | None = None
    most: float | None = None
    several: bool = False
    reads: Callable[[str], str] | None = None

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
            value, fits = str(value), True
        if isinstance(value, float) and not math.isfinite(value):
            fits = False
        below = self.least is not None and fits and value < self.least
        if not fits or below or (self.most is not None and value > self.most):
            bounds = f", at least {self.least:g}" if self.least is not None else ""
            bounds += f", at most {self.most}" if self.most is not None else ""
            raise ConfigError(f"{name} is {_WORDS[self.kind]}{bounds}, and not {value!r}")
        if self.reads is None:
            return value
        try:
            return self.reads(value)
        except ConfigError as error:
            raise ConfigError(f"{name}: {error}") from error

    def given(self, argument: str) -> Any:
        """The value in an argument ``name=value``.

        Texts are taken as they stand, so that a path needs no quoting; numbers, lists, quotes and ``null`` as Hydra
        reads them.
        """
        text = argument.partition("=")[2]
        if self.kind is str and not self.several and text != "null" and text[:1] not in ("'", '"'):
            return text
        return parse([argument])[0].value()


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
    known = {name.replace("-", "_"): name for name in options}  # dry-run is dry_run
    others: list[str] = []
    for argument in arguments:
        text = argument.removeprefix("--")
        given, equals, _ = text.partition("=")
        name = known.get(given.replace("-", "_"), given)
        if name in options:
            if not equals and options[name].kind is not bool:
                raise ConfigError(f"{name} needs a value: {name}=...")
            values[name] = options[name].read(name, options[name].given(text) if equals else True)
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
    end_briefly()
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    try:
        sys.exit(main(sys.argv[1:]))
    except PROBLEMS as error:
        if sys.flags.dev_mode:
            raise
        sys.exit(f"{name}: {describe(error)}")


def _help(options: Mapping[str, Option], doc: str | None, settings: str) -> str:
    lines = [(doc or "").strip(), "", "Options (key=value):"]
    width = max(map(len, options), default=0)
    for name, option in options.items():
        default = "" if option.default in (None, False) else f" (default {option.default})"
        lines.append(f"  {name:{width}}  {option.help}{default}")
    if settings:
        lines.append(f"  {'...':{width}}  {settings}")
    return "\n".join(lines)
