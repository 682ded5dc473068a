"""Large libraries, loaded while Python does something else.

Loading PyTorch's takes a fifth of what importing it takes, and no Python. The import then finds it there. Whatever else
imports a library meanwhile waits, so this is for work that imports none.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import sys
import threading
from pathlib import Path

__all__ = ["load_ahead"]

LIBRARIES = {"torch": "lib/libtorch_cpu.so", "llvmlite": "binding/libllvmlite.so"}
"""The largest, by their packages."""


def load_ahead() -> None:
    """Begin to load large libraries, on Linux; whatever goes wrong is left for the import to say."""
    # The system's function, not ``ctypes.CDLL``, which keeps Python from doing anything meanwhile.
    load = getattr(ctypes.CDLL(None), "dlopen", None) if sys.platform == "linux" else None
    if load is None:
        return
    packages = {name: importlib.util.find_spec(name) for name in LIBRARIES}
    paths = [Path(found.origin).parent / LIBRARIES[name] for name, found in packages.items() if found and found.origin]
    # No daemon: a process that ends while its libraries begin would break down.
    threading.Thread(target=lambda: [load(os.fsencode(path), os.RTLD_NOW) for path in paths]).start()
