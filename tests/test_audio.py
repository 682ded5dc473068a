import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from scipy.io import wavfile

from benchmarks.drums.measures import compiled_librosa
from raveforce import audio
from raveforce.audio import AudioError
from raveforce.glicol.samples import make_recording
from raveforce.recordings import find_recordings

SECONDS = 0.5
librosa = compiled_librosa()


def sine(rate: int, frequency: float = 440.0) -> NDArray[np.float64]:
    return 0.5 * np.sin(2 * np.pi * frequency * np.arange(round(SECONDS * rate)) / rate)


def pitch(sound: NDArray[np.float32], rate: int) -> float:
    return float(np.abs(np.fft.rfft(sound)).argmax() * rate / len(sound))


@pytest.mark.parametrize(
    ("name", "subtype", "rate"),
    [
        ("a.wav", "PCM_16", 44100),
        ("a.wav", "PCM_24", 48000),
        ("a.wav", "FLOAT", 22050),
        ("a.wav", "PCM_U8", 8000),
        ("a.flac", "PCM_24", 96000),
        ("a.aiff", "PCM_16", 44100),
        ("a.ogg", "VORBIS", 44100),
        ("a.mp3", "MPEG_LAYER_III", 44100),
    ],
)
@pytest.mark.parametrize("channels", [1, 2])
def test_any_format_rate_and_channels(tmp_path: Path, name: str, subtype: str, rate: int, channels: int) -> None:
    soundfile.write(tmp_path / name, np.column_stack([sine(rate)] * channels), rate, subtype=subtype)
    sound, got = audio.load(tmp_path / name, sample_rate=44100)
    assert (got, sound.dtype, sound.ndim) == (44100, np.float32, 1)
    # mp3 pads its ends.
    assert len(sound) / got == pytest.approx(SECONDS, abs=0.06 if name.endswith("mp3") else 1e-3)
    assert pitch(sound, got) == pytest.approx(440, abs=5)
    assert np.abs(sound).max() == pytest.approx(0.5, abs=0.05)


def test_the_rate_of_the_file_can_be_kept(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", sine(22050), 22050)
    sound, rate = audio.load(tmp_path / "a.wav", sample_rate=None)
    assert (rate, len(sound)) == (22050, 11025)


def test_channels_are_averaged(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.column_stack([sine(44100), 0 * sine(44100)]), 44100, subtype="FLOAT")
    sound, _ = audio.load(tmp_path / "a.wav")
    np.testing.assert_allclose(sound, sine(44100) / 2, atol=1e-6)


def _corrupt(path: Path) -> None:
    path.write_bytes(b"RIFF0000WAVEnonsense" * 20)


def _truncated_header(path: Path) -> None:
    soundfile.write(path, sine(44100), 44100)
    path.write_bytes(path.read_bytes()[:20])


def _no_samples(path: Path) -> None:
    soundfile.write(path, np.zeros((0, 1)), 44100)


def _not_finite(path: Path) -> None:
    soundfile.write(path, np.array([0.1, np.nan, 0.1]), 44100, subtype="FLOAT")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: None, "does not exist"),
        (lambda path: path.mkdir(), "is a folder"),
        (lambda path: path.touch(), "empty file"),
        pytest.param(
            lambda path: os.mkfifo(path),
            "is a pipe or a device",
            marks=pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names"),
        ),
        (_corrupt, "cannot be read as audio"),
        (_truncated_header, "cannot be read as audio"),
        (_no_samples, "holds no samples"),
        (_not_finite, "NaN or infinite"),
        (lambda path: soundfile.write(path, np.zeros(1000), 44100), "silent"),
        (lambda path: soundfile.write(path, np.ones(8000 * 61) / 2, 8000), "lasts 61.0 s"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_name(tmp_path: Path, make: object, said: str) -> None:
    path = tmp_path / "sound.wav"
    make(path)  # type: ignore[operator]
    with pytest.raises(AudioError, match=said) as caught:
        audio.load(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("sound", "said"),
    [
        (np.zeros((2, 100)), "mono"),
        ([], "empty"),
        (np.array([1, 2, 3]), "integers"),
        (np.array([1j]), "real"),
        (["a"], "real"),
    ],
)
def test_arrays_that_are_no_sound(sound: object, said: str) -> None:
    with pytest.raises(AudioError, match=said):
        audio.as_audio(sound)  # type: ignore[arg-type]


def test_trim_keeps_the_sound_and_little_else() -> None:
    sound = np.concatenate([np.zeros(10_000), sine(44100), np.zeros(10_000)]).astype(np.float32)
    trimmed = audio.trim(sound)
    assert len(sine(44100)) <= len(trimmed) <= len(sine(44100)) + 1024
    assert np.abs(trimmed).max() == np.abs(sound).max()


def test_written_sound_is_read_back_to_the_bit(tmp_path: Path) -> None:
    sound = np.random.default_rng(0).normal(0, 2, 1000).astype(np.float32)  # beyond full scale: no clipping
    audio.write(tmp_path / "a.wav", sound, 44100)
    back, _ = audio.load(tmp_path / "a.wav")
    np.testing.assert_array_equal(back, sound)


@pytest.mark.parametrize("top_db", [20.0, 60.0])
@pytest.mark.parametrize("silence", [(0, 0), (3000, 5001), (127, 9000)])
def test_trimming_is_librosas(top_db: float, silence: tuple[int, int]) -> None:
    decay = np.exp(-np.arange(20_000) / 900) * np.sin(np.arange(20_000) / 9)
    sound = np.pad(decay, silence).astype(np.float32)
    theirs, _ = librosa.effects.trim(sound, top_db=top_db, frame_length=512, hop_length=128)
    np.testing.assert_array_equal(audio.trim(sound, top_db=top_db), theirs)


@pytest.mark.parametrize(("rate", "new"), [(48000, 44100), (22050, 44100), (44100, 16000), (8000, 44100)])
def test_resampling_is_librosas(rate: int, new: int) -> None:
    sound = np.random.default_rng(0).normal(size=12_345).astype(np.float32)
    theirs = librosa.resample(sound, orig_sr=rate, target_sr=new)
    np.testing.assert_array_equal(audio.resample(sound, rate, new), theirs)


SINE = (0.5 * np.sin(np.arange(8000) / 10)).astype(np.float32)


def test_a_path_that_names_no_user_is_a_file_that_is_not_there() -> None:
    with pytest.raises(AudioError, match=r"^~kick\.wav does not exist"):
        audio.load("~kick.wav")
    with pytest.raises(AudioError, match=r"^~kicks is no folder"):
        find_recordings("~kicks")
    with pytest.raises(ValueError, match=r"~kick\.wav"):
        make_recording("kick", "~kick.wav", 44100)


def test_what_a_file_holds_counts_and_not_how_it_is_called(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", SINE, 8000)
    for name in ("a.raw", "a.mp3", "a.RAW", "a"):
        shutil.copy(tmp_path / "a.wav", tmp_path / name)
        assert len(audio.load(tmp_path / name, sample_rate=8000)[0]) == len(SINE)
    (tmp_path / "a.raw").write_bytes(SINE.tobytes())
    with pytest.raises(AudioError, match=r"a\.raw cannot be read as audio: .*Format not recognised"):
        audio.load(tmp_path / "a.raw")


def test_files_in_which_one_cannot_go_back_are_read(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "gsm.wav", SINE, 8000, subtype="GSM610")
    sound, _ = audio.load(tmp_path / "gsm.wav", sample_rate=8000)
    assert np.corrcoef(sound[: len(SINE)], SINE)[0, 1] > 0.99


def test_a_small_file_that_holds_much_takes_no_more_memory_than_its_sound(tmp_path: Path) -> None:
    sound = np.zeros((2_800_000, 8), np.float32)
    sound[:100] = 0.5
    soundfile.write(tmp_path / "much.flac", sound, 48_000)
    assert (tmp_path / "much.flac").stat().st_size < 1_000_000
    code = f"""
import resource, sys
from raveforce import audio
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
sound, _ = audio.load({str(tmp_path / "much.flac")!r}, sample_rate=None)
print(len(sound), (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    samples, megabytes = map(int, done.stdout.split())
    assert samples == len(sound)
    assert megabytes < 75, "all channels are 90 MB"


def test_a_sample_far_beyond_full_scale_is_refused(tmp_path: Path) -> None:
    loud = SINE.copy()
    loud[3] = 3e38
    soundfile.write(tmp_path / "loud.wav", loud, 8000, subtype="FLOAT")
    with pytest.raises(AudioError, match=r"loud.wav has a peak of 3e\+38; full scale is 1, the most is 10"):
        audio.load(tmp_path / "loud.wav")
    with pytest.raises(AudioError, match="has a peak of 20"):
        audio.as_audio(SINE * 40)
    with pytest.raises(AudioError, match=r"has a peak of 1e\+300"):
        audio.as_audio(np.array([1e300, 0.0]))


def test_channels_that_cancel_each_other_are_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.column_stack([SINE, -SINE]), 8000)
    with pytest.raises(AudioError, match="channels cancel each other out"):
        audio.load(tmp_path / "a.wav")


def test_the_same_sound_is_the_same_file(tmp_path: Path) -> None:
    """libsndfile writes the time of day into wavs of floats."""
    for name in ("a.wav", "b.wav"):
        audio.write(tmp_path / name, sine(44100), 44100)
        time.sleep(1.1)
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()


def test_files_are_what_scipy_writes(tmp_path: Path) -> None:
    sound = sine(8000).astype(np.float32)
    audio.write(tmp_path / "ours.wav", sound, 8000)
    wavfile.write(tmp_path / "theirs.wav", 8000, sound)
    assert (tmp_path / "ours.wav").read_bytes() == (tmp_path / "theirs.wav").read_bytes()
    with pytest.raises(ValueError, match=r"not \[2, 2000\]"):
        audio.write(tmp_path / "ours.wav", sound.reshape(2, -1), 8000)


def test_what_is_too_high_for_the_rate_is_silent(tmp_path: Path) -> None:
    soundfile.write(
        tmp_path / "a.wav", np.hanning(48000) * np.sin(np.arange(48000) * np.pi * 0.9), 48000, subtype="FLOAT"
    )
    with pytest.raises(AudioError, match=r"resampled to 8000 Hz, is silent"):
        audio.load(tmp_path / "a.wav", sample_rate=8000)
