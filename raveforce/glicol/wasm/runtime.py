"""The small interface that WebAssembly runtimes stand behind."""

from __future__ import annotations

from contextlib import AbstractContextManager
from importlib.resources import files
from typing import Protocol

__all__ = ["Instance", "Runtime", "WasmTrap", "block_loop", "now"]


class WasmTrap(Exception):
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
        """Call an export of the block loop; 0 if it returns nothing. May raise ``WasmTrap``."""

    def play(self) -> None:
        """Call the block loop's ``play``, by the quickest way there is. May raise ``WasmTrap``."""

    def start_clock(self) -> None:
        """From now on, the deadline's seconds remain."""

    def memory(self) -> memoryview:
        """View of the whole memory; good until the next call."""


class Runtime(Protocol):
    """Makes instances.

    Attributes
    ----------
    name : "wasmtime" or "wasmer"
    confines : whether deadlines and memory limits hold
    """

    name: str
    confines: bool

    def instantiate(self, deadline: float, memory_limit: int) -> Instance:
        """Make a new instance, with a deadline in seconds and a memory limit in bytes."""

    def hearing_interrupts(self) -> AbstractContextManager[None]:
        """Let a Ctrl-C end the calls made meanwhile, as far as the runtime can."""


def block_loop() -> str:
    """The text of our own module, which plays many blocks a call."""
    return files("raveforce.glicol.wasm").joinpath("block_loop.wat").read_text(encoding="utf-8")


def now() -> float:
    """Glicol's only import, its clock: it stands still, so that no sound depends on the time of day."""
    return 0.0
