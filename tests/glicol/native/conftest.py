from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from raveforce.glicol import Program, open_engine

CLOSE = 1e-4
"""Largest difference of the engines at full scale."""
CLOSE_TO_PEAK = 1e-5
"""And in proportion to the peak of what is louder than that."""


def both(
    program: Program | str, steps: Sequence[tuple[Sequence[float], int]], **options: Any
) -> tuple[np.ndarray, np.ndarray]:
    """Play steps of (values, samples) with both engines, however busy the machine is."""
    played = []
    options.setdefault("deadline", 300)  # the real engine's is one of the clock on the wall
    for kind in ("native", "wasm"):
        engine = open_engine(program, kind=kind, **options)
        played.append(np.concatenate([engine.play([values], samples)[0] for values, samples in steps]))
        engine.close()
    return played[0], played[1]


def assert_same(native: np.ndarray, wasm: np.ndarray, tolerance: float = CLOSE) -> None:
    """Compare sounds; where one is infinite or no number, so is the other."""
    native, wasm = native.astype(float), wasm.astype(float)
    finite = np.isfinite(wasm)
    np.testing.assert_array_equal(np.isfinite(native), finite)
    if finite.any():
        peak = np.abs(wasm[finite]).max()
        worst = np.abs(native[finite] - wasm[finite]).max()
        assert worst <= max(tolerance, CLOSE_TO_PEAK * peak), f"{worst:.2g} off, peak {peak:.3g}"


@pytest.fixture(scope="session")
def check() -> Callable[..., None]:
    """Play a program's steps with both engines and compare."""

    def run(
        program: Program | str,
        steps: Sequence[tuple[Sequence[float], int]] = (((), 88200),),
        tolerance: float = CLOSE,
        **options: Any,
    ) -> None:
        assert_same(*both(program, steps, **options), tolerance)

    return run
