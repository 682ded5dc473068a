"""Compiled code is kept whole, shared by content, and never mixed from several processes."""

from __future__ import annotations

import importlib
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import raveforce.fourier
import raveforce.glicol.native.kernel

ROOT = Path(__file__).resolve().parent.parent

KERNEL = '''
import numba
import numpy as np
from raveforce._compile import keep


def scaled(factor):
    def scale(x):
        return factor * x
    scale.__qualname__ = f"scale_by_{factor}"
    return numba.njit(scale)


double, treble = scaled(2.0), scaled(3.0)


def both(x):
    """Which -OO takes away."""
    return double(x) + treble(x)


both = keep(numba.njit(both), "toy", "toy_sources")
'''
MAIN = """
import logging, sys
logging.basicConfig(format="%(message)s", level=logging.WARNING, stream=sys.stdout)
from raveforce._compile import load_compiled
made = load_compiled("toy_sources.kernel", name="toy", sources=("toy_sources",), what="the toy", duration="a second",
                     warm=lambda module: module.both(0.0))
print(made.both(2.0), sum(made.both.stats.cache_hits.values()) if made.both.stats.cache_path else None)
"""


def begin(place: Path, cache: Path, code: str = MAIN, **environment: str) -> subprocess.Popen[str]:
    package = place / "toy_sources"
    if not package.exists():
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "kernel.py").write_text(KERNEL)
    env = {**os.environ, "RAVEFORCE_CACHE": str(cache), "PYTHONPATH": f"{ROOT}{os.pathsep}{place}", **environment}
    return subprocess.Popen([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, text=True)


def run(place: Path, cache: Path, code: str = MAIN, **environment: str) -> str:
    process = begin(place, cache, code, **environment)
    out, _ = process.communicate(timeout=300)
    assert process.returncode == 0
    return out


def test_a_second_start_and_a_second_clone_compile_nothing(tmp_path: Path) -> None:
    first = run(tmp_path / "one", tmp_path / "cache")
    assert "once on this machine" in first
    assert "10.0 0" in first
    assert run(tmp_path / "one", tmp_path / "cache") == "10.0 1\n"
    assert run(tmp_path / "another place", tmp_path / "cache") == "10.0 1\n"


def test_what_python_leaves_out_is_compiled_once_too(tmp_path: Path) -> None:
    run(tmp_path / "one", tmp_path / "cache")
    for level in ("1", "2"):
        assert "once on this machine" in run(tmp_path / "one", tmp_path / "cache", PYTHONOPTIMIZE=level)
        assert run(tmp_path / "one", tmp_path / "cache", PYTHONOPTIMIZE=level) == "10.0 1\n"
    assert run(tmp_path / "one", tmp_path / "cache") == "10.0 1\n"


@pytest.mark.parametrize("harm", ["cut off", "killed", "changed"])
def test_what_is_not_whole_is_compiled_again(harm: str, tmp_path: Path) -> None:
    run(tmp_path / "one", tmp_path / "cache")
    (folder,) = (path for path in (tmp_path / "cache" / "toy").iterdir() if path.is_dir())
    (index,), (data,) = folder.glob("*.nbi"), folder.glob("*.nbc")
    if harm == "cut off":
        index.write_bytes(index.read_bytes()[:-20])
    elif harm == "killed":
        (folder / "manifest.json").unlink()
        data.unlink()
    else:
        data.write_bytes(data.read_bytes().replace(b"@", b"A"))
    again = run(tmp_path / "one", tmp_path / "cache")
    assert "not whole" in again
    assert "10.0" in again
    assert run(tmp_path / "one", tmp_path / "cache") == "10.0 1\n"


def test_who_loads_what_was_kept_can_compile_something_else(tmp_path: Path) -> None:
    run(tmp_path / "one", tmp_path / "cache")
    code = (
        MAIN
        + """
import numba, numpy as np
print(numba.njit(lambda x: np.linalg.norm(np.full(4, x)) + len(str(int(x))))(2.0))
"""
    )
    assert run(tmp_path / "one", tmp_path / "cache", code=code) == "10.0 1\n5.0\n"


def test_one_process_compiles_and_the_others_wait(tmp_path: Path) -> None:
    started = [begin(tmp_path / "one", tmp_path / "cache") for _ in range(3)]
    outs = [process.communicate(timeout=300)[0] for process in started]
    assert sorted("compiling" in out for out in outs) == [False, False, True]
    assert all("10.0" in out for out in outs)


def test_without_a_place_it_is_compiled_in_memory_and_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    out = run(tmp_path / "one", tmp_path / "file" / "cache")
    assert "for this process alone" in out
    assert "RAVEFORCE_CACHE" in out
    assert "10.0" in out


def test_no_two_compiled_functions_share_a_name() -> None:
    """Else one may be linked to the other where code compiled in several processes meets."""
    names: dict[tuple[str, str], int] = {}
    for package in (raveforce.fourier, raveforce.glicol.native.kernel):
        for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            for value in vars(importlib.import_module(found.name)).values():
                function = getattr(value, "py_func", None)
                if function is not None:
                    key = function.__module__, function.__qualname__
                    assert names.setdefault(key, id(value)) == id(value), key
    assert len(names) > 20
