from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from raveforce.audio import AudioError
from raveforce.distances import make_distance
from raveforce.glicol import open_engine
from raveforce.task import Task
from raveforce.tasks import TASKS, bass_line, drum_loop, make_task, match
from raveforce.tasks.bass_line import SCALE, ground_bass
from raveforce.tasks.definition import in_steps
from raveforce.tasks.drum_loop import PATTERN, DrumLoopEnv, break_beat
from raveforce.tasks.hihat import hihat_808
from raveforce.tasks.snare import snare_808
from raveforce.tasks.synthesis import fading
from raveforce.tasks.tone import bell_tone

RATE = 44100
SOUNDS = ["kick_v1", "snare_v1", "hihat_v1", "tone_v1", "tom", "clap", "cymbal", "bass", "drum"]


def perform(task: Task, actions: NDArray[np.float64]) -> NDArray[np.float32]:
    """Play actions [steps, parameters] one after the other."""
    engine = open_engine(task.program, 1, task.sample_rate)
    values = task.parameters.decode(actions)
    spans = [task.span(step) for step in range(task.total_step)]
    return np.concatenate([engine.play(v[None], end - start)[0] for v, (start, end) in zip(values, spans, strict=True)])


def mss(audio: NDArray[np.float32], target: NDArray[np.float32]) -> NDArray[np.float64]:
    made = make_distance("mss", RATE)
    return made.between(made.features(np.atleast_2d(audio)), made.features(target[None]))


def spectrum(sound: NDArray[np.float32], rate: int = RATE) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.abs(np.fft.rfft(sound)) ** 2, np.fft.rfftfreq(len(sound), 1 / rate)


@pytest.mark.parametrize("sample_rate", [22050, 44100, 48000])
@pytest.mark.parametrize(
    ("synthesise", "seconds", "low", "high"),
    [(snare_808, 0.3, 150, 400), (hihat_808, 0.15, 5000, 23000), (bell_tone, 0.5, 215, 225)],
)
def test_what_is_synthesised_has_its_length_level_pitch_and_decay(
    synthesise: object, seconds: float, low: float, high: float, sample_rate: int
) -> None:
    assert callable(synthesise)
    sound = synthesise(sample_rate)
    assert len(sound) == round(seconds * sample_rate)
    assert np.abs(sound).max() == pytest.approx(0.9)
    power, frequencies = spectrum(sound, sample_rate)
    assert low < frequencies[power.argmax()] < high
    energy = [float(np.square(part).sum()) for part in np.array_split(sound, 4)]
    assert energy == sorted(energy, reverse=True)
    assert np.abs(sound[-5:]).max() < 0.01, "no click at the end"


def test_a_snare_has_noise_above_its_body_and_a_hihat_hardly_anything_below_5_khz() -> None:
    power, frequencies = spectrum(snare_808())
    assert 0.2 < power[frequencies > 1000].sum() / power.sum() < 0.8
    power, frequencies = spectrum(hihat_808())
    assert power[frequencies < 5000].sum() < 0.05 * power.sum()


@pytest.mark.parametrize("name", ["kick", "snare", "hihat", "tone", *SOUNDS])
def test_random_programs_sound_and_some_come_nearer_than_silence(name: str) -> None:
    task = make_task(name)
    target = task.targets.draw(np.random.default_rng(0))
    actions = np.random.default_rng(0).uniform(-1, 1, (100, len(task.parameters.free)))
    sounds = open_engine(task.program, 100, RATE).play(task.parameters.decode(actions), task.samples)
    peaks = np.abs(sounds).max(axis=1)
    assert peaks.max() < 10, "none explodes"
    assert np.median(peaks) > 0.1
    assert mss(sounds, target).min() < (0.9 if name == "drum" else 0.75) * mss(0 * target, target)[0]


@pytest.mark.parametrize("name", sorted(name for name in TASKS if not make_task(name).writes))
@pytest.mark.parametrize("sample_rate", [22050, 48000])
def test_every_task_plays_at_other_rates(name: str, sample_rate: int) -> None:
    task = make_task(name, sample_rate=sample_rate)
    assert task.duration == pytest.approx(make_task(name).duration, abs=0.05)
    sound = perform(task, np.full((task.total_step, len(task.parameters.free)), 0.3))
    assert np.isfinite(sound).all()
    assert np.abs(sound).max() > 0.01


def test_the_ground_bass_has_pachelbels_notes() -> None:
    sound = ground_bass()
    names = dict(zip(["D", "E", "F#", "G", "A", "B", "C#", "d"], SCALE, strict=True))
    for part, name in zip(np.split(sound, 8), ["d", "A", "B", "F#", "G", "D", "G", "A"], strict=True):
        power, frequencies = spectrum(np.pad(part, (0, 2 * RATE)))
        pitch = names[name]
        near = [power[np.abs(frequencies - multiple * pitch) < 3].sum() for multiple in (1, 2, 3)]
        assert sum(near) > 0.5 * power.sum(), f"{name} at {pitch} Hz"


def test_the_ground_bass_can_be_played() -> None:
    task = bass_line()
    notes = np.repeat([7, 4, 5, 2, 3, 0, 3, 4], 2)
    struck = np.tile([1.0, -1.0], 8)
    actions = np.stack([(2 * notes + 1) / 8 - 1, *np.full((2, 16), -0.5), np.zeros(16), struck], axis=1)
    target = task.targets.draw(np.random.default_rng(0))
    right = mss(perform(task, actions), target)
    wrong = mss(perform(task, np.roll(actions, 2, axis=0)), target)
    assert right < 0.55 * mss(0 * target, target)
    assert right < 0.9 * wrong


def test_drums_sound_where_they_are_struck_and_nowhere_else() -> None:
    task = drum_loop()
    silent = perform(task, -np.ones((16, 3)))
    assert not silent.any(), "nothing is struck, not even at the start"
    for drum in range(3):
        actions = -np.ones((16, 3))
        actions[4, drum] = 1
        levels = [np.abs(part).max() for part in np.split(perform(task, actions), 16)]
        assert max(levels[:4]) == 0
        assert levels[4] > 0.15
        assert levels[4] == max(levels)


def test_the_drum_loops_own_strokes_come_nearest() -> None:
    task = drum_loop()
    target = task.targets.draw(np.random.default_rng(0))
    np.testing.assert_array_equal(target, break_beat())
    strokes = np.array([[1.0 if row[k] == "x" else -1.0 for row in PATTERN.values()] for k in range(16)])
    right = mss(perform(task, strokes), target)
    assert right < 0.5 * mss(0 * target, target)
    # A hat under a kick or snare is hard to hear; the others are not.
    for step in range(16):
        for drum in (0, 1):
            changed = strokes.copy()
            changed[step, drum] *= -1
            assert mss(perform(task, changed), target) > right, (step, drum)


def test_the_same_strokes_in_every_form_of_action() -> None:
    rewards = []
    for kind, action in (("box", np.float32([1, -1, 1])), ("multi_discrete", np.array([1, 0, 1])), ("discrete", 5)):
        env = DrumLoopEnv(actions=kind)
        env.reset(seed=0)
        assert env.action_space.contains(action)
        *_, info = env.step(action)
        rewards.append(info["distances"]["mss"])
        assert info["parameters"] == {"kick": 1, "snare": 0, "hat": 1}
    assert rewards[0] == rewards[1] == rewards[2]


def test_targets_are_cut_to_whole_blocks_a_step() -> None:
    sound, pulse = in_steps(np.ones(16 * 300), 16, RATE)
    assert len(sound) == 16 * 256
    assert int(RATE / pulse) == 256
    with pytest.raises(AudioError, match="2000 samples, but 16 steps need 2048"):
        in_steps(np.ones(2000), 16, RATE)


def test_a_recording_of_any_length_keeps_the_beat(tmp_path) -> None:  # type: ignore[no-untyped-def]
    soundfile.write(tmp_path / "loop.wav", 0.5 * np.sin(np.arange(70_001) / 20), RATE)
    task = drum_loop(tmp_path / "loop.wav")
    assert set(np.diff(task.boundaries)) == {4352}
    starts = [np.abs(part[:20]).max() for part in np.split(perform(task, np.tile([-1.0, -1.0, 1.0], (16, 1))), 16)]
    assert min(starts) > 0.05, "the hat is struck at the beginning of every step"


def test_fading() -> None:
    rate, gain = fading(0.01, RATE)
    sound = open_engine(f"o: imp 0.1 >> onepole {rate:.9f} >> mul {gain:.3f}", 1, RATE).play([[]], 1000)[0]
    assert sound.max() == pytest.approx(1, rel=1e-3)
    assert sound[441] == pytest.approx(np.exp(-1), rel=0.01)


def test_matchs_targets_differ_and_are_within_reach() -> None:
    task = match()
    rng = np.random.default_rng(0)
    targets = [task.targets.draw(rng) for _ in range(3)]
    assert not np.array_equal(targets[0], targets[1])
    again = np.random.default_rng(np.random.default_rng(0).integers(2**63))
    action = again.uniform(-1, 1, (1, 6))
    np.testing.assert_array_equal(perform(task, action), targets[0])


@pytest.mark.parametrize("template", ["kick", "snare", "hihat", "tone"])
def test_match_answers_with_any_template(template: str) -> None:
    task = match(template=template, seconds=0.1)
    assert task.samples == len(task.targets.draw(np.random.default_rng(0))) == 4410
    assert task.parameters.free == make_task(template).parameters.free


def test_match_answers_a_sound() -> None:
    sound = np.sin(np.arange(4410) / 20)
    task = match(sound)
    np.testing.assert_allclose(task.targets.draw(np.random.default_rng(0)), sound, atol=1e-6)


def test_match_refuses_what_it_does_not_know() -> None:
    with pytest.raises(ValueError, match="unknown task 'gong'; the tasks are"):
        match(template="gong")
    with pytest.raises(ValueError, match="bass_line has 16 steps; the template of match has one"):
        match(template="bass_line")
    with pytest.raises(ValueError, match="the program of write is written and has no blanks"):
        match(template="write")


WRONG = [float("inf"), float("nan"), -1, 0, False, True, "1", 1e12]


@pytest.mark.parametrize("name", sorted(TASKS))
@pytest.mark.parametrize("wrong", [*WRONG, 0.5, 22050.5], ids=repr)
def test_a_wrong_sample_rate_is_said(name: str, wrong: Any) -> None:
    with pytest.raises(ValueError, match="sample_rate must be a whole number of Hz from 1000 to 384000, got "):
        make_task(name, sample_rate=wrong)


@pytest.mark.parametrize("name", ["match", "write"])
@pytest.mark.parametrize("wrong", [*WRONG[:5], "1", 1e12, 1e-9], ids=repr)
def test_a_wrong_length_is_said(name: str, wrong: Any) -> None:
    plain = isinstance(wrong, float | int) and not isinstance(wrong, bool)
    said = (
        "seconds is a length from one sample to 60 seconds, not " if plain else "seconds must be a number or None, got "
    )
    with pytest.raises(ValueError, match=said):
        make_task(name, seconds=wrong)
