"""The user's cache folder, and files in it that no crash or rival process can leave half written."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import platformdirs

__all__ = ["cache_folder", "write_atomically"]


def cache_folder() -> Path:
    """Where fetched and compiled files are kept: ``RAVEFORCE_CACHE``, or else the user's cache folder."""
    chosen = os.environ.get("RAVEFORCE_CACHE")
    return Path(chosen).expanduser() if chosen else Path(platformdirs.user_cache_dir("raveforce"))


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that readers see all of it or none of it, however many processes write it at once.

    Raises
    ------
    OSError
        The folder cannot be made or written to.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # In the same folder, because a rename is atomic within one file system only.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
