"""Compiled modules in the user's cache: compiling Glicol takes a second, loading it back a tenth."""

from __future__ import annotations

import hashlib
import logging
import platform
from collections.abc import Callable
from typing import TypeVar

from raveforce._cache import cache_folder, write_atomically

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
    try:
        entry = path.read_bytes()
    except OSError:
        log.info("compiling Glicol for %s", runtime)
    else:
        # What is loaded here will be run as native code, so damage must be found before, not by the runtime.
        digest, content = entry[:32], entry[32:]
        if hashlib.sha256(content).digest() == digest:
            try:
                return deserialize(content)
            except Exception as error:  # made by another build or for another processor
                log.info("%s does not fit this machine (%s); compiling it again", path, error)
        else:
            log.warning("%s is damaged; compiling it again", path)
    module = compile(binary)
    try:
        content = serialize(module)
        write_atomically(path, hashlib.sha256(content).digest() + content)
    except OSError as error:
        log.info("the compiled module could not be cached: %s", error)
    return module
