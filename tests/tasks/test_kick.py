from pathlib import Path

import numpy as np
import pytest
import soundfile

from raveforce.audio import AudioError
from raveforce.tasks import TASKS, make_task
from raveforce.tasks.kick import kick, kick_808


@pytest.mark.parametrize("sample_rate", [22050, 44100, 48000])
def test_the_synthesised_kick_sounds_like_one(sample_rate: int) -> None:
    sound = kick_808(sample_rate)
    assert len(sound) == round(0.4 * sample_rate)
    assert np.abs(sound).max() == pytest.approx(0.9)
    power = np.abs(np.fft.rfft(sound)) ** 2
    frequencies = np.fft.rfftfreq(len(sound), 1 / sample_rate)
    assert 45 < frequencies[power.argmax()] < 60
    assert power[frequencies < 300].sum() > 0.97 * power.sum()
    energy = [float(np.square(part).sum()) for part in np.array_split(sound, 4)]
    assert energy == sorted(energy, reverse=True)
    assert np.abs(sound[-20:]).max() < 0.01, "no click at the end"


def test_a_recording_sets_the_length_and_the_bounds(tmp_path: Path) -> None:
    sound = np.concatenate([np.zeros(5000), 0.3 * kick_808(48000, 0.25)])
    soundfile.write(tmp_path / "kick.wav", np.column_stack([sound, sound]), 48000, subtype="PCM_24")
    made = kick(tmp_path / "kick.wav")
    assert made.duration == pytest.approx(0.25, abs=0.03)
    assert np.abs(made.targets.draw(np.random.default_rng())).max() == pytest.approx(0.9)
    decay = dict(zip(made.parameters.parameters, made.parameters.decode([[1.0] * 6])[0], strict=True))["decay"]
    assert decay == pytest.approx(made.duration)


def test_a_very_short_recording_is_playable(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "click.wav", kick_808(44100, 0.4)[:600], 44100)
    assert kick(tmp_path / "click.wav", trim=False).samples == 600


def test_a_missing_recording() -> None:
    with pytest.raises(AudioError, match="does not exist"):
        kick("no/such/kick.wav")


def test_tasks_are_made_by_name() -> None:
    assert make_task("kick").name == "kick"
    with pytest.raises(ValueError, match=f"unknown task 'kik'; did you mean kick. the tasks are .*{next(iter(TASKS))}"):
        make_task("kik")
