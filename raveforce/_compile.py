"""Getting numeric code compiled: once, with a notice, into the user's cache folder."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import json
import logging
import platform
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from raveforce._cache import cache_folder, write_atomically
from raveforce._imports import uncollected

try:
    import fcntl
except ImportError:  # Windows has none
    fcntl = None  # type: ignore[assignment]

__all__ = ["compiled_folder", "is_compiling", "keep", "load_compiled", "locked"]

log = logging.getLogger(__name__)

MANIFEST = "manifest.json"


def compiled_folder(name: str, *sources: str) -> Path:
    """Folder of compiled code, named by all that went into it, so that no stale or foreign code is ever loaded.

    That is the sources, wherever they lie, the compiler, how its code is kept, and the processor. ``RAVEFORCE_CACHE``
    moves it, as it does for everything RaveForce caches.

    Parameters
    ----------
    name : what the code is
    sources : the modules, and the packages with all their modules, that went into it
    """
    digest = hashlib.sha256(_compiler().encode())
    for source in (*sources, "raveforce._numba_cache"):
        found = importlib.util.find_spec(source)
        assert found is not None
        assert found.origin is not None
        folders = found.submodule_search_locations
        files = [path for folder in folders for path in Path(folder).glob("*.py")] if folders else [Path(found.origin)]
        for file in sorted(files):
            digest.update(file.read_bytes())
    return cache_folder() / name / digest.hexdigest()[:16]


@cache
def _compiler() -> str:
    import llvmlite.binding
    import numba

    processor = llvmlite.binding.get_host_cpu_name(), llvmlite.binding.get_host_cpu_features().flatten()
    # Without asserts and docstrings (-O, -OO) the same source is other bytecode, by which numba knows what it kept.
    optimized = f" -O{sys.flags.optimize}" if sys.flags.optimize else ""
    return f"{sys.version}{optimized} {numba.__version__} {platform.system()} {platform.machine()} {processor}"


@cache
def is_compiling() -> bool:
    """Whether numba compiles at all: ``NUMBA_DISABLE_JIT=1`` turns it off, as some do to debug code of their own."""
    import numba

    return not numba.config.DISABLE_JIT  # type: ignore[attr-defined]


def keep(function: Any, name: str, *sources: str) -> Any:
    """Keep what a function of numba's compiles to in ``compiled_folder(name, *sources)``; return it.

    Only for functions that are called from Python: what they are made of is kept with them.
    """
    if hasattr(function, "py_func"):  # not where NUMBA_DISABLE_JIT turns compilation off
        from raveforce._numba_cache import FolderCache

        function._cache = FolderCache(function.py_func, compiled_folder(name, *sources))
    return function


def load_compiled(
    module: str, *, name: str, sources: tuple[str, ...], what: str, duration: str, warm: Callable[[ModuleType], None]
) -> ModuleType:
    """Import a module and make sure that its functions are compiled; the first time takes a while, and says so.

    One process compiles, and those that start meanwhile wait for it. What a killed process left behind, or a disk
    damaged, is compiled again. Where nothing can be kept, the code is compiled in memory.

    Parameters
    ----------
    module : to import
    name, sources : of its folder in the cache
    what, duration : for the notice
    warm : calls the module's functions, with nothing to do, with the types of all later calls
    """
    folder = compiled_folder(name, *sources)
    start = time.perf_counter()
    if not _is_whole(folder):
        with locked(folder):
            if not _is_whole(folder):
                return _compile(module, folder, what, duration, warm)
    with uncollected():
        loaded = importlib.import_module(module)
        warm(loaded)
    log.info("%s ready after %.1f s", what, time.perf_counter() - start)
    return loaded


def _compile(module: str, folder: Path, what: str, duration: str, warm: Callable[[ModuleType], None]) -> ModuleType:
    from raveforce._numba_cache import FolderCache

    if folder.exists():
        log.warning("what was kept of %s is not whole and goes; compiling it again: about %s", what, duration)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(parents=True)
        log.warning("compiling %s, once on this machine: about %s", what, duration)
    except OSError as error:
        log.warning(
            "compiling %s for this process alone, about %s: %s cannot be written (%s); RAVEFORCE_CACHE names another",
            *(what, duration, folder, error.strerror),
        )
    FolderCache.open.add(folder)
    try:
        loaded = importlib.import_module(module)
        warm(loaded)
        files = {file.name: _sha256(file) for file in folder.glob("*.nb?")} if folder.is_dir() else {}
        if files:
            write_atomically(folder / MANIFEST, json.dumps(files, indent=2).encode())
    except OSError as error:
        log.warning("%s cannot be kept and is compiled anew by every process: %s: %s", what, folder, error.strerror)
    finally:
        FolderCache.open.discard(folder)
    return loaded


def _is_whole(folder: Path) -> bool:
    """Whether everything is there, as it was written."""
    try:
        expected = json.loads((folder / MANIFEST).read_bytes())
        return all(_sha256(folder / name) == digest for name, digest in expected.items())
    except (OSError, ValueError, AttributeError, TypeError, RecursionError):
        return False


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes out, where that is possible; the system lets go of the lock whatever ends the process.

    Parameters
    ----------
    folder : what is locked; the lock is a file beside it
    """
    with ExitStack() as stack:
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            file = stack.enter_context(folder.with_suffix(".lock").open("w"))
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX)
        except OSError as error:  # nothing can be written there, or a network file system knows no locks
            log.debug("no lock on %s: %s", folder, error)
        yield


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
