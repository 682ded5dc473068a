"""numba's cache of compiled functions, kept in one folder by content instead of beside each source file.

numba names its files by the place of the sources and their time of change, and each process adds to them what it
compiles. But machine code from several processes does not mix: functions are told apart by numbers that each process
counts for itself, so that one may be linked to another's namesake. So one process writes a folder, and then it is only
read.
"""

from __future__ import annotations

import inspect
import logging
import sys
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import llvmlite.binding
from numba.core import caching
from numba.core.compiler_lock import global_compiler_lock

__all__ = ["FolderCache"]

log = logging.getLogger(__name__)


class _Locator(caching._CacheLocator):
    """Says where a function is kept."""

    def __init__(self, py_func: Any, folder: Path) -> None:
        self._folder = folder
        self._line = py_func.__code__.co_firstlineno
        self._py_file = inspect.getfile(py_func)  # numba names it in a warning

    def get_cache_path(self) -> str:
        return str(self._folder)

    def get_source_stamp(self) -> str:
        return ""  # the folder's name stands for the sources

    def get_disambiguator(self) -> str:
        return str(self._line)


class _Impl(caching.CompileResultCacheImpl):
    def __init__(self, py_func: Any, folder: Path) -> None:
        self._lineno = py_func.__code__.co_firstlineno
        self._locator = _Locator(py_func, folder)
        name = f"{py_func.__module__}.{py_func.__qualname__}"
        self._filename_base = self.get_filename_base(name, getattr(sys, "abiflags", ""))

    def reduce(self, data: Any) -> Any:
        """Machine code, and of the code that it was made of the names alone.

        The rest is for functions that are compiled into others; reading it would take half of what loading takes.
        """
        (library, kind, (machine_code, _)), described, *rest = super().reduce(data)
        names = described.llvm_func_name, described.llvm_cpython_wrapper_name
        stubs = "".join(f'define void @"{name}"() {{ unreachable }}\n' for name in names)
        return (library, kind, (machine_code, llvmlite.binding.parse_assembly(stubs).as_bitcode())), described, *rest


class FolderCache(caching.FunctionCache):
    """What a function compiles to, in a folder.

    Parameters
    ----------
    py_func : the function before it was compiled
    folder : where its code is looked for, and kept while it is in ``open``

    Attributes
    ----------
    open : folders that this process is filling
    """

    open: ClassVar[set[Path]] = set()

    def __init__(self, py_func: Any, folder: Path) -> None:
        self._folder = folder
        self._impl_class: Any = partial(_Impl, folder=folder)
        super().__init__(py_func)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """What was kept for a signature; None where there is nothing.

        numba's own way first loads all that code could be compiled with, and then compiles its runtime: more than half
        of what a first sound waits for. Code without reference counts needs neither; whoever compiles loads them then.
        """
        try:
            with global_compiler_lock:
                return self._load_overload(sig, target_context)
        except OSError:
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep compiled code; what cannot be written is there in memory all the same."""
        if self._folder not in self.open or not self._folder.is_dir():
            return
        try:
            super().save_overload(sig, data)
        except OSError as error:
            self.open.discard(self._folder)
            log.warning("compiled code cannot be kept in %s: %s", self._folder, error.strerror)
