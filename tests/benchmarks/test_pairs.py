import numpy as np

from benchmarks import distances as pairs
from raveforce.distances import make_distance


def test_band_levels_put_every_pair_in_order() -> None:
    assert pairs.wrong_pairs(make_distance("band_levels")) == []


def test_the_waveform_prefers_silence_to_the_right_noise() -> None:
    wrong = pairs.wrong_pairs(make_distance("waveform"))
    assert any(pair.startswith("hat: next noise (") and "silence" in pair for pair in wrong)


def test_sounds_are_those_that_they_are_called() -> None:
    for target, sounds in pairs.PAIRS.values():
        for _, near, _, far in sounds:
            assert near.shape == far.shape == target.shape
            assert near.dtype == far.dtype == np.float32
            assert np.abs(near - target).max() > 0.001
    np.testing.assert_allclose(pairs.kick(phase=0.5), -pairs.kick(), atol=1e-6)
    assert (pairs.hat(late=0.01)[:441] == 0).all()
