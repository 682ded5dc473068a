from pathlib import Path

import gymnasium
import numpy as np
import pytest
import soundfile

from raveforce.env import RaveForceEnv
from raveforce.task import Task
from raveforce.wrappers import RecordSound


def test_every_nth_episode_is_written_down(tmp_path: Path, melody_task: Task) -> None:
    env = RecordSound(RaveForceEnv(melody_task), tmp_path, episode_trigger=lambda episode: episode % 2 == 1)
    for _ in range(4):
        env.reset(seed=0)
        for step in range(4):
            env.step(np.float32([step / 2 - 0.9]))
    env.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"sound-episode-{episode}.{suffix}" for episode in (1, 3) for suffix in ("glicol", "png", "wav")
    ]
    sound, rate = soundfile.read(tmp_path / "sound-episode-3.wav", dtype="float32")
    assert rate == 44100
    assert len(sound) == melody_task.samples
    programs = (tmp_path / "sound-episode-3.glicol").read_text()
    assert programs.count("// step") == 4
    assert "o: saw 440 >> mul 0.3" in programs


def test_an_episode_that_is_broken_off_is_recorded_as_far_as_it_came(tmp_path: Path, melody_task: Task) -> None:
    env = RecordSound(RaveForceEnv(melody_task), tmp_path, name_prefix="take", picture=False)
    env.reset(seed=0)
    env.step(np.float32([0]))
    env.reset()
    env.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["take-episode-0.glicol", "take-episode-0.wav"]
    assert soundfile.info(tmp_path / "take-episode-0.wav").frames == melody_task.boundaries[1]


def test_it_wraps_what_is_wrapped_already_and_nothing_else(tmp_path: Path) -> None:
    env = RecordSound(gymnasium.wrappers.RecordEpisodeStatistics(gymnasium.make("raveforce/Kick-v0")), tmp_path)
    env.reset(seed=0)
    env.step(env.action_space.sample())
    assert (tmp_path / "sound-episode-0.wav").exists()
    with pytest.raises(TypeError, match="records environments of RaveForce"):
        RecordSound(gymnasium.make("CartPole-v1"), tmp_path)
