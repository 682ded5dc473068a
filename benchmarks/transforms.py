"""Our compiled spectra against the Fourier transforms of other libraries.

The work is that of the distance ``mss`` on sounds of noise that do not end: six sizes of frames, hop a quarter, one
thread. The others get their frames cut and windowed beforehand and only transform them; of what must follow (magnitude,
logarithm, difference, sum) nothing is counted. Ours are counted whole. Libraries that are not installed are left
out: ``pip install ducc0 pyfftw mkl_fft``.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import fft

from benchmarks.workloads import KICK
from raveforce import fourier
from raveforce.distances.spectral import MultiScaleSpectral

__all__ = ["transforms_alone"]

Array = NDArray[np.float32]
Transform = Callable[[Array], Any]


def transforms_alone(rows: int = 64, rounds: int = 15) -> dict[str, float]:
    """Least time of each contender, µs a sound; they take turns, so that a busy moment hits all of them.

    Parameters
    ----------
    rows : sounds of the length of the kick
    rounds : how often each is measured
    """
    sounds = np.random.default_rng(0).normal(0, 0.3, (rows, KICK.samples)).astype(np.float32)
    mss = MultiScaleSpectral()
    target = mss.features(sounds[:1])
    frames = [_frames(row, n_fft) for n_fft in mss.n_ffts for row in sounds]
    contenders: dict[str, Callable[[], Any]] = {
        "ours: the whole of mss": lambda: mss.measure(sounds, target),
        "ours: window, transform, power": lambda: [fourier.powers(sounds, n, n // 4) for n in mss.n_ffts],
    }
    for name, make in _libraries():
        contenders[f"{name}: the transforms"] = _over(make, frames)
    least = dict.fromkeys(contenders, np.inf)
    for _ in range(rounds):
        for name, run in contenders.items():
            began = time.perf_counter()
            run()
            least[name] = min(least[name], (time.perf_counter() - began) / rows * 1e6)
    return least


def _frames(sound: Array, n_fft: int) -> Array:
    """Frames of a sound, windowed, float32 [frames, n_fft]."""
    cut = sliding_window_view(np.pad(sound, n_fft // 2), n_fft)[:: n_fft // 4]
    return np.ascontiguousarray(cut * np.hanning(n_fft).astype(np.float32))


def _over(make: Callable[[Array], Transform], frames: list[Array]) -> Callable[[], None]:
    """One transform a shape, made beforehand, over all frames."""
    transforms = {each.shape: make(each) for each in frames}

    def run() -> None:
        for each in frames:
            transforms[each.shape](each)

    return run


def _libraries() -> Iterator[tuple[str, Callable[[Array], Transform]]]:
    """Names of the libraries that are here, and what makes a transform of frames of one shape."""
    yield "scipy", lambda frames: fft.rfft
    with suppress(ImportError):
        ducc: Any = importlib.import_module("ducc0")

        def by_ducc(frames: Array) -> Transform:
            out = np.empty((len(frames), frames.shape[1] // 2 + 1), np.complex64)
            return lambda each: ducc.fft.r2c(each, axes=(1,), out=out, nthreads=1)

        yield "ducc0", by_ducc
    with suppress(ImportError):
        fftw: Any = importlib.import_module("pyfftw")

        def by_fftw(frames: Array) -> Transform:
            source = fftw.empty_aligned(frames.shape, np.float32)
            out = fftw.empty_aligned((len(frames), frames.shape[1] // 2 + 1), np.complex64)
            plan = fftw.FFTW(source, out, axes=(1,), flags=("FFTW_MEASURE",), threads=1)

            def transform(each: Array) -> None:
                source[:] = each
                plan.execute()

            return transform

        yield "pyFFTW, planned", by_fftw
    with suppress(ImportError):
        mkl: Any = importlib.import_module("mkl_fft")
        with suppress(ImportError):
            importlib.import_module("mkl").set_num_threads(1)

        def by_mkl(frames: Array) -> Transform:
            out = np.empty((len(frames), frames.shape[1] // 2 + 1), np.complex64)
            return lambda each: mkl.rfft(each, axis=1, out=out)

        yield "MKL", by_mkl
