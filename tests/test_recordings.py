from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from raveforce.audio import AudioError
from raveforce.augmentation import Augmentation, make_augmentation
from raveforce.recordings import SPLITS, fit, from_folder, kit_of, split_kits
from raveforce.tasks import match

RATE = 22050


def drum(pitch: float, seconds: float) -> NDArray[np.float32]:
    time = np.arange(round(seconds * RATE)) / RATE
    return (0.4 * np.sin(2 * np.pi * pitch * time) * np.exp(-time / 0.05)).astype(np.float32)


@pytest.fixture
def kits(tmp_path: Path) -> Path:
    """Ten kits with two takes of a kick and a snare each, all of different lengths."""
    for kit in range(10):
        folder = tmp_path / f"kit{kit}" / "drums"
        folder.mkdir(parents=True)
        for take in range(2):
            soundfile.write(folder / f"kick_{take}.wav", drum(50 + kit, 0.1 + 0.01 * kit), RATE)
            soundfile.write(folder / f"Snare {take}.wav", drum(200 + kit, 0.2), RATE)
    return tmp_path


def test_a_kit_is_never_on_two_sides(kits: Path) -> None:
    found = {split: from_folder(kits, sample_rate=RATE, split=split) for split in SPLITS}
    folders = {split: {kit_of(name) for name in source.names} for split, source in found.items()}
    assert all(folders.values())
    assert sum(map(len, folders.values())) == len(set.union(*folders.values())) == 10
    assert sum(len(source.names) for source in found.values()) == 40


def test_all_splits_have_one_length_though_recordings_have_many(kits: Path) -> None:
    lengths = {from_folder(kits, sample_rate=RATE, split=split, files="kick").samples for split in SPLITS}
    assert len(lengths) == 1
    spaces = {str(match(kits, split=split, files="kick", sample_rate=RATE).duration) for split in SPLITS}
    assert len(spaces) == 1


def test_files_are_chosen_by_their_paths(kits: Path) -> None:
    snares = from_folder(kits, sample_rate=RATE, files="snare")
    assert len(snares.names) == 20
    assert all("Snare" in name for name in snares.names)
    with pytest.raises(AudioError, match="no recordings whose path has 'cowbell'"):
        from_folder(kits, sample_rate=RATE, files="cowbell")
    with pytest.raises(ValueError, match="not a regular expression"):
        from_folder(kits, sample_rate=RATE, files="(")


def test_more_kits_move_none_where_no_split_is_empty() -> None:
    names = [f"kit {index}" for index in range(100)]
    before, after = split_kits(names[:60]), split_kits(names)
    assert set(before.values()) == set(SPLITS)
    assert all(after[name] == split for name, split in before.items())
    counts = [list(after.values()).count(split) for split in SPLITS]
    assert counts[0] > 60
    assert min(counts) >= 3


@pytest.mark.parametrize("count", range(1, 12))
def test_few_kits_leave_no_split_empty(count: int) -> None:
    splits = split_kits(f"{count}/{index}" for index in range(count))
    assert set(splits.values()) == set(("train", "test", "validation")[:count])


def test_one_kit_cannot_be_split(tmp_path: Path) -> None:
    for take in range(3):
        soundfile.write(tmp_path / f"kick_{take}.wav", drum(50, 0.1), RATE)
    assert len(from_folder(tmp_path, sample_rate=RATE, split="train").names) == 3
    with pytest.raises(AudioError, match=r"1 kit \(kick\).*split=null"):
        from_folder(tmp_path, sample_rate=RATE, split="test")


def test_what_is_cut_fades_and_what_is_padded_is_silent() -> None:
    cut = fit(np.ones(1000, np.float32), 500, 1000)
    assert cut[:480].min() == 1
    assert cut[-1] == 0
    padded = fit(np.ones(10, np.float32), 20, 1000)
    assert padded[10:].max() == 0


def test_takes_differ_by_seed_and_only_in_training(kits: Path) -> None:
    options = {"augment": True, "files": "kick", "sample_rate": RATE}
    train = match(kits, **options).targets
    first, again, other = (train.draw(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    test = match(kits, split="test", **options).targets
    plain = match(kits, split="test", files="kick", sample_rate=RATE).targets
    assert np.array_equal(test.draw(np.random.default_rng(0)), plain.draw(np.random.default_rng(0)))


def pitch(sound: NDArray[np.float32]) -> float:
    spectrum = np.abs(np.fft.rfft(sound, 8 * RATE))
    return float(spectrum.argmax()) / 8


def test_each_augmentation_does_what_it_says() -> None:
    sound = np.pad(drum(400, 0.4), (0, RATE // 2))
    none = {"speed": 0, "gain": 0, "decay": 0, "noise": None, "room": 0}
    assert np.allclose(Augmentation(**none)(sound, np.random.default_rng(0), RATE), sound)

    def takes(**part: float) -> list[NDArray[np.float32]]:
        return [Augmentation(**{**none, **part})(sound, np.random.default_rng(seed), RATE) for seed in range(40)]

    octaves = np.log2([pitch(take) / 400 for take in takes(speed=0.5)])
    assert -0.55 < octaves.min() < -0.3
    assert 0.3 < octaves.max() < 0.55
    assert all(len(take) * pitch(take) == pytest.approx(len(sound) * 400, rel=0.02) for take in takes(speed=0.5))
    levels = 20 * np.log10([np.abs(take).max() / np.abs(sound).max() for take in takes(gain=12)])
    assert levels.min() < -9
    assert -3 < levels.max() <= 0
    tail = slice(len(sound) // 8, len(sound) // 4)
    assert min(np.square(take[tail]).sum() for take in takes(decay=60)) < 0.5 * np.square(sound[tail]).sum()
    silent = slice(-RATE // 4, None)
    hiss = [np.abs(take[silent]).max() for take in takes(noise=-40)]
    assert 0.3 < np.mean(np.array(hiss) > 1e-6) < 0.7
    assert max(hiss) < 0.4 * 10 ** (-40 / 20) * 6
    later = slice(round(0.42 * RATE), None)
    assert max(np.square(take[later]).sum() for take in takes(room=0.5)) > 1e-5 > np.square(sound[later]).sum()


def test_settings_of_augmentations_are_checked(kits: Path) -> None:
    assert make_augmentation({"speed": 1.0}) == Augmentation(speed=1.0)
    assert make_augmentation(False) is None
    with pytest.raises(ValueError, match="does not take pitch; it takes speed"):
        make_augmentation({"pitch": 1})
    with pytest.raises(ValueError, match=r"augment\.gain must be 0 or more"):
        Augmentation(gain=-1)
    with pytest.raises(ValueError, match="augment and files are for recordings"):
        match(augment=True)


def test_one_unreadable_file_is_left_out_and_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for index in range(3):
        soundfile.write(tmp_path / f"{index}.wav", np.sin(np.arange(4000) / (index + 3)) / 2, 8000)
    (tmp_path / "broken.wav").write_bytes(b"not a wav")
    found = from_folder(tmp_path, sample_rate=8000)
    assert found.names == ("0.wav", "1.wav", "2.wav")
    assert "broken.wav cannot be read as audio" in caplog.text
    for index in range(4):
        (tmp_path / f"broken{index}.wav").write_bytes(b"not a wav")
    with pytest.raises(AudioError, match=r"cannot be read .*\(5 of 8 cannot be used\)"):
        from_folder(tmp_path, sample_rate=8000)
