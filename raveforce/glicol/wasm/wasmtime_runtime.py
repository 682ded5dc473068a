"""The default runtime: wasmtime, with a deadline and a memory limit on every instance."""

from __future__ import annotations

import atexit
import time
import weakref
from contextlib import AbstractContextManager, nullcontext
from importlib.metadata import version
from typing import Any

import wasmtime

from raveforce.glicol.wasm.binary import load_binary
from raveforce.glicol.wasm.clock import Clock
from raveforce.glicol.wasm.modules import compiled
from raveforce.glicol.wasm.runtime import WasmTrap, block_loop, now

__all__ = ["Wasmtime"]

FAILURES = (wasmtime.Trap, wasmtime.WasmtimeError)


class Wasmtime:
    """Glicol and the block loop, compiled by wasmtime."""

    name = "wasmtime"
    confines = True

    def __init__(self, interruptible: bool) -> None:
        config = wasmtime.Config()
        config.epoch_interruption = interruptible
        self.engine = wasmtime.Engine(config)
        self.glicol = compiled(
            load_binary(),
            runtime=f"wasmtime-{version('wasmtime')}{'' if interruptible else '-uninterruptible'}",
            compile=lambda binary: wasmtime.Module(self.engine, binary),
            serialize=lambda module: bytes(module.serialize()),
            deserialize=lambda content: wasmtime.Module.deserialize(self.engine, content),
        )
        self.loop = wasmtime.Module(self.engine, block_loop())
        self.imports = [str(imported.name) for imported in self.loop.imports]
        self.exports = [exported.name for exported in self.loop.exports]
        self.clock_type = wasmtime.FuncType([], [wasmtime.ValType.f64()])
        # Once Python's own exit takes modules apart, wasmtime's objects cannot be freed without noise.
        atexit.register(self._close)
        self.clock = Clock(self.engine.increment_epoch) if interruptible else None

    def instantiate(self, deadline: float, memory_limit: int) -> _WasmtimeInstance:
        """Make a new instance, with a deadline in seconds and a memory limit in bytes."""
        return _WasmtimeInstance(self, deadline, memory_limit)

    def hearing_interrupts(self) -> AbstractContextManager[None]:
        """Let a Ctrl-C end the calls made meanwhile; calls that cannot be interrupted return soon by themselves."""
        return nullcontext() if self.clock is None else self.clock.hearing_interrupts()

    def _close(self) -> None:
        if self.clock is not None:
            self.clock.stop()
        for owned in (self.clock_type, self.loop, self.glicol, self.engine):
            owned.close()


class _WasmtimeInstance:
    def __init__(self, runtime: Wasmtime, deadline: float, memory_limit: int) -> None:
        self._deadline = deadline
        self._ticks = None if runtime.clock is None else runtime.clock.ticks(deadline)
        self._store = wasmtime.Store(runtime.engine)
        weakref.finalize(self, self._store.close)
        self._store.set_limits(memory_size=memory_limit)
        self.start_clock()
        clock = wasmtime.Func(self._store, runtime.clock_type, now)
        glicol: Any = wasmtime.Instance(self._store, runtime.glicol, [clock]).exports(self._store)
        imports = [glicol[name] for name in runtime.imports]
        loop: Any = wasmtime.Instance(self._store, runtime.loop, imports).exports(self._store)
        self._functions = {name: loop[name] for name in runtime.exports}
        self._play = self._functions["play"]
        self._memory = glicol["memory"]
        self._view = memoryview(b"")

    def call(self, name: str, *arguments: float) -> int:
        try:
            return self._functions[name](self._store, *arguments) or 0
        except FAILURES as failure:
            raise _understood(failure) from None

    def play(self) -> None:
        if time.monotonic() > self._until:
            raise WasmTrap("the deadline passed", "deadline")
        try:
            self._play(self._store)
        except FAILURES as failure:
            raise _understood(failure) from None

    def start_clock(self) -> None:
        self._until = time.monotonic() + self._deadline
        if self._ticks is not None:
            self._store.set_epoch_deadline(self._ticks)

    def memory(self) -> memoryview:
        # Making a view costs more than seeing that the last one still holds: memory moves only when it grows.
        if self._memory.data_len(self._store) != len(self._view):
            self._view = memoryview(self._memory.get_buffer_ptr(self._store)).cast("B")
        return self._view


def _understood(failure: Exception) -> WasmTrap:
    """Say which of our three kinds a wasmtime trap is."""
    # wasmtime's frames lie in a circle with the error, and hold the memory until Python next looks for such circles.
    failure.__traceback__ = failure.__context__ = failure.__cause__ = None
    if not isinstance(failure, wasmtime.Trap):
        return WasmTrap(str(failure))
    where = tuple(frame.func_name or "" for frame in failure.frames)
    if failure.trap_code == wasmtime.TrapCode.INTERRUPT:
        return WasmTrap("the deadline passed", "deadline", where)
    reason = str(failure).strip().splitlines()[-1].strip()
    # Rust runs out of memory in two ways: a size that cannot be right panics in capacity_overflow, and an
    # allocation that fails aborts without the panic's machinery.
    aborted = failure.trap_code == wasmtime.TrapCode.UNREACHABLE and "rust_panic" not in where
    if aborted or any("capacity_overflow" in name for name in where):
        return WasmTrap("out of memory", "memory", where)
    return WasmTrap(reason, "trap", where)
