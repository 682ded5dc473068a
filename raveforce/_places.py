"""Places that a user names: what is wrong with them is said before anything is computed for them."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["check_new_file", "check_new_folder"]


def check_new_folder(path: Path) -> None:
    """Find that nothing can be written into a folder, which need not be there yet.

    Raises
    ------
    ValueError
        It is a file, lies below one, or may not be written.
    """
    there = _nearest(path)
    if not there.is_dir():
        raise ValueError(f"nothing can be written into {path}: {_what(there, path)} is no folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise ValueError(f"nothing can be written into {path}: {_what(there, path)} is not yours to write to")


def check_new_file(path: Path) -> None:
    """Find that a file cannot be written, in a folder that need not be there yet.

    Raises
    ------
    ValueError
        It is a folder or a device, may not be written, or its folder cannot be.
    """
    if path.is_dir():
        raise ValueError(f"{path} is a folder: name a file")
    if path.exists() and not path.is_file():
        raise ValueError(f"{path} is no regular file: name another")
    if path.exists() and not os.access(path, os.W_OK):
        raise ValueError(f"{path} is not yours to write to: name another")
    check_new_folder(path.parent)


def _nearest(path: Path) -> Path:
    """The path, or what is there of those above it; a link that leads nowhere is there, and no folder."""
    path = path.absolute()
    return next(each for each in (path, *path.parents) if os.path.lexists(each))


def _what(there: Path, path: Path) -> str:
    return "it" if there == path.absolute() else str(there)
