from pathlib import Path

import numpy as np
import pytest
import soundfile

from raveforce.audio import AudioError
from raveforce.targets import FixedTarget, RandomPrograms, from_file
from raveforce.tasks.kick import kick

RNG = np.random.default_rng(0)


def test_a_fixed_target_is_always_the_same_and_cannot_be_changed() -> None:
    target = FixedTarget([0.0, 0.5, -0.5])
    assert target.samples == 3
    assert target.draw(RNG) is target.draw(RNG)
    with pytest.raises(ValueError, match="read-only"):
        target.draw(RNG)[0] = 1


def test_a_fixed_target_does_not_follow_the_array_it_was_made_from() -> None:
    sound = np.ones(10, np.float32)
    target = FixedTarget(sound)
    sound[:] = 0
    assert target.draw(RNG).all()


def test_a_recording_is_resampled_trimmed_and_normalised(tmp_path: Path) -> None:
    sine = 0.1 * np.sin(2 * np.pi * 300 * np.arange(24000) / 48000)
    sound = np.concatenate([np.zeros(24000), sine, np.zeros(24000)])
    soundfile.write(tmp_path / "a.flac", np.column_stack([sound, sound]), 48000, subtype="PCM_24")
    as_it_is = from_file(tmp_path / "a.flac", sample_rate=22050)
    assert as_it_is.samples == pytest.approx(1.5 * 22050, abs=2)
    prepared = from_file(tmp_path / "a.flac", sample_rate=22050, trim=True, normalise=True)
    assert prepared.samples == pytest.approx(0.5 * 22050, abs=1024)
    assert np.abs(prepared.audio).max() == pytest.approx(0.9)


def test_a_recording_that_is_too_long(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.ones(8000 * 3) / 2, 8000)
    with pytest.raises(AudioError, match=r"lasts 3.0 s; the longest accepted is 2 s"):
        from_file(tmp_path / "a.wav", sample_rate=8000, max_seconds=2)


def test_a_random_program_is_not_what_the_same_seed_would_answer() -> None:
    task = kick()
    source = RandomPrograms(task.program, task.parameters, samples=4410)
    drawn = source.draw(np.random.default_rng(3))
    np.testing.assert_array_equal(drawn, source.draw(np.random.default_rng(3)))
    rng = np.random.default_rng(3)
    guesses = [source.play(task.parameters.decode(rng.uniform(-1, 1, (1, 6)))) for _ in range(3)]
    assert not any(np.array_equal(drawn, guess) for guess in guesses if guess is not None)
