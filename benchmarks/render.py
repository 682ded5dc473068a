"""How long it takes from new parameters to a sound: ``python -m benchmarks.render``.

Every contender renders the same kick drum, with other parameters each time. They take turns, so that a
machine that slows down slows all of them down; compare ratios of one run.
"""

from __future__ import annotations

import argparse
import statistics
import struct
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import wasmtime
from numpy.typing import NDArray

from raveforce.glicol import BLOCK, open_engine
from raveforce.glicol.wasm.binary import load_binary
from raveforce.glicol.wasm.machine import BLOCK_BYTES, REQUEST
from raveforce.glicol.wasm.runtime import open_runtime

KICK = "~env: imp 0.1 >> envperc {} {}\nkick: sin {} >> mul ~env"
SECONDS = 0.3
SAMPLE_RATE = 44100
SAMPLES = int(SECONDS * SAMPLE_RATE)
TURN = 10
BLOCKS = -(-SAMPLES // BLOCK)

Values = NDArray[np.float64]
Render = Callable[[Values], NDArray[np.float32]]


def engine(kind: str) -> Render:
    """Ours, as an environment of one row uses it."""
    opened = open_engine(KICK, sample_rate=SAMPLE_RATE, kind=kind)

    def render(values: Values) -> NDArray[np.float32]:
        opened.reset()
        return opened.play(values[np.newaxis], SAMPLES)[0]

    return render


def bare_loop() -> Render:
    """The same runtime and block loop with nothing around them: what any engine in Python must pay."""
    instance = open_runtime("wasmtime", interruptible=False).instantiate(deadline=1e6, memory_limit=2**28)
    header = instance.call("prepare", float(SAMPLE_RATE), 120.0, 42.0)
    out = instance.call("reserve", (BLOCKS + 1) * BLOCK_BYTES)
    text_at = instance.call("reserve", 4096)
    instance.call("keep")
    memory = instance.memory()
    sound = np.frombuffer(memory, np.float32, SAMPLES, out)

    def render(values: Values) -> NDArray[np.float32]:
        text = KICK.format(*values.tolist()).encode()
        memory[text_at : text_at + len(text)] = text
        REQUEST.pack_into(memory, header, 1, text_at, len(text), out, BLOCKS)
        instance.play()
        return sound.copy()

    return render


def first_raveforce() -> Render:
    """The first RaveForce's way: a crossing for every block, every sample unpacked on its own."""
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
        text = KICK.format(*values.tolist()).encode()
        text_at = call("alloc_uint8array", len(text))
        memory.write(store, text, text_at)
        call("update", text_at, len(text))
        out = call("alloc", 2 * BLOCK)
        left: list[float] = []
        for _ in range(BLOCKS):
            call("process", silence, out, 2 * BLOCK, result)
            # As it did: the bytes become a list, both channels are unpacked, and the console is always read.
            block = list(memory.read(store, out, out + 8 * BLOCK))
            frames = [struct.unpack("<f", bytearray(block[at : at + 4]))[0] for at in range(0, 8 * BLOCK, 4)]
            "".join(map(chr, filter(None, memory.read(store, result, result + 256))))
            left.extend(frames[:BLOCK])
        return np.array(left[:SAMPLES], np.float32)

    return render


CONTENDERS: dict[str, Callable[[], Render]] = {
    "RaveForce, engine wasm": lambda: engine("wasm"),
    "bare loop on wasmtime": bare_loop,
    "first RaveForce's loop": first_raveforce,
}


def parameters(rounds: int) -> list[Values]:
    """Attack, decay and frequency for every round."""
    random = np.random.default_rng(0)
    return list(random.uniform([0.0001, 0.1, 30], [0.1, 0.2, 300], size=(rounds, 3)))


def measure(contenders: dict[str, Render], rounds: int) -> dict[str, float]:
    """Median µs of each contender; turns of a few sounds, lest one pay for another's use of the caches."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    values = parameters(rounds)
    for turn in range(0, rounds, TURN):
        for name, render in contenders.items():
            for parameter in values[turn : turn + TURN]:
                start = time.perf_counter()
                render(parameter)
                times[name].append(time.perf_counter() - start)
    return {name: 1e6 * statistics.median(taken) for name, taken in times.items()}


def check(contenders: dict[str, Render]) -> None:
    """See that all contenders make the same sound (numbers are printed with more digits by some)."""
    values = parameters(1)[0]
    ours, *others = [render(values) for render in contenders.values()]
    for name, other in zip(list(contenders)[1:], others, strict=True):
        difference = float(np.abs(ours - other).max())
        if not difference < 1e-5:
            raise SystemExit(f"{name} makes another sound: it differs by up to {difference:g}")


def main() -> None:
    """Measure, and print a table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=200, help="sounds each contender renders (default 200)")
    rounds = arguments.parse_args().rounds
    contenders = {name: make() for name, make in CONTENDERS.items()}
    check(contenders)
    medians = measure(contenders, rounds)
    ours = next(iter(medians.values()))
    print(f"kick of {SECONDS} s at {SAMPLE_RATE} Hz, medians of {rounds}, new parameters every time\n")
    print(f"{'':28} {'µs':>10} {'÷ ours':>10}")
    for name, median in medians.items():
        print(f"{name:28} {median:10.1f} {median / ours:10.2f}")


if __name__ == "__main__":
    main()
