"""What the texts of a command's options may be: places that are there, places to write to, patterns.

Each takes a text as it was given, returns it as it is to be used (``~`` expanded), and raises ``ConfigError`` with what
is wrong with it. ``Option(..., reads=readers.folder)``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from experiments.config.errors import ConfigError
from raveforce._places import check_new_file, check_new_folder

__all__ = ["file", "folder", "new_file", "new_folder", "pattern", "place"]


def folder(text: str) -> str:
    """A folder that is there."""
    path = _path(text)
    if not path.is_dir():
        raise ConfigError(_missing(path, "folder"))
    if not os.access(path, os.R_OK | os.X_OK):
        raise ConfigError(f"{path} is not yours to read")
    return str(path)


def file(text: str) -> str:
    """A file that is there."""
    path = _path(text)
    if not path.is_file():
        raise ConfigError(_missing(path, "file"))
    if not os.access(path, os.R_OK):
        raise ConfigError(f"{path} is not yours to read")
    return str(path)


def place(text: str) -> str:
    """A file or a folder that is there."""
    path = _path(text)
    return folder(text) if path.is_dir() else file(text)


def new_folder(text: str) -> str:
    """A folder to write into, which need not be there yet."""
    return _checked(check_new_folder, _path(text))


def new_file(text: str) -> str:
    """A file to write, in a folder that need not be there yet."""
    return _checked(check_new_file, _path(text))


def pattern(text: str) -> str:
    """A regular expression."""
    try:
        re.compile(text)
    except re.error as error:
        raise ConfigError(f"{text!r} is not a regular expression: {error}") from error
    return text


def _path(text: str) -> Path:
    if not text.strip():
        raise ConfigError("a path is needed, not an empty text")
    if "\0" in text:
        raise ConfigError(f"{text!r} is no path")
    try:
        return Path(text).expanduser()
    except RuntimeError as error:  # no such user
        raise ConfigError(f"{text}: {error}") from error


def _missing(path: Path, kind: str) -> str:
    if path.exists():
        return f"{path} is no {kind}"
    return f"{path} does not exist (looked from {Path.cwd()})"


def _checked(check: Callable[[Path], None], path: Path) -> str:
    try:
        check(path)
    except ValueError as error:
        raise ConfigError(str(error)) from error
    return str(path)
