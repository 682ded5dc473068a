"""What this machine could give at best: the two patches written by hand for sixteen rows, a vector's lanes.

The same work under the same promise (the engine's phases and filter, sample by sample, within 1e-4 of it), but
nothing else: no graph, no rows of their own, no numbers that change, no other patch.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from benchmarks.workloads import SAMPLE_RATE, Render, Values, Workload

__all__ = ["by_hand"]

Array = NDArray[np.float32]
LANES, BLOCK = 16, 128
QUARTER = LANES * BLOCK // 4
F = np.float32
ZERO, HALF, ONE, TWO = F(0), F(0.5), F(1), F(2)
# What a lane keeps, each LANES times.
PHASE, STEP, RISEN, FALLEN, UP, DOWN, X1, X2, Y1, Y2, A0, A1, B1, B2 = (LANES * i for i in range(14))
PERIOD = SAMPLE_RATE // 4
"""Samples between the steps of the bass."""

jitted: Any = numba.njit(nogil=True, error_model="numpy", forceinline=True, fastmath=False)


def by_hand(workload: Workload, rows: int, threads: int = 1) -> Render:
    """Render rows, sixteen at a time."""
    kernel = {"kick": _kick, "bass": _bass}[workload.name]
    pool = ThreadPoolExecutor(threads)

    def render(values: Values) -> Array:
        out = np.empty((rows, workload.samples), np.float32)

        def play(share: NDArray[np.int64]) -> None:
            scratch = np.zeros((3, LANES * BLOCK), np.float32)
            for first in range(share[0], share[-1] + 1, LANES):
                lanes = slice(first, first + LANES)
                kernel(values[lanes].astype(np.float32), out[lanes], *scratch)

        list(pool.map(play, np.array_split(np.arange(rows), threads)))
        return out

    return render


@jitted
def _start(values: Array, state: Array) -> None:
    state[:] = ZERO
    for j in range(LANES):
        state[STEP + j] = values[j, 2] / F(SAMPLE_RATE)
        rise, fall = F(int(values[j, 0] * F(SAMPLE_RATE))), F(int(values[j, 1] * F(SAMPLE_RATE)))
        state[RISEN + j], state[FALLEN + j] = rise, rise + fall
        state[UP + j], state[DOWN + j] = ONE / rise, ONE / fall


@jitted
def _phase(state: Array, j: int) -> Any:
    phase = state[PHASE + j]
    after = phase + state[STEP + j]
    state[PHASE + j] = after - ONE if after > ONE else after
    return phase


@jitted
def _envelope(state: Array, j: int, age: Any) -> Any:
    down = max((state[FALLEN + j] - age) * state[DOWN + j], ZERO)
    return age * state[UP + j] if age <= state[RISEN + j] else down


@jitted
def _deal(cards: Array, out: Array) -> None:
    for i in range(QUARTER):
        out[i], out[QUARTER + i] = cards[4 * i], cards[4 * i + 1]
        out[2 * QUARTER + i], out[3 * QUARTER + i] = cards[4 * i + 2], cards[4 * i + 3]


@jitted
def _hand_out(mixed: Array, other: Array, out: Array, at: int) -> None:
    """Turn samples of lanes into lanes of samples: dealt in fours, twice."""
    _deal(mixed, other)
    _deal(other, mixed)
    for j in range(LANES):
        for i in range(np.uint64(min(BLOCK, out.shape[1] - at))):
            out[j, np.uint64(at) + i] = mixed[np.uint64(j * BLOCK) + i]


@numba.njit(nogil=True, error_model="numpy", fastmath={"contract"})
def _kick(values: Array, out: Array, state: Array, mixed: Array, other: Array) -> None:
    _start(values, state)
    for at in range(0, out.shape[1], BLOCK):
        for i in range(BLOCK):
            age = F(np.int32(at + i))
            for j in range(LANES):
                phase = _phase(state, j)
                halves = np.floor(phase + phase + HALF)
                r = phase - HALF * halves
                z = r * r
                p = (F(39.536215090485726) * z - F(76.54972093337369)) * z + F(81.60100155721027)
                y = r * ((p * z - F(41.34165499398982)) * z + F(6.28318515994336))
                mixed[i * LANES + j] = (-y if halves == ONE else y) * _envelope(state, j, age)
        _hand_out(mixed, other, out, at)


@numba.njit(nogil=True, error_model="numpy", fastmath=False)
def _bass(values: Array, out: Array, state: Array, mixed: Array, other: Array) -> None:
    _start(values, state)
    for j in range(LANES):
        theta, q = TWO * F(math.pi) * values[j, 3] / F(SAMPLE_RATE), values[j, 4]
        damping = F(math.sin(np.float64(theta))) / q / TWO
        beta = HALF * (ONE - damping) / (ONE + damping)
        gamma = (HALF + beta) * F(math.cos(np.float64(theta)))
        state[A0 + j], state[A1 + j] = (HALF + beta - gamma) / TWO, HALF + beta - gamma
        state[B1 + j], state[B2 + j] = -TWO * gamma, TWO * beta
    age = 0
    for at in range(0, out.shape[1], BLOCK):
        for i in range(BLOCK):
            now = F(np.int32(age))
            for j in range(LANES):
                x1, y1 = state[X1 + j], state[Y1 + j]
                y = state[A1 + j] * x1 + state[A0 + j] * state[X2 + j]
                y = y - state[B1 + j] * y1 - state[B2 + j] * state[Y2 + j]
                state[X2 + j], state[X1 + j] = x1, _phase(state, j) * TWO - ONE
                state[Y2 + j], state[Y1 + j] = y1, y
                mixed[i * LANES + j] = y * _envelope(state, j, now)
            age = age + 1 if age + 1 < PERIOD else 0
        _hand_out(mixed, other, out, at)
