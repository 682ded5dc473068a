import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import fft

from raveforce import fourier, spectra
from raveforce.distances import MultiScaleSpectral, make_distance, measure_rows
from raveforce.fourier.load import load_kernels
from raveforce.fourier.plan import Space, make_plan

Array = NDArray[np.float32]


def noise(rows: int, samples: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).normal(0, 0.3, (rows, samples)).astype(np.float32)


def reference(audio: Array, n_fft: int, hop: int) -> NDArray[np.float64]:
    """Power spectra frame by frame, in double precision."""
    padded = np.pad(audio.astype(np.float64), ((0, 0), (n_fft // 2, n_fft + hop)))
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)
    starts = range(0, audio.shape[1] + 1, hop)
    frames = np.stack([padded[:, start : start + n_fft] for start in starts], axis=1)
    return np.square(np.abs(fft.rfft(frames * window))) / (n_fft / 4) ** 2


@pytest.mark.parametrize("n_fft", [2**k for k in range(3, 14)])
@pytest.mark.parametrize("parts", [1, 2, 4, 8])
def test_powers_are_those_of_a_plain_transform(n_fft: int, parts: int) -> None:
    hop = n_fft // parts
    # Tones of all levels and noise; lengths that no hop divides.
    sounds = noise(2, 3 * n_fft + 17)
    sounds[0] = np.sin(np.arange(sounds.shape[1]) * 0.3)
    wanted = reference(sounds, n_fft, hop)
    ours = fourier.powers(sounds, n_fft, hop)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, wanted, rtol=1e-4, atol=1e-6 * wanted.max())


@settings(max_examples=60, deadline=None)
@given(
    samples=st.integers(0, 700),
    n_fft=st.sampled_from([8, 16, 32, 64, 128, 256, 512]),
    hop=st.integers(1, 300),
    rows=st.integers(1, 3),
)
def test_any_length_and_hop(samples: int, n_fft: int, hop: int, rows: int) -> None:
    sounds = noise(rows, samples, seed=samples)
    wanted = reference(sounds, n_fft, hop)
    np.testing.assert_allclose(fourier.powers(sounds, n_fft, hop), wanted, rtol=1e-4, atol=1e-5)


def test_a_long_sound_leaves_nothing_behind_in_the_next() -> None:
    loud, quiet = noise(1, 999), 1e-3 * noise(1, 999, seed=1)
    alone = fourier.powers(quiet, 64, 16)
    fourier.powers(np.concatenate([loud, loud]), 64, 16)
    np.testing.assert_array_equal(fourier.powers(quiet, 64, 16), alone)
    both = fourier.powers(np.concatenate([loud, quiet]), 64, 16)
    np.testing.assert_array_equal(both[1:], alone)
    assert (fourier.powers(np.zeros((1, 999), np.float32), 64, 16) == 0).all()


@settings(max_examples=100, deadline=None)
@given(samples=st.integers(0, 500), n_fft=st.sampled_from([8, 16, 64, 256]), hop=st.integers(1, 300))
def test_nothing_is_written_outside_its_place(samples: int, n_fft: int, hop: int) -> None:
    plan = make_plan(samples, n_fft, hop)
    fence = 64
    fields = [np.full(size + 2 * fence, 7, np.float32) for size in (*plan.room, 2 * plan.frames * plan.bins)]
    *space, result = (field[fence:-fence] for field in fields)
    arguments = (noise(2, samples), plan.hop, plan.width, plan.tables, plan.places, Space(*space))
    load_kernels().powers(*arguments, result.reshape(2, plan.frames, plan.bins))
    for field in fields:
        assert (field[:fence] == 7).all()
        assert (field[-fence:] == 7).all()


def test_other_lengths_go_through_scipy() -> None:
    assert fourier.supports(1024)
    assert not any(fourier.supports(n_fft) for n_fft in (4, 600, 1000, 1023))
    sounds = noise(2, 3000)
    wanted = reference(sounds, 600, 150)
    np.testing.assert_allclose(spectra.power(sounds, n_fft=600, hop_length=150), wanted, rtol=1e-4, atol=1e-6)
    mixed = MultiScaleSpectral(n_ffts=(512, 600))
    target = mixed.features(sounds[:1])
    np.testing.assert_allclose(mixed.measure(sounds, target), mixed.between(mixed.features(sounds), target), rtol=1e-6)
    assert mixed.measure(sounds, target)[0] == 0


@pytest.mark.parametrize("floor", [1e-4, fourier.LEAST_FLOOR])
def test_differences_are_good_over_all_levels(floor: float) -> None:
    levels = np.logspace(-12, 4, 4000).astype(np.float32)[:, None]
    tone = np.cos(np.pi / 2 * np.arange(64)).astype(np.float32)
    ours, other = (fourier.magnitudes(sounds, 16, 4) for sounds in (levels * tone, tone[None]))
    squares, logarithms = fourier.magnitude_differences(levels * tone, 16, 4, floor, other)
    exact, other = ours.astype(np.float64), other.astype(np.float64)
    np.testing.assert_allclose(squares, np.square(exact - other).sum(axis=1), rtol=1e-5, atol=1e-6)
    wanted = np.abs(np.log(np.maximum(exact, floor)) - np.log(np.maximum(other, floor)))
    np.testing.assert_allclose(logarithms, wanted.sum(axis=1), rtol=1e-6, atol=1e-6 * wanted.shape[1])


@pytest.mark.parametrize("samples", [5000, 5003])
def test_silence_at_the_end_is_left_out_and_changes_nothing(samples: int) -> None:
    mss, sounds = make_distance("mss"), noise(4, samples)
    for row, end in enumerate((0, 1, 2000, 2100)):
        sounds[row, end:] = 0
    # What is too quiet to have any power is transformed all the same.
    quiet = np.where(sounds == 0, np.float32(1e-30), sounds)
    target = mss.features(noise(1, samples, seed=1))
    np.testing.assert_array_equal(measure_rows(mss, sounds, target), measure_rows(mss, quiet, target))
    for n_fft, hop in ((512, 128), (64, 100)):
        np.testing.assert_array_equal(fourier.powers(sounds, n_fft, hop), fourier.powers(quiet, n_fft, hop))
    mels = (spectra.log_mel(audio, sample_rate=44100) for audio in (sounds, quiet))
    np.testing.assert_array_equal(*mels)


@pytest.mark.parametrize("kind", ["mss", "log_mel", {"mss": 1, "sot": 2}])
@pytest.mark.parametrize("samples", [1, 50, 5003])
def test_measuring_is_comparing_features(kind: str | dict[str, float], samples: int) -> None:
    made = make_distance(kind)
    sounds, targets = noise(5, samples), noise(5, samples, seed=1)
    for wanted in (targets[:1], targets):
        features = made.features(wanted)
        compared = made.between(made.features(sounds), features)
        np.testing.assert_allclose(measure_rows(made, sounds, features), compared, rtol=1e-5)
    np.testing.assert_array_equal(measure_rows(made, sounds, made.features(sounds)), np.zeros(5))
    alone = [measure_rows(made, sound[None], made.features(targets[:1]))[0] for sound in sounds]
    np.testing.assert_array_equal(measure_rows(made, sounds, made.features(targets[:1])), alone)


def test_features_of_other_sounds_are_refused() -> None:
    target = fourier.magnitudes(noise(2, 500), 64, 16)
    for wrong in (noise(2, 501 + 16), noise(3, 500)):
        with pytest.raises(ValueError, match="another length or number"):
            fourier.magnitude_differences(wrong, 64, 16, 1e-4, target)


def test_nothing_is_compiled_but_at_the_start() -> None:
    kernels, made = load_kernels(), make_distance({"mss": 1, "log_mel": 1, "sot": 1})
    sounds = noise(3, 500)
    for audio in (sounds, sounds[:, ::2], sounds[:1], np.broadcast_to(sounds[0], (2, 500)), sounds.astype(np.float64)):
        measure_rows(made, audio, made.features(audio))
    for function in (kernels.powers, kernels.log_mels, kernels.magnitudes, kernels.magnitude_differences):
        assert len(function.signatures) == 1


def test_broken_sounds_stay_broken() -> None:
    sounds = noise(3, 500)
    sounds[1, 100] = np.nan
    mel = spectra.log_mel(sounds, sample_rate=44100, n_fft=256, hop_length=64, n_mels=8)
    assert np.isfinite(mel[[0, 2]]).all()
    assert np.isnan(mel[1]).any()


@pytest.mark.slow
def test_a_first_start_compiles_with_a_notice_and_a_second_does_not(tmp_path: Path) -> None:
    code = "import numpy, raveforce.fourier as f; f.powers(numpy.ones((1, 64), 'float32'), 64, 16)"
    environment = {**os.environ, "RAVEFORCE_CACHE": str(tmp_path), "PYTHONPATH": "."}
    notices = []
    for _ in range(2):
        run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment)
        notices.append("compiling the spectra" in run.stderr)
    assert notices == [True, False]


@pytest.mark.slow
def test_wider_registers_change_no_bit(tmp_path: Path) -> None:
    code = """
import sys, hashlib
import numpy as np
from raveforce.fourier import plan
plan.count_lanes = lambda: int(sys.argv[1])
from raveforce import spectra
from raveforce.distances import make_distance, measure_rows
sounds = np.random.default_rng(0).normal(0, 0.3, (3, 5003)).astype(np.float32)
sounds[1, 2000:] = 0
mss = make_distance("mss")
heard = [measure_rows(mss, sounds, mss.features(target)) for target in (sounds[2:], sounds[::-1].copy())]
heard += [spectra.power(sounds, n_fft=n, hop_length=n // 4) for n in (8, 64, 4096)]
heard.append(spectra.log_mel(sounds, sample_rate=44100))
print(hashlib.sha256(b"".join(each.tobytes() for each in heard)).hexdigest())
"""
    heard = set()
    for lanes in (8, 16):
        environment = {**os.environ, "RAVEFORCE_CACHE": str(tmp_path / str(lanes)), "PYTHONPATH": "."}
        command = [sys.executable, "-c", code, str(lanes)]
        heard.add(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)
    assert len(heard) == 1
