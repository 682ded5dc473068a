"""The user's cache folder, and files in it that no crash or rival process can leave half written."""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from pathlib import Path

import platformdirs

__all__ = ["cache_folder", "read_checked", "write_atomically", "write_checked"]

log = logging.getLogger(__name__)


def cache_folder() -> Path:
    """Where fetched and compiled files are kept: ``RAVEFORCE_CACHE``, or else the user's cache folder.

    Who has no home, as in some containers, has a place below a device, where nothing can be kept.
    """
    chosen = os.environ.get("RAVEFORCE_CACHE")
    try:
        return Path(chosen).expanduser() if chosen else Path(platformdirs.user_cache_dir("raveforce"))
    except RuntimeError:  # neither HOME nor an entry of this user
        return Path(os.devnull) / "no home"


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


def write_checked(path: Path, content: bytes) -> None:
    """Write a file as ``write_atomically`` does, headed by its digest, by which ``read_checked`` knows it whole.

    Raises
    ------
    OSError
        The folder cannot be made or written to.
    """
    write_atomically(path, hashlib.sha256(content).digest() + content)


def read_checked(path: Path) -> bytes | None:
    """What ``write_checked`` wrote; None where there is nothing, or, with a warning, something else."""
    try:
        kept = path.read_bytes()
    except OSError:
        return None
    digest, content = kept[:32], kept[32:]
    if hashlib.sha256(content).digest() == digest:
        return content
    log.warning("%s is damaged; making it again", path)
    return None
