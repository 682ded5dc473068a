"""What the compiled code relies on in numba beyond its public interface; a new numba that moves it fails here first."""

from __future__ import annotations

import importlib
import re
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = pytest.importorskip("tomllib", reason="Python 3.10 reads no TOML")

from raveforce.fourier.simd import inlined, multiply_add, splat
from raveforce.glicol.native.kernel.jit import jitted, prefer_wide_vectors

ROOT = Path(__file__).resolve().parent.parent
HINT = "numba moved what is used of its internals: mend raveforce/fourier, or lower the bound in pyproject.toml"

USED = {
    "numba.core.cgutils": ("get_item_pointer", "get_or_insert_function", "pack_array", "unpack_tuple"),
    "numba.core.types": ("Type",),
    "numba.core.caching": ("_CacheLocator",),
    "numba.core.errors": ("RequireLiteralValue",),
    "numba.core.compiler_lock": ("global_compiler_lock",),
    "numba.core.typing.templates": ("ConcreteTemplate", "infer_global", "signature"),
    "numba.extending": ("intrinsic", "lower_builtin", "models", "register_model"),
}


@pytest.mark.parametrize("module", USED)
def test_the_names_are_where_they_were(module: str) -> None:
    loaded = importlib.import_module(module)
    for name in USED[module]:
        assert hasattr(loaded, name), f"{module}.{name}: {HINT}"


def test_every_internal_that_is_imported_is_listed() -> None:
    for path in (ROOT / "raveforce").rglob("*.py"):
        for module, names in re.findall(r"^from (numba\.[\w.]+) import (.+)$", path.read_text(), re.MULTILINE):
            for name in re.findall(r"\w+", names):
                listed = name in USED.get(module, ()) or f"{module}.{name}" in USED
                assert listed, f"{path.name} imports {module}.{name}"


def _llvm(function: Any) -> str:
    return "".join(function.inspect_llvm().values())


def test_code_without_reference_counts_has_none() -> None:
    @jitted
    def inner(rows: Any, at: int) -> Any:
        return rows[at] * np.float32(2)

    @jitted
    def outer(rows: Any) -> None:
        for i in range(8):
            rows[i] = inner(rows, i)

    outer(np.ones(8, np.float32))
    code = _llvm(outer)
    assert "NRT_incref" not in code, HINT
    assert not re.search(r"call .*inner", code), f"functions are no longer inlined; {HINT}"


def test_loops_take_wide_vectors_where_they_are_told_to() -> None:
    @jitted
    def double(rows: Any) -> None:
        prefer_wide_vectors()
        for i in range(64):
            rows[i] = rows[i] + rows[i]

    rows = np.ones(64, np.float32)
    double(rows)
    assert (rows == 2).all()
    assert '"prefer-vector-width"="512"' in _llvm(double), HINT


def test_lanes_are_one_value() -> None:
    from numba import types
    from numba.extending import intrinsic

    from raveforce.fourier.simd import lanes

    @intrinsic
    def all_of(typing: Any, number: Any) -> Any:
        from raveforce.fourier.simd import FLOATS

        return lanes(types.float32), lambda context, builder, signature, values: splat(builder, values[0], FLOATS)

    @intrinsic
    def third(typing: Any, value: Any) -> Any:
        from llvmlite import ir

        def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            return builder.extract_element(values[0], ir.Constant(ir.IntType(32), 3))

        return types.float32(lanes), code

    @inlined
    def run(number: Any) -> Any:
        a = all_of(number)
        return third(multiply_add(a * a - a, a, a) + a)

    assert run(np.float32(3)) == 9 - 3 + 9 + 3


def test_numba_has_an_upper_bound_and_is_within_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (bound,) = [each for each in project["dependencies"] if each.startswith("numba") and "<" in each]
    floor, ceiling = (tuple(map(int, found.split("."))) for found in re.findall(r"[\d.]+", bound))
    installed = tuple(map(int, version("numba").split(".")[:2]))
    assert floor <= installed < ceiling
