"""Getting numeric code compiled: once, with a notice, into the user's cache folder."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import logging
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from raveforce.glicol.wasm.cache import cache_folder

__all__ = ["compiled_folder", "keep", "load_compiled"]

log = logging.getLogger(__name__)


def compiled_folder(name: str, package: str) -> Path:
    """Folder of a package's compiled code; its name changes with the sources, so that no stale code is ever loaded.

    ``RAVEFORCE_CACHE`` moves it, as it does for everything RaveForce caches.
    """
    found = importlib.util.find_spec(package)
    assert found is not None
    digest = hashlib.sha256()
    for folder in found.submodule_search_locations or ():
        for source in sorted(Path(folder).glob("*.py")):
            digest.update(source.read_bytes())
    return cache_folder() / name / digest.hexdigest()[:16]


def keep(function: Any, name: str, package: str) -> Any:
    """Keep what a function of numba's compiles to in the package's folder, whoever imports it first; return it.

    Left to itself, numba keeps it beside the source, and does not see when another file that went into it changes.
    """
    import numba

    config: Any = numba.config
    folder = compiled_folder(name, package)
    before = config.CACHE_DIR
    try:
        folder.mkdir(parents=True, exist_ok=True)
        config.CACHE_DIR = str(folder)
    except OSError:
        pass  # numba then looks for a place of its own
    try:
        function.enable_caching()
    finally:
        config.CACHE_DIR = before
    return function


def load_compiled(
    module: str, *, name: str, what: str, duration: str, warm: Callable[[ModuleType], None]
) -> ModuleType:
    """Import a module and make sure that its functions are compiled; the first time takes a while, and says so.

    Workers share the compiled code: numba writes it under another name first and then moves it into place.

    Parameters
    ----------
    module : to import; all of its package's files count as its sources
    name : of its folder in the cache
    what, duration : for the notice
    warm : calls the module's functions, with nothing to do, with the types of all later calls
    """
    if not compiled_folder(name, module.rpartition(".")[0]).exists():
        log.warning("compiling %s, once on this machine: about %s", what, duration)
    start = time.perf_counter()
    loaded = importlib.import_module(module)
    warm(loaded)
    log.info("%s ready after %.1f s", what, time.perf_counter() - start)
    return loaded
