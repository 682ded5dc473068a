"""The small interface that WebAssembly runtimes stand behind."""

from __future__ import annotations

import functools
import os
import sys
from importlib.resources import files
from typing import Protocol

from raveforce.glicol.errors import EngineUnavailable

__all__ = ["RUNTIMES", "Broken", "Instance", "Runtime", "open_runtime"]

RUNTIMES = ("wasmtime", "wasmer")
"""Names of the runtimes."""

LAST_FOR_WASMER: tuple[int, int] = (3, 10)


class Broken(Exception):
    """A call ended inside WebAssembly; the instance must be thrown away.

    Attributes
    ----------
    kind : "trap", "deadline" or "memory"
    where : names of the functions it ended in, innermost first; empty if the runtime does not say
    """

    def __init__(self, reason: str, kind: str = "trap", where: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.kind = kind
        self.where = where


class Instance(Protocol):
    """A Glicol engine with our block loop, in a memory of its own."""

    def call(self, name: str, *arguments: float) -> int:
        """Call an export of the block loop; 0 if it returns nothing. May raise ``Broken``."""

    def play(self) -> None:
        """Call the block loop's ``play``, by the quickest way there is. May raise ``Broken``."""

    def start_clock(self) -> None:
        """From now on, the deadline's seconds remain."""

    def memory(self) -> memoryview:
        """View of the whole memory; good until the next call."""


class Runtime(Protocol):
    """Makes instances.

    Attributes
    ----------
    name : one of ``RUNTIMES``
    confines : whether deadlines and memory limits hold
    """

    name: str
    confines: bool

    def instantiate(self, deadline: float, memory_limit: int) -> Instance:
        """Make a new instance, with a deadline in seconds and a memory limit in bytes."""


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


def block_loop() -> str:
    """The text of our own module, which plays many blocks a call."""
    return files("raveforce.glicol.wasm").joinpath("block_loop.wat").read_text(encoding="utf-8")


def now() -> float:
    """Glicol's only import, its clock: it stands still, so that no sound depends on the time of day."""
    return 0.0
