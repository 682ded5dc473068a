"""The runtime of the first RaveForce: wasmer, whose Python package ends with Python 3.10."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, nullcontext
from importlib.metadata import version

import numpy as np
import wasmer
from wasmer import engine
from wasmer_compiler_cranelift import Compiler

from raveforce.glicol.errors import EngineUnavailable
from raveforce.glicol.wasm.binary import load_binary
from raveforce.glicol.wasm.modules import compiled
from raveforce.glicol.wasm.runtime import WasmTrap, block_loop, now

__all__ = ["Wasmer"]


class Wasmer:
    """Glicol and the block loop, compiled by wasmer's Cranelift.

    It has neither deadlines nor memory limits, and its objects panic in any thread but the one that made
    them.
    """

    name = "wasmer"
    confines = False

    def __init__(self) -> None:
        self.thread = threading.get_ident()
        self.store = wasmer.Store(engine.Universal(Compiler))
        self.glicol = compiled(
            load_binary(),
            runtime=f"wasmer-{version('wasmer')}",
            compile=lambda binary: wasmer.Module(self.store, binary),
            serialize=lambda module: bytes(module.serialize()),
            deserialize=lambda content: wasmer.Module.deserialize(self.store, content),
        )
        self.loop = wasmer.Module(self.store, wasmer.wat2wasm(block_loop()))
        self.imports = [imported.name for imported in self.loop.imports]

    def instantiate(self, deadline: float, memory_limit: int) -> _WasmerInstance:
        """Make a new instance; it has no deadline and no memory limit."""
        self.stay()
        return _WasmerInstance(self)

    def hearing_interrupts(self) -> AbstractContextManager[None]:
        """Nothing ends a call here."""
        return nullcontext()

    def stay(self) -> None:
        """Raise where wasmer would panic."""
        if threading.get_ident() != self.thread:
            raise EngineUnavailable("wasmer can be used only in the thread that used it first; use runtime='wasmtime'")


class _WasmerInstance:
    def __init__(self, runtime: Wasmer) -> None:
        clock = wasmer.Function(runtime.store, now, wasmer.FunctionType([], [wasmer.Type.F64]))
        outside = wasmer.ImportObject()
        outside.register("env", {"now": clock})
        glicol = wasmer.Instance(runtime.glicol, outside).exports
        inside = wasmer.ImportObject()
        inside.register("glicol", {name: getattr(glicol, name) for name in runtime.imports})
        self._runtime = runtime
        self._loop = wasmer.Instance(runtime.loop, inside).exports
        self._memory = glicol.memory

    def call(self, name: str, *arguments: float) -> int:
        self._runtime.stay()
        try:
            return getattr(self._loop, name)(*arguments) or 0
        except RuntimeError as failure:
            raise WasmTrap(str(failure).splitlines()[0]) from None

    def play(self) -> None:
        self.call("play")

    def start_clock(self) -> None:
        self._runtime.stay()

    def memory(self) -> memoryview:
        return np.frombuffer(self._memory.buffer, np.uint8).data
