"""Getting the kernel compiled: once, with a notice, into the user's cache folder."""

from __future__ import annotations

import hashlib
import importlib
import logging
import time
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numba
import numpy as np

from raveforce.glicol.native.kernel.jit import BLOCK, PAD
from raveforce.glicol.wasm.cache import cache_folder

__all__ = ["kernel_folder", "load_kernel"]

log = logging.getLogger(__name__)


def kernel_folder() -> Path:
    """Folder of the compiled code; its name changes with the sources, so that no stale code is ever loaded.

    ``RAVEFORCE_CACHE`` moves it, as it does for everything RaveForce caches.
    """
    digest = hashlib.sha256()
    for source in sorted((Path(__file__).parent / "kernel").glob("*.py")):
        digest.update(source.read_bytes())
    return cache_folder() / "native" / digest.hexdigest()[:16]


config: Any = numba.config


@cache
def load_kernel() -> ModuleType:
    """Import the kernel and make sure that it is compiled; the first time takes a while, and says so.

    Workers share the compiled code: numba writes it under another name first and then moves it into place.
    """
    folder = kernel_folder()
    try:
        fresh = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
        before, config.CACHE_DIR = config.CACHE_DIR, str(folder)
    except OSError:
        fresh, before = True, config.CACHE_DIR  # numba then looks for a place of its own
    if fresh:
        log.warning("compiling the native engine, once on this machine: about half a minute")
    start = time.perf_counter()
    try:
        kernel = importlib.import_module("raveforce.glicol.native.kernel.play")
        _warm(kernel)
    finally:
        config.CACHE_DIR = before
    log.info("native engine ready after %.1f s", time.perf_counter() - start)
    return kernel


def _warm(kernel: ModuleType) -> None:
    """Call the kernel with nothing to play: every later call has these types, so it finds it compiled."""
    ints, floats = np.zeros((0, 0), np.int64), np.zeros((0, 0), np.float32)
    few, bufs, flat = (
        np.zeros(0, np.int64),
        np.zeros((0, 0, BLOCK + PAD), np.float32),
        np.zeros((0, 0), np.uint8),
    )
    kernel.play(ints, few, floats, ints, floats, floats, bufs, flat, few, floats, 0, 0, 0, few)
    kernel.ring_sizes(ints, floats, few)
    kernel.read(np.zeros((0, 0)), floats, few, few)
