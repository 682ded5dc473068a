"""Compiled modules in the user's cache: compiling Glicol takes a second, loading it back a tenth."""

from __future__ import annotations

import hashlib
import logging
import platform
from collections.abc import Callable
from typing import TypeVar

from raveforce._cache import cache_folder, read_checked, write_checked

__all__ = ["compiled"]

log = logging.getLogger(__name__)

Module = TypeVar("Module")


def compiled(
    binary: bytes,
    *,
    runtime: str,
    compile: Callable[[bytes], Module],
    serialize: Callable[[Module], bytes],
    deserialize: Callable[[bytes], Module],
) -> Module:
    """Return a compiled module, from the cache if it is there and sound.

    Parameters
    ----------
    binary : WebAssembly binary
    runtime : name and version of what compiles it
    compile, serialize, deserialize : the runtime's own functions
    """
    identity = f"{hashlib.sha256(binary).hexdigest()[:16]}-{runtime}-{platform.system()}-{platform.machine()}"
    path = cache_folder() / "modules" / f"{identity}.bin"
    # What is loaded here will be run as native code, so damage must be found before, not by the runtime.
    kept = read_checked(path)
    if kept is not None:
        try:
            return deserialize(kept)
        except Exception as error:  # made by another build or for another processor
            log.info("%s does not fit this machine (%s)", path, error)
    log.info("compiling Glicol for %s", runtime)
    module = compile(binary)
    try:
        write_checked(path, serialize(module))
    except OSError as error:
        log.info("the compiled module could not be cached: %s", error)
    return module
