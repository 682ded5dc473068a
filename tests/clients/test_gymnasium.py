"""Gymnasium's own wrappers around our ids, one by one and in batches."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import wrappers

import raveforce

Env = gymnasium.Env[Any, Any]

WRAPPERS: dict[str, Callable[[Env], Env]] = {
    "clip": wrappers.ClipAction,
    "flatten": wrappers.FlattenObservation,
    "limit": lambda env: wrappers.TimeLimit(env, 17),
    "normalise observations": wrappers.NormalizeObservation,
    "normalise rewards": wrappers.NormalizeReward,
    "rescale": lambda env: wrappers.RescaleAction(env, np.float32(0), np.float32(1)),
    "stack": lambda env: wrappers.FrameStackObservation(env, 3),
    "statistics": wrappers.RecordEpisodeStatistics,
    "time": lambda env: wrappers.TimeAwareObservation(wrappers.TimeLimit(env, 17)),
}
COUNTS_NOTHING_IN_THE_SAME_STEP = tuple(map(int, gymnasium.__version__.split(".")[:2])) < (1, 4)
"""Gymnasium's own statistics, before that version."""
SETTINGS: dict[str, Any] = {"observation": "descriptors", "sample_rate": 22050}


@pytest.mark.parametrize("name", WRAPPERS)
@pytest.mark.parametrize("task", ["Kick-v0", "BassLine-v0"])
def test_wrappers(task: str, name: str) -> None:
    env = WRAPPERS[name](gymnasium.make(f"raveforce/{task}", **SETTINGS))
    env.action_space.seed(0)
    for _ in range(2):
        observation, _ = env.reset(seed=0)
        assert env.observation_space.contains(observation)
        terminated = truncated = False
        while not terminated:
            observation, reward, terminated, truncated, _ = env.step(env.action_space.sample())
            assert env.observation_space.contains(observation)
            assert np.isfinite(reward)
            assert not truncated


def test_a_time_limit_beyond_the_last_step_truncates_nothing() -> None:
    limited = gymnasium.make("raveforce/BassLine-v0", max_episode_steps=17, **SETTINGS)
    env = wrappers.TimeAwareObservation(limited)
    env.reset(seed=0)
    for step in range(16):
        *_, terminated, truncated, _ = env.step(env.action_space.sample())
        assert (terminated, truncated) == (step == 15, False)


def test_dictionaries_are_flattened() -> None:
    env = gymnasium.make("raveforce/Kick-v0", observation={"kind": "descriptors", "as_dict": True})
    flat = wrappers.FlattenObservation(env)
    assert flat.observation_space.contains(flat.reset(seed=0)[0])


def test_videos(tmp_path: Path) -> None:
    pytest.importorskip("moviepy", reason="RecordVideo writes with moviepy")
    env = gymnasium.make("raveforce/Kick-v0", render_mode="rgb_array")
    recorded = wrappers.RecordVideo(env, str(tmp_path), episode_trigger=lambda episode: True)
    recorded.reset(seed=0)
    recorded.step(recorded.action_space.sample())
    recorded.close()
    assert list(tmp_path.glob("*.mp4"))


@pytest.mark.parametrize("name", ["kick", "bass_line"])
def test_wrappers_of_batches(name: str) -> None:
    envs: Any = raveforce.make_vec(name, 3, **SETTINGS)
    envs = wrappers.vector.ClipAction(wrappers.vector.RecordEpisodeStatistics(envs))
    envs = wrappers.vector.NormalizeReward(envs)
    envs.action_space.seed(0)
    envs.reset(seed=0)
    ends = 0
    for _ in range(2 * 17):  # the bass line has 16 steps, and one that begins anew
        _, rewards, terminations, _, infos = envs.step(envs.action_space.sample())
        assert np.isfinite(rewards).all()
        # In the same step beside the next episode's infos, as it is for every vector environment.
        told = infos.get("final_info", infos)
        if terminations.any():
            ends += 1
            lengths = infos.get("episode", told.get("episode"))["l"]
            assert (lengths > 0).all() or COUNTS_NOTHING_IN_THE_SAME_STEP
            assert told["distances"]
    assert ends >= 2


def test_wrappers_of_batches_that_see_transform_next_step_only() -> None:
    envs: Any = raveforce.make_vec("kick", 3, autoreset_mode="next_step", **SETTINGS)
    envs = wrappers.vector.FlattenObservation(wrappers.vector.NormalizeObservation(envs))
    observations, _ = envs.reset(seed=0)
    assert envs.observation_space.contains(np.asarray(observations, envs.observation_space.dtype))
    with pytest.raises((ValueError, AssertionError), match="" if COUNTS_NOTHING_IN_THE_SAME_STEP else "SAME_STEP"):
        wrappers.vector.NormalizeObservation(raveforce.make_vec("kick", 3, **SETTINGS))
