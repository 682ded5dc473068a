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

from raveforce._cache import cache_folder

__all__ = ["compiled_folder", "keep", "load_compiled"]

log = logging.getLogger(__name__)


def compiled_folder(name: str, *sources: str) -> Path:
    """Folder of compiled code; its name changes with the sources, so that no stale code is ever loaded.

    ``RAVEFORCE_CACHE`` moves it, as it does for everything RaveForce caches.

    Parameters
    ----------
    name : what the code is
    sources : the modules, and the packages with all their modules, that went into it
    """
    digest = hashlib.sha256()
    for source in sources:
        found = importlib.util.find_spec(source)
        assert found is not None
        assert found.origin is not None
        folders = found.submodule_search_locations
        files = [path for folder in folders for path in Path(folder).glob("*.py")] if folders else [Path(found.origin)]
        for file in sorted(files):
            digest.update(file.read_bytes())
    return cache_folder() / name / digest.hexdigest()[:16]


def keep(function: Any, name: str, *sources: str) -> Any:
    """Keep what a function of numba's compiles to in ``compiled_folder(name, *sources)``; return it.

    Left to itself, numba keeps it beside the source, and does not see when another file that went into it changes.
    """
    import numba

    config: Any = numba.config
    folder = compiled_folder(name, *sources)
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
    module: str, *, name: str, sources: tuple[str, ...], what: str, duration: str, warm: Callable[[ModuleType], None]
) -> ModuleType:
    """Import a module and make sure that its functions are compiled; the first time takes a while, and says so.

    Workers share the compiled code: numba writes it under another name first and then moves it into place.

    Parameters
    ----------
    module : to import
    name, sources : of its folder in the cache
    what, duration : for the notice
    warm : calls the module's functions, with nothing to do, with the types of all later calls
    """
    if not compiled_folder(name, *sources).exists():
        log.warning("compiling %s, once on this machine: about %s", what, duration)
    start = time.perf_counter()
    loaded = importlib.import_module(module)
    warm(loaded)
    log.info("%s ready after %.1f s", what, time.perf_counter() - start)
    return loaded
