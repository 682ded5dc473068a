"""Stable-Baselines3's algorithms on our ids, in its own vector and in ours."""

from __future__ import annotations

import warnings
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env as gymnasium_check
from sb3_contrib import MaskablePPO
from stable_baselines3 import SAC, HerReplayBuffer
from stable_baselines3.common.env_checker import check_env as sb3_check
from stable_baselines3.common.vec_env import DummyVecEnv, VecEnv

import raveforce
from raveforce.sb3 import BatchVecEnv
from raveforce.wrappers import GoalObservation

SETTINGS: dict[str, Any] = {"observation": "descriptors", "sample_rate": 22050}
TINY = {"policy_kwargs": {"net_arch": [8]}, "device": "cpu", "seed": 0}


def drums(form: str, batch: bool) -> VecEnv:
    options = {"observation": "parameters", "sample_rate": 22050, "actions": form}
    if batch:
        return BatchVecEnv(raveforce.tasks.make_spec("drum_loop", **options), 2)
    return DummyVecEnv([lambda: gymnasium.make("raveforce/DrumLoop-v0", **options)] * 2)


@pytest.mark.parametrize("batch", [False, True])
@pytest.mark.parametrize("form", ["discrete", "multi_discrete"])
def test_masks_of_free_choices_allow_all(form: str, batch: bool) -> None:
    envs = drums(form, batch)
    agent = MaskablePPO("MlpPolicy", envs, n_steps=16, batch_size=16, **TINY).learn(32)
    observations = envs.reset()
    masks = np.stack(envs.env_method("action_masks"))
    assert masks.shape == (2, 8 if form == "discrete" else 6)
    assert masks.all()
    actions, _ = agent.predict(observations, action_masks=masks)
    _, _, _, infos = envs.step(actions)
    for info in infos:
        np.testing.assert_array_equal(np.hstack(info["action_mask"]), masks[0])
    envs.close()


@pytest.mark.parametrize("form", ["discrete", "multi_discrete"])
def test_the_mask_that_is_told_is_one_to_sample_with(form: str) -> None:
    env = gymnasium.make("raveforce/DrumLoop-v0", actions=form, **SETTINGS)
    _, info = env.reset(seed=0)
    _, _, _, _, info = env.step(env.action_space.sample(info["action_mask"]))
    assert env.action_space.contains(env.action_space.sample(info["action_mask"]))
    envs = raveforce.make_vec("drum_loop", 3, actions=form, **SETTINGS)
    _, infos = envs.reset(seed=0)
    assert len(infos["action_mask"]) == 3
    assert envs.action_masks().all()


def test_numbers_have_no_masks() -> None:
    env: Any = gymnasium.make("raveforce/Kick-v0", **SETTINGS).unwrapped
    _, info = env.reset(seed=0)
    assert "action_mask" not in info
    with pytest.raises(AttributeError, match='take actions="multi_discrete"'):
        env.action_masks()
    assert not BatchVecEnv(raveforce.tasks.make_spec("kick", **SETTINGS), 1).has_attr("action_masks")


def goals(attempts: int = 2, kind: str = "descriptors") -> GoalObservation:
    shown = {"kind": kind, "show": ["attempt", "target"], "as_dict": True, "step": True, "last": True}
    return GoalObservation(
        gymnasium.make("raveforce/Match-v0", observation=shown, attempts=attempts, sample_rate=22050, seconds=0.2)
    )


@pytest.mark.parametrize("kind", ["descriptors", "log_mel", "mfcc", "waveform"])
def test_goals_are_checked_without_a_warning(kind: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sb3_check(goals(kind=kind))
        warnings.filterwarnings("ignore", message=".*different from the unwrapped version")  # as of any wrapper
        gymnasium_check(goals(kind=kind), skip_render_check=True)


def test_rewards_are_those_of_the_goals() -> None:
    env = goals(attempts=4)
    env.action_space.seed(0)
    seen, rewards, infos = [], [], []
    env.reset(seed=0)
    for _ in range(4):
        observation, reward, terminated, truncated, info = env.step(env.action_space.sample())
        seen.append(observation)
        rewards.append(reward)
        infos.append(info)
        assert reward == env.compute_reward(observation["achieved_goal"], observation["desired_goal"], info)
        assert -1 <= reward < 0
    achieved, desired = (np.stack([one[name] for one in seen]) for name in ("achieved_goal", "desired_goal"))
    assert env.compute_reward(achieved, desired, np.array(infos)).tolist() == rewards
    assert (env.compute_reward(achieved, achieved, [{}] * 4) == 0).all()
    broken = [{"fault": "the sound exploded"}] * 4
    assert (env.compute_reward(achieved, desired, broken) == -1).all()
    assert (terminated, truncated) == (True, False)


def test_an_observation_without_goals_is_refused() -> None:
    with pytest.raises(ValueError, match='"as_dict": True'):
        GoalObservation(gymnasium.make("raveforce/Match-v0"))


def test_hindsight_replays_what_was_reached() -> None:
    agent = SAC(
        "MultiInputPolicy",
        DummyVecEnv([goals] * 2),
        replay_buffer_class=HerReplayBuffer,
        replay_buffer_kwargs={"n_sampled_goal": 4, "goal_selection_strategy": "future", "copy_info_dict": True},
        buffer_size=400,
        learning_starts=20,
        batch_size=32,
        **TINY,
    )
    agent.learn(300)
    replayed = agent.replay_buffer.sample(200)
    rewards, reached = replayed.rewards.numpy(), replayed.next_observations
    differ = (reached["achieved_goal"] - reached["desired_goal"]).abs().numpy()
    np.testing.assert_allclose(rewards[:, 0], -differ.mean(axis=1), atol=1e-6)
    # With two steps in an episode, three of five goals in the last step are its own.
    assert (rewards == 0).mean() > 0.3
    assert (rewards < 0).mean() > 0.1
