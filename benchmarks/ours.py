"""Our engines, and the same work with nothing around it."""

from __future__ import annotations

import math
import struct
from typing import Any

import numba
import numpy as np
import wasmtime
from numpy.typing import NDArray

from benchmarks.workloads import SAMPLE_RATE, Render, Values, Workload
from raveforce.glicol import BLOCK, open_engine
from raveforce.glicol.wasm.binary import load_binary
from raveforce.glicol.wasm.machine import BLOCK_BYTES, REQUEST
from raveforce.glicol.wasm.runtimes import open_runtime

__all__ = ["bare_loop", "engine", "first_raveforce", "hand_written"]


def engine(workload: Workload, kind: str, rows: int = 1, **options: Any) -> Render:
    """Ours, as an environment uses it."""
    opened = open_engine(workload.code, rows, SAMPLE_RATE, kind, **options)

    def render(values: Values) -> NDArray[np.float32]:
        opened.reset()
        return opened.play(values, workload.samples)

    return render


def bare_loop(workload: Workload) -> Render:
    """The runtime and block loop of engine "wasm" with nothing around them: what any use of it in Python must pay."""
    blocks = -(-workload.samples // BLOCK)
    instance = open_runtime("wasmtime", interruptible=False).instantiate(deadline=1e6, memory_limit=2**28)
    header = instance.call("prepare", float(SAMPLE_RATE), 120.0, 42.0)
    out = instance.call("reserve", (blocks + 1) * BLOCK_BYTES)
    text_at = instance.call("reserve", 4096)
    instance.call("keep")
    memory = instance.memory()
    sound = np.frombuffer(memory, np.float32, workload.samples, out)

    def render(values: Values) -> NDArray[np.float32]:
        text = _fill(workload, values)
        memory[text_at : text_at + len(text)] = text
        REQUEST.pack_into(memory, header, 1, text_at, len(text), out, blocks)
        instance.play()
        return sound.copy()[np.newaxis]

    return render


def first_raveforce(workload: Workload) -> Render:
    """The first RaveForce's way: a crossing for every block, every sample unpacked on its own."""
    blocks = -(-workload.samples // BLOCK)
    wasm = wasmtime.Engine()
    store = wasmtime.Store(wasm)
    clock = wasmtime.Func(store, wasmtime.FuncType([], [wasmtime.ValType.f64()]), lambda: 0.0)
    exports: Any = wasmtime.Instance(store, wasmtime.Module(wasm, load_binary()), [clock]).exports(store)
    memory = exports["memory"]

    def call(name: str, *arguments: float) -> int:
        return exports[name](store, *arguments)

    def render(values: Values) -> NDArray[np.float32]:
        call("reset")
        call("live_coding_mode", 0)
        silence, result = call("alloc", BLOCK), call("alloc_uint8array", 256)
        text = _fill(workload, values)
        text_at = call("alloc_uint8array", len(text))
        memory.write(store, text, text_at)
        call("update", text_at, len(text))
        out = call("alloc", 2 * BLOCK)
        left: list[float] = []
        for _ in range(blocks):
            call("process", silence, out, 2 * BLOCK, result)
            # As it did: the bytes become a list, both channels are unpacked, and the console is always read.
            block = list(memory.read(store, out, out + 8 * BLOCK))
            frames = [struct.unpack("<f", bytearray(block[at : at + 4]))[0] for at in range(0, 8 * BLOCK, 4)]
            "".join(map(chr, filter(None, memory.read(store, result, result + 256))))
            left.extend(frames[:BLOCK])
        return np.array([left[: workload.samples]], np.float32)

    return render


def hand_written(workload: Workload) -> Render:
    """The kick as one would write it down: a phase, a sine, a product, compiled by numba."""
    if workload.name != "kick":
        raise ValueError("written for the kick only")
    out = np.empty((1, workload.samples), np.float32)

    def render(values: Values) -> NDArray[np.float32]:
        _kick(values.astype(np.float32), out)
        return out.copy()

    return render


@numba.njit(nogil=True, fastmath=True)
def _kick(values: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    for row in range(out.shape[0]):
        attack, decay, step = values[row, 0] * SAMPLE_RATE, values[row, 1] * SAMPLE_RATE, values[row, 2] / SAMPLE_RATE
        for n in range(out.shape[1]):
            envelope = min(n / attack, max(0.0, 1 - (n - attack) / decay))
            out[row, n] = math.sin(np.float32(2 * math.pi * ((n * step) % 1.0))) * envelope


def _fill(workload: Workload, values: Values) -> bytes:
    return workload.code.format(**dict(zip(workload.parameters, values[0].tolist(), strict=True))).encode()
