"""Getting the kernels: compiled once, with a notice, into the user's cache folder."""

from __future__ import annotations

from functools import cache
from types import ModuleType

import numpy as np

from raveforce._compile import load_compiled
from raveforce.fourier.plan import make_plan, make_space

__all__ = ["SOURCES", "load_kernels"]

SOURCES = ("raveforce.fourier", "raveforce._subnormals")
"""What the compiled code depends on."""


@cache
def load_kernels() -> ModuleType:
    """Import the kernels and make sure that they are compiled; the first time takes some seconds, and says so."""
    return load_compiled(
        "raveforce.fourier.kernels",
        name="fourier",
        sources=SOURCES,
        what="the spectra",
        duration="ten seconds",
        warm=_warm,
    )


def _warm(kernels: ModuleType) -> None:
    """Call every function, with no rows."""
    plan = make_plan(0, 8, 2)
    first = (np.zeros((0, 0), np.float32), plan.hop, plan.width, plan.tables, plan.places, make_space(plan.room))
    few, ints, flat = np.zeros(3, np.float32), np.zeros(0, np.int64), np.zeros((0, 0), np.float32)
    cube = np.zeros((0, 1, 1), np.float32)
    kernels.powers(*first, cube)
    kernels.log_mels(*first, np.zeros((2, 0), np.int64), ints, few, few, few, cube)
    kernels.magnitudes(*first, 1, flat)
    kernels.magnitude_differences(*first, 1, few, flat, few, np.zeros((2, 0)))
