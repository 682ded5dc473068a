"""PyTorch's libraries, loaded while Python does something else.

Loading them takes a fifth of what importing PyTorch takes, and no Python. The import then finds them there. Other
libraries that are imported meanwhile wait, so this is for work that imports none.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import sys
import threading
from pathlib import Path

__all__ = ["load_ahead"]


def load_ahead() -> None:
    """Begin to load PyTorch's libraries, on Linux; whatever goes wrong is left for the import to say."""
    found = importlib.util.find_spec("torch") if sys.platform == "linux" else None
    if found is None or found.origin is None:
        return
    library = Path(found.origin).parent / "lib" / "libtorch_cpu.so"
    # The system's function, not ``ctypes.CDLL``, which keeps Python from doing anything meanwhile.
    load = getattr(ctypes.CDLL(None), "dlopen", None)
    if load is not None and library.exists():
        # No daemon: a process that ends while its libraries begin would break down.
        threading.Thread(target=load, args=(os.fsencode(library), os.RTLD_NOW)).start()
