"""WebAssembly runtimes behind one small interface: wasmtime, and wasmer where it still runs."""

from __future__ import annotations

import functools
import math
import os
import sys
import threading
import time
from importlib.metadata import version
from importlib.resources import files
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from raveforce.glicol.errors import EngineUnavailable
from raveforce.glicol.wasm.binary import load_binary
from raveforce.glicol.wasm.modules import compiled

__all__ = ["RUNTIMES", "Broken", "Instance", "Runtime", "open_runtime"]

RUNTIMES = ("wasmtime", "wasmer")
"""Names of the runtimes."""

TICK = 0.05  # seconds; deadlines are this exact


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
        """Call an export of Glicol or of the block loop; 0 if it returns nothing."""

    def play(self) -> None:
        """Call the block loop's ``play``; raises ``Broken``."""

    def start_clock(self) -> None:
        """From now on, calls have the deadline's seconds between them."""

    def memory(self) -> NDArray[np.uint8]:
        """View of the whole memory; good until the next call."""


class Runtime(Protocol):
    """Makes instances. Attributes: ``name``; ``confines``, whether deadlines and memory limits hold."""

    name: str
    confines: bool

    def instantiate(self, deadline: float, memory_limit: int) -> Instance:
        """Make a new instance."""


def open_runtime(name: str | None = None) -> Runtime:
    """Return a runtime with Glicol compiled in it; one a process.

    Parameters
    ----------
    name : "wasmtime" or "wasmer"; None takes ``RAVEFORCE_WASM_RUNTIME``, or else wasmtime

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
    return _opened(name)


@functools.cache
def _opened(name: str) -> Runtime:
    return _Wasmtime() if name == "wasmtime" else _Wasmer()


def _block_loop() -> str:
    return files("raveforce.glicol.wasm").joinpath("block_loop.wat").read_text()


def _now() -> float:
    """Glicol's only import, its clock: it stands still, so that nothing depends on when a program is played."""
    return 0.0


class _Wasmtime:
    name = "wasmtime"
    confines = True

    def __init__(self) -> None:
        import wasmtime

        config = wasmtime.Config()
        config.epoch_interruption = True
        self.engine = wasmtime.Engine(config)
        self.glicol = compiled(
            load_binary(),
            runtime=f"wasmtime-{version('wasmtime')}",
            compile=lambda binary: wasmtime.Module(self.engine, binary),
            serialize=lambda module: bytes(module.serialize()),
            deserialize=lambda content: wasmtime.Module.deserialize(self.engine, content),
        )
        self.loop = wasmtime.Module(self.engine, _block_loop())
        self.imports = [imported.name for imported in self.loop.imports]
        self.clock_type = wasmtime.FuncType([], [wasmtime.ValType.f64()])
        self._tickers: dict[int, threading.Thread] = {}

    def instantiate(self, deadline: float, memory_limit: int) -> Instance:
        return _WasmtimeInstance(self, deadline, memory_limit)

    def keep_ticking(self) -> None:
        """See that a thread moves the epoch on; a forked process needs its own."""
        pid = os.getpid()
        if pid not in self._tickers:
            ticker = threading.Thread(target=self._tick, name="glicol-deadline", daemon=True)
            if self._tickers.setdefault(pid, ticker) is ticker:
                ticker.start()

    def _tick(self) -> None:
        while True:
            time.sleep(TICK)
            self.engine.increment_epoch()


class _WasmtimeInstance:
    def __init__(self, runtime: _Wasmtime, deadline: float, memory_limit: int) -> None:
        import wasmtime

        self._runtime = runtime
        # The current tick is partly over, so one more gives at least the whole deadline.
        self._ticks = math.ceil(deadline / TICK) + 1
        self._store = wasmtime.Store(runtime.engine)
        self._store.set_limits(memory_size=memory_limit)
        self._failures = (wasmtime.Trap, wasmtime.WasmtimeError)
        self.start_clock()
        clock = wasmtime.Func(self._store, runtime.clock_type, _now)
        glicol = wasmtime.Instance(self._store, runtime.glicol, [clock]).exports(self._store)
        imports = [glicol[name] for name in runtime.imports]
        loop = wasmtime.Instance(self._store, runtime.loop, imports).exports(self._store)
        self._memory: wasmtime.Memory = glicol["memory"]  # type: ignore[assignment]
        self._play: wasmtime.Func = loop["play"]  # type: ignore[assignment]
        self._exports: tuple[Any, Any] = (loop, glicol)

    def call(self, name: str, *arguments: float) -> int:
        loop, glicol = self._exports
        function = loop.get(name) or glicol[name]
        try:
            return function(self._store, *arguments) or 0
        except self._failures as failure:
            raise _understood(failure) from None

    def play(self) -> None:
        try:
            self._play(self._store)
        except self._failures as failure:
            raise _understood(failure) from None

    def start_clock(self) -> None:
        self._runtime.keep_ticking()
        self._store.set_epoch_deadline(self._ticks)

    def memory(self) -> NDArray[np.uint8]:
        return np.frombuffer(self._memory.get_buffer_ptr(self._store), np.uint8)


def _understood(failure: Exception) -> Broken:
    """Say which of our three kinds a wasmtime trap is."""
    import wasmtime

    if not isinstance(failure, wasmtime.Trap):
        return Broken(str(failure))
    if failure.trap_code == wasmtime.TrapCode.INTERRUPT:
        return Broken("the deadline passed", "deadline")
    where = tuple(frame.func_name or "" for frame in failure.frames)
    reason = str(failure).strip().splitlines()[-1].strip()
    # Rust runs out of memory in two ways: a size that cannot be right panics in capacity_overflow, and an
    # allocation that fails aborts without the panic's machinery.
    aborted = failure.trap_code == wasmtime.TrapCode.UNREACHABLE and "rust_panic" not in where
    if aborted or any("capacity_overflow" in name for name in where):
        return Broken("out of memory", "memory", where)
    return Broken(reason, "trap", where)


class _Wasmer:
    name = "wasmer"
    confines = False

    def __init__(self) -> None:
        if sys.version_info >= (3, 11):
            raise EngineUnavailable(
                "the runtime wasmer has no builds for Python 3.11 and later; use runtime='wasmtime', or Python 3.10"
            )
        try:
            import wasmer
            from wasmer import engine
            from wasmer_compiler_cranelift import Compiler
        except ImportError as error:
            raise EngineUnavailable(
                f"the runtime wasmer is not installed ({error}): pip install 'raveforce[wasmer]'"
            ) from None
        self.wasmer = wasmer
        self.store = wasmer.Store(engine.Universal(Compiler))
        self.glicol = compiled(
            load_binary(),
            runtime=f"wasmer-{version('wasmer')}",
            compile=lambda binary: wasmer.Module(self.store, binary),
            serialize=lambda module: bytes(module.serialize()),
            deserialize=lambda content: wasmer.Module.deserialize(self.store, content),
        )
        self.loop = wasmer.Module(self.store, wasmer.wat2wasm(_block_loop()))
        self.imports = [imported.name for imported in self.loop.imports]

    def instantiate(self, deadline: float, memory_limit: int) -> Instance:
        return _WasmerInstance(self)


class _WasmerInstance:
    """Has neither deadline nor memory limit, and must stay in the thread that made it."""

    def __init__(self, runtime: _Wasmer) -> None:
        wasmer = runtime.wasmer
        clock = wasmer.Function(runtime.store, _now, wasmer.FunctionType([], [wasmer.Type.F64]))
        outside = wasmer.ImportObject()
        outside.register("env", {"now": clock})
        glicol = wasmer.Instance(runtime.glicol, outside).exports
        inside = wasmer.ImportObject()
        inside.register("glicol", {name: getattr(glicol, name) for name in runtime.imports})
        loop = wasmer.Instance(runtime.loop, inside).exports
        self._thread = threading.get_ident()
        self._loop = loop
        self._glicol = glicol
        self._play = loop.play

    def call(self, name: str, *arguments: float) -> int:
        self._stay()
        owner = self._loop if name in dict(self._loop) else self._glicol
        try:
            return getattr(owner, name)(*arguments) or 0
        except RuntimeError as failure:
            raise Broken(str(failure).splitlines()[0]) from None

    def play(self) -> None:
        self._stay()
        try:
            self._play()
        except RuntimeError as failure:
            raise Broken(str(failure).splitlines()[0]) from None

    def start_clock(self) -> None:
        pass

    def memory(self) -> NDArray[np.uint8]:
        return np.frombuffer(self._glicol.memory.buffer, np.uint8)

    def _stay(self) -> None:
        if threading.get_ident() != self._thread:
            raise EngineUnavailable(
                "an engine on wasmer can be used only in the thread that first played it; use runtime='wasmtime'"
            )
