"""Importing large packages, and ending with them, without looking for garbage meanwhile."""

from __future__ import annotations

import atexit
import gc
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

__all__ = ["end_at_once", "end_quickly", "uncollected", "without"]

FROZEN_BY_PYTHON = 1000
"""Python 3.12 begins with some hundred frozen objects of its own."""


@contextmanager
def uncollected() -> Iterator[None]:
    """Collect no garbage meanwhile.

    A large package makes some hundred thousand objects that all stay: Python goes through them again and again, for a
    fifth of the time that importing takes, and finds nothing. Afterwards they count as old, else the next collections
    of what is young would go through all of them.

    Examples
    --------
    >>> with uncollected():
    ...     gc.isenabled()
    False
    >>> gc.isenabled()
    True
    """
    collecting, modules = gc.isenabled(), len(sys.modules)
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            # Freezing also makes Python forget how much it has to look through. Done where nothing was imported, again
            # and again, it would keep Python from ever looking.
            imported = len(sys.modules) > modules
            if imported and gc.get_freeze_count() < FROZEN_BY_PYTHON:  # unless somebody keeps objects frozen
                gc.freeze()
                gc.unfreeze()  # into the oldest generation
            gc.enable()


@contextmanager
def without(module: str) -> Iterator[None]:
    """Let a module count as not installed meanwhile: some packages import others wherever they are, used or not.

    Examples
    --------
    >>> with without("tabnanny"):
    ...     import tabnanny
    Traceback (most recent call last):
    ModuleNotFoundError: import of tabnanny halted; None in sys.modules
    >>> import tabnanny
    """
    if module in sys.modules:
        yield
        return
    sys.modules[module] = None  # type: ignore[assignment]  # as Python's documentation says to do
    try:
        yield
    finally:
        del sys.modules[module]


def end_quickly() -> None:
    """Look for no garbage when this process ends.

    Python goes once more through all that large packages made, which takes as long as a short command itself, and the
    memory goes with the process anyway. For commands, which close what they open: objects that wait to be collected are
    not told that the end has come; what is registered with ``atexit`` is.
    """
    atexit.register(gc.freeze)


def end_at_once() -> NoReturn:
    """End this process, which did what it was to do, without taking apart what large packages made.

    That takes a fifth of a second after PyTorch was used. All else is done as Python does it at the end: threads are
    waited for, and then what is registered with ``atexit`` is called.
    """
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(0)
