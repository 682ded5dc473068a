"""Opening an engine for a program."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from raveforce._imports import uncollected
from raveforce.glicol.errors import EngineUnavailable, GlicolError, UnsupportedProgram
from raveforce.glicol.program import Program
from raveforce.glicol.protocol import Engine
from raveforce.glicol.samples import Samples
from raveforce.registry import Registry, check_options

if TYPE_CHECKING:
    from raveforce.glicol.wasm.engine import WasmEngine

__all__ = ["ENGINES", "open_engine"]

log = logging.getLogger(__name__)

ENGINES: Registry[Callable[..., Engine]] = Registry("engine", group="raveforce.engines")
"""Kinds of engine by name: called with a program, ``rows``, ``sample_rate``, ``samples`` and the engine's options."""

NATIVE_OPTIONS = {"num_threads"}
WASM_OPTIONS = {"memory_limit", "runtime"}
COMMON_OPTIONS = ("bpm", "seed", "deadline")
OWN_OPTIONS = {
    "auto": (*COMMON_OPTIONS, *sorted(NATIVE_OPTIONS | WASM_OPTIONS)),
    "native": (*COMMON_OPTIONS, *sorted(NATIVE_OPTIONS)),
    "wasm": (*COMMON_OPTIONS, *sorted(WASM_OPTIONS)),
}
"""What the kinds that come with the package take."""


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
    if kind in OWN_OPTIONS:
        check_options(f"the engine {kind}", options, OWN_OPTIONS[kind])
    return ENGINES.get(kind)(program, rows=rows, sample_rate=sample_rate, samples=samples, **options)


@ENGINES.register("auto")
def _open_auto(program: Program, **options: Any) -> Engine:
    for_native = {name: value for name, value in options.items() if name not in WASM_OPTIONS}
    for_wasm = {name: value for name, value in options.items() if name not in NATIVE_OPTIONS}
    try:
        return _open_native(program, **for_native)
    except UnsupportedProgram as error:
        why = error.message
    except GlicolError as error:
        if _is_wrong_text(program, for_wasm):
            raise
        why = error.message
    except EngineUnavailable as error:
        why = str(error)
    _say_once(f"playing with the slower wasm engine: {why}")
    return _open_wasm(program, **for_wasm)


def _is_wrong_text(program: Program, options: dict[str, Any]) -> bool:
    """Whether the real engine, which has the last word, refuses a text as well, its blanks filled with anything."""
    with _open_wasm(program, **{**options, "rows": 1}) as engine:
        try:
            engine.play([[0 if name in program.words else 1 for name in program.blanks]], 1)
        except GlicolError as error:
            return error.kind in ("syntax", "reference")
    return False


@ENGINES.register("native")
def _open_native(program: Program, **options: Any) -> Engine:
    try:
        with uncollected():
            from raveforce.glicol.native.engine import NativeEngine
    except ImportError as error:
        raise EngineUnavailable(f"the native engine needs numba and lark: {error}") from error
    return NativeEngine(program, **options)


@ENGINES.register("wasm")
def _open_wasm(program: Program, **options: Any) -> WasmEngine:
    from raveforce.glicol.wasm.engine import WasmEngine

    return WasmEngine(program, **options)


@cache
def _say_once(message: str) -> None:
    log.info(message)
