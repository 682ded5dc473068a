"""Numbers next to zero are zero in compiled code: the processor takes a hundred times as long for them.

What a filter leaves behind a sound decays through float32's subnormal numbers, those below 1.2e-38, and stays there;
nobody hears it. On processors other than x86-64 and AArch64 nothing changes.
"""

from __future__ import annotations

import platform
from typing import Any

import numba
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

__all__ = ["flush_subnormals", "put_back"]

WORD = ir.IntType(32)
X86 = 1 << 15 | 1 << 6
"""Of x86's MXCSR: results that would be subnormal are zero (FTZ), and so are inputs (DAZ)."""
ARM = 1 << 24
"""Of AArch64's FPCR: both (FZ)."""


def _machine() -> str:
    return {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())


def _read(builder: Any) -> Any:
    """The thread's control word of floating point."""
    if _machine() == "x86_64":
        place = cgutils.alloca_once(builder, WORD)
        _call(builder, "llvm.x86.sse.stmxcsr", place)
        return builder.load(place)
    if _machine() == "aarch64":
        wide = ir.IntType(64)
        code = ir.InlineAsm(ir.FunctionType(wide, []), "mrs $0, fpcr", "=r", side_effect=True)
        return builder.trunc(builder.call(code, []), WORD)
    return ir.Constant(WORD, 0)


def _write(builder: Any, word: Any) -> None:
    if _machine() == "x86_64":
        _call(builder, "llvm.x86.sse.ldmxcsr", cgutils.alloca_once_value(builder, word))
    elif _machine() == "aarch64":
        wide = ir.IntType(64)
        code = ir.InlineAsm(ir.FunctionType(ir.VoidType(), [wide]), "msr fpcr, $0", "r", side_effect=True)
        builder.call(code, [builder.zext(word, wide)])


def _call(builder: Any, name: str, place: Any) -> None:
    pointer = ir.IntType(8).as_pointer()
    function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(ir.VoidType(), [pointer]), name)
    builder.call(function, [builder.bitcast(place, pointer)])


@intrinsic
def flush_subnormals(typing: Any) -> Any:
    """Let subnormal numbers be zero in this thread; return what ``put_back`` takes."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        before = _read(builder)
        _write(builder, builder.or_(before, ir.Constant(WORD, ARM if _machine() == "aarch64" else X86)))
        return before

    return numba.uint32(), code


@intrinsic
def put_back(typing: Any, word: Any) -> Any:
    """Compute as before ``flush_subnormals`` gave the word: whoever called expects that."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        _write(builder, values[0])
        return context.get_dummy_value()

    return types.void(types.uint32), code
