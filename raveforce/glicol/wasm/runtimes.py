"""Which WebAssembly runtimes there are, and opening one."""

from __future__ import annotations

import functools
import os
import sys

from raveforce.glicol.errors import EngineUnavailable
from raveforce.glicol.wasm.runtime import Runtime

__all__ = ["RUNTIMES", "open_runtime"]

RUNTIMES = ("wasmtime", "wasmer")
"""Names of the runtimes."""

LAST_FOR_WASMER: tuple[int, int] = (3, 10)


def open_runtime(name: str | None = None, *, interruptible: bool = True) -> Runtime:
    """Return a runtime with Glicol compiled in it, one of each sort a process.

    Parameters
    ----------
    name : "wasmtime" or "wasmer"; None takes ``RAVEFORCE_WASM_RUNTIME``, or else wasmtime
    interruptible : whether the deadline ends a call that is under way; if not, it is met by the next call.
        Code that can be interrupted looks at a clock at every turn of every loop, and is a third slower.

    Raises
    ------
    EngineUnavailable
        The runtime does not run on this Python, or the Glicol binary cannot be had.
    ValueError
        No such runtime.
    """
    name = name or os.environ.get("RAVEFORCE_WASM_RUNTIME") or "wasmtime"
    if name not in RUNTIMES:
        raise ValueError(f"unknown WebAssembly runtime {name!r}; the runtimes are {', '.join(RUNTIMES)}")
    return _opened(name, interruptible)


@functools.cache
def _opened(name: str, interruptible: bool) -> Runtime:
    # Imported only when asked for: wasmer is an extra.
    if name == "wasmtime":
        from raveforce.glicol.wasm.wasmtime_runtime import Wasmtime

        return Wasmtime(interruptible)
    if sys.version_info[:2] > LAST_FOR_WASMER:
        raise EngineUnavailable(
            "the runtime wasmer has no builds for Python 3.11 and later; use runtime='wasmtime', or Python 3.10"
        )
    try:
        from raveforce.glicol.wasm.wasmer_runtime import Wasmer
    except ImportError as error:
        raise EngineUnavailable(
            f"the runtime wasmer is not installed ({error}): pip install 'raveforce[wasmer]'"
        ) from None
    return Wasmer()
