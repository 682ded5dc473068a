"""Sounds shared among threads come out as by one."""

import numpy as np
import pytest

from raveforce import fourier
from raveforce.distances import make_distance, measure_rows
from raveforce.fourier import threads
from raveforce.fourier.threads import SAMPLES_A_THREAD, in_shares
from raveforce.spectra import log_mel

pytestmark = pytest.mark.xdist_group("threads")


@pytest.fixture(autouse=True)
def three_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "most_threads", lambda: 3)


def shares(rows: int, samples: int) -> list[slice]:
    taken: list[slice] = []
    in_shares(taken.append, rows, samples)
    return sorted(taken, key=lambda share: share.start)


@pytest.mark.parametrize("rows", [0, 1, 2, 7, 64])
@pytest.mark.parametrize("samples", [0, 100, SAMPLES_A_THREAD // 8, 2 * SAMPLES_A_THREAD])
def test_shares_make_up_all_rows_once(rows: int, samples: int) -> None:
    taken = shares(rows, samples)
    assert [row for share in taken for row in range(share.start, share.stop)] == list(range(rows))
    assert len(taken) <= 3
    assert len(taken) == 1 or rows * samples >= len(taken) * SAMPLES_A_THREAD


def test_little_work_is_not_shared() -> None:
    assert len(shares(8, 17640)) == 1
    assert len(shares(64, 17640)) == 3


def test_rows_sound_alike_shared_or_alone() -> None:
    sounds = np.random.default_rng(0).normal(0, 0.1, (48, SAMPLES_A_THREAD // 16)).astype(np.float32)
    targets = sounds[::-1].copy()
    distance = make_distance("mss")
    one, each = distance.features(targets[:1]), distance.features(targets)
    together = [
        log_mel(sounds, sample_rate=44100),
        fourier.powers(sounds, 1024, 256),
        *each,
        measure_rows(distance, sounds, one),
        measure_rows(distance, sounds, each),
    ]
    for row in (0, 17, 47):
        own = slice(row, row + 1)
        part = distance.features(targets[own])
        alone = [
            log_mel(sounds[own], sample_rate=44100),
            fourier.powers(sounds[own], 1024, 256),
            *part,
            measure_rows(distance, sounds[own], one),
            measure_rows(distance, sounds[own], part),
        ]
        for ours, other in zip(together, alone, strict=True):
            np.testing.assert_array_equal(ours[own], other)
