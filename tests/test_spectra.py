import numpy as np
import pytest
import scipy.fft
from numpy.typing import NDArray

from benchmarks.drums.measures import compiled_librosa
from raveforce import spectra

RATE = 44100
librosa = compiled_librosa()


@pytest.fixture
def sounds() -> NDArray[np.float32]:
    return np.random.default_rng(0).normal(0, 0.2, (5, 9000)).astype(np.float32)


@pytest.mark.parametrize("n_fft", [64, 512, 2048])
def test_magnitudes_are_librosas_but_for_the_scale(sounds: NDArray[np.float32], n_fft: int) -> None:
    ours = spectra.magnitudes(sounds, n_fft=n_fft, hop_length=n_fft // 4)
    theirs = np.abs(librosa.stft(sounds, n_fft=n_fft, hop_length=n_fft // 4, pad_mode="constant"))
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, theirs.transpose(0, 2, 1) / (n_fft / 4), atol=1e-5)


def test_a_full_scale_sine_has_magnitude_one() -> None:
    sine = np.sin(2 * np.pi * 64 * RATE / 1024 * np.arange(RATE) / RATE).astype(np.float32)
    magnitudes = spectra.magnitudes(sine[None], n_fft=1024, hop_length=256)
    assert magnitudes[0, 20].max() == pytest.approx(1, abs=1e-3)
    assert magnitudes[0, 20].argmax() == 64


def test_mel_is_librosas(sounds: NDArray[np.float32]) -> None:
    power = np.square(spectra.magnitudes(sounds, n_fft=1024, hop_length=256)).transpose(0, 2, 1)
    theirs = librosa.feature.melspectrogram(S=power, sr=RATE, n_mels=40, norm=None)
    ours = spectra.log_mel(sounds, sample_rate=RATE, n_mels=40)
    np.testing.assert_allclose(ours, np.log(np.maximum(theirs, 1e-5)).transpose(0, 2, 1), atol=1e-3)


def test_silence_lies_on_the_floor() -> None:
    mel = spectra.log_mel(np.zeros((1, 4410), np.float32), sample_rate=RATE)
    np.testing.assert_allclose(mel, np.log(1e-5), rtol=1e-6)


def test_rows_do_not_depend_on_each_other(sounds: NDArray[np.float32]) -> None:
    alone = np.concatenate([spectra.log_mel(sound[None], sample_rate=RATE) for sound in sounds])
    np.testing.assert_array_equal(spectra.log_mel(sounds, sample_rate=RATE), alone)


@pytest.mark.parametrize(("bands", "count"), [(64, 20), (65, 65), (16, 30), (1, 1)])
def test_the_cepstrum_is_scipys(bands: int, count: int) -> None:
    mel = np.random.default_rng(0).normal(-5, 5, (3, 7, bands)).astype(np.float32)
    ours, theirs = spectra.cepstrum(mel, count), scipy.fft.dct(mel, norm="ortho")[..., :count]
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, theirs, atol=3e-5)
    np.testing.assert_array_equal(spectra.cepstrum(mel[:1], count), ours[:1])
