"""Opening an engine for a program."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache
from typing import Any

from raveforce.glicol.errors import EngineUnavailable, GlicolError
from raveforce.glicol.program import Program
from raveforce.glicol.protocol import Engine
from raveforce.glicol.samples import Samples
from raveforce.registry import Registry

__all__ = ["ENGINES", "open_engine"]

log = logging.getLogger(__name__)

ENGINES: Registry[Callable[..., Engine]] = Registry("engine", group="raveforce.engines")
"""Kinds of engine by name: called with a program, ``rows``, ``sample_rate``, ``samples`` and the engine's options."""

NATIVE_OPTIONS = {"num_threads"}
WASM_OPTIONS = {"memory_limit", "runtime"}


def open_engine(
    program: str | Program,
    rows: int = 1,
    sample_rate: int = 44100,
    kind: str = "auto",
    *,
    samples: Samples | None = None,
    **options: Any,
) -> Engine:
    """Open an engine for a program.

    Parameters
    ----------
    program : template text or a Program
    rows : how many copies play side by side
    sample_rate : Hz
    kind : "wasm", the real Glicol in a sandbox, plays everything; "native" plays common nodes many times
        faster and sounds the same; "auto" takes native where the program allows; or an engine of your own by its
        entry point or path
    samples : recordings for ``sp`` by name: arrays [samples] or [channels, samples] at the engine's rate, pairs of
        array and rate in Hz, or paths
    **options : passed on to the engine: ``bpm``, ``seed``, ``deadline`` (seconds a row may take over a
        call); for native ``num_threads``; for wasm ``memory_limit`` (bytes a row may use), ``runtime``
        ("wasmtime" or "wasmer"). "auto" takes them all.

    Raises
    ------
    EngineUnavailable
        The engine's binary or runtime is missing.
    GlicolError, ProgramError
        The program is wrong.
    UnknownName
        There is no such kind of engine.

    Examples
    --------
    >>> engine = open_engine("o: sin {freq}", rows=2)
    >>> engine.play([[220], [440]], samples=1000).shape
    (2, 1000)
    """
    if isinstance(program, str):
        program = Program(program)
    return ENGINES.get(kind)(program, rows=rows, sample_rate=sample_rate, samples=samples, **options)


@ENGINES.register("auto")
def _open_auto(program: Program, **options: Any) -> Engine:
    for_native = {name: value for name, value in options.items() if name not in WASM_OPTIONS}
    try:
        return _open_native(program, **for_native)
    except (EngineUnavailable, GlicolError) as error:
        # A wrong program comes here too: the real engine has the last word on what is wrong with it.
        _say_once(f"playing with the slower wasm engine: {getattr(error, 'message', error)}")
    return _open_wasm(program, **{name: value for name, value in options.items() if name not in NATIVE_OPTIONS})


@ENGINES.register("native")
def _open_native(program: Program, **options: Any) -> Engine:
    try:
        from raveforce.glicol.native.engine import NativeEngine
    except ImportError as error:
        raise EngineUnavailable(f"the native engine needs numba and lark: {error}") from error
    return NativeEngine(program, **options)


@ENGINES.register("wasm")
def _open_wasm(program: Program, **options: Any) -> Engine:
    from raveforce.glicol.wasm.engine import WasmEngine

    return WasmEngine(program, **options)


@cache
def _say_once(message: str) -> None:
    log.info(message)
