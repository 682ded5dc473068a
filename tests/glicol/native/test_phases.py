"""Phases, added sample by sample by the engine, are the same however few additions are made here."""

from __future__ import annotations

import numpy as np
import pytest

from raveforce.glicol import open_engine

ROWS = 40
SAMPLES = 20_000


def frequencies(sample_rate: int) -> np.ndarray:
    """From hardly any to beyond half the rate; some have few digits, so that additions end in ties."""
    rng = np.random.default_rng(5)
    spread = np.exp(rng.uniform(np.log(1e-3), np.log(0.6 * sample_rate), ROWS - 16))
    few_digits = sample_rate * rng.integers(1, 64, 12) / 2.0 ** rng.integers(12, 26, 12)
    return np.concatenate([spread, few_digits, [0.0, -50.0, 1e-9, sample_rate]]).astype(np.float32)


def phases(frequency: np.ndarray, sample_rate: int) -> np.ndarray:
    """Phases [rows, samples], added one by one in float32."""
    step = frequency / np.float32(sample_rate)
    phase, found = np.zeros_like(step), np.empty((SAMPLES, len(step)), np.float32)
    for i in range(SAMPLES):
        found[i] = phase
        phase = phase + step
        phase = np.where(phase > 1, phase - np.float32(1), phase)
    return found.T


@pytest.mark.parametrize("sample_rate", [44100, 65536])
def test_a_saw_has_the_phases_of_single_additions(sample_rate):
    frequency = frequencies(sample_rate)
    saw = open_engine("o: saw {}", ROWS, sample_rate, "native").play(frequency[:, np.newaxis], SAMPLES)
    np.testing.assert_array_equal(saw, phases(frequency, sample_rate) * np.float32(2) - np.float32(1))


@pytest.mark.parametrize("rows", [1, ROWS])
@pytest.mark.parametrize("sample_rate", [44100, 65536])
def test_a_sine_that_is_only_heard_stays_close_to_them(sample_rate, rows):
    frequency = frequencies(sample_rate)
    engine = open_engine("o: sin {}", rows, sample_rate, "native")
    found = []
    for first in range(0, ROWS, rows):
        engine.reset()
        found.append(engine.play(frequency[first : first + rows, np.newaxis], SAMPLES))
    expected = np.sin(2 * np.pi * phases(frequency, sample_rate).astype(float))
    np.testing.assert_allclose(np.concatenate(found), expected, rtol=0, atol=1.2e-5)


def test_phases_looked_up_ahead_are_those_of_a_row_alone():
    template = "o: sin {} >> mul ~b >> add ~c; ~b: sin {}; ~c: sin {} >> mul 0.3"
    rng = np.random.default_rng(1)
    steps = [(rng.permuted(np.tile(frequencies(44100), (3, 1)), axis=1).T, n) for n in (3000, 77, 500, 1, 4000)]
    together = open_engine(template, ROWS, kind="native", num_threads=1)
    batch = np.concatenate([together.play(values, samples) for values, samples in steps], 1)
    for row in range(ROWS):
        alone = open_engine(template, kind="native")
        sound = np.concatenate([alone.play(values[row : row + 1], samples) for values, samples in steps], 1)
        np.testing.assert_array_equal(sound[0], batch[row])
