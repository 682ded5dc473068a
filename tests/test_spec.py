"""Every way in leads to the same environment."""

import json
import pickle
from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
import pytest
from numpy.typing import NDArray

import raveforce
from raveforce.env import RaveForceEnv
from raveforce.spec import EnvSpec, complete
from raveforce.task import Task
from raveforce.tasks import ENVIRONMENTS, TASKS, make_env, make_spec, make_task

Rollout = tuple[NDArray[np.float32], NDArray[np.float64]]

FILLED = [name for name in TASKS if not make_task(name).writes]
"""Tasks whose programs have blanks; what is written has doors of its own in tests/writing."""

IDS = {environment.definition.name: f"raveforce/{id}" for id, environment in ENVIRONMENTS.items()}

DOORS: dict[str, Callable[[str], Any]] = {
    "id": lambda name: gymnasium.make(IDS[name]),
    "task": lambda name: RaveForceEnv(make_task(name)),
    "spec": lambda name: RaveForceEnv(make_spec(name)),
    "name": lambda name: make_env(name),
    "vector of an id": lambda name: gymnasium.make_vec(IDS[name], 2),
    "sync vector of an id": lambda name: gymnasium.make_vec(IDS[name], 2, vectorization_mode="sync"),
    "vector of a task": lambda name: raveforce.make_vec(make_task(name), 2),
    "vector of a name": lambda name: raveforce.make_vec(name, 2),
}


def play(env: Any, actions: NDArray[np.float32]) -> Rollout:
    """Observations and rewards of an episode, of the first row where there are more."""
    first = (lambda batch: batch[0]) if hasattr(env, "num_envs") else (lambda single: single)
    observation, _ = env.reset(seed=3)
    observations, rewards = [first(observation)], []
    for action in actions:
        observation, reward, *_, infos = env.step(action if env.action_space.shape == action.shape else [action] * 2)
        observations.append(first(infos.get("final_obs", observation)))
        rewards.append(first(reward))
    env.close()
    return np.stack(observations), np.array(rewards)


@pytest.mark.parametrize("name", FILLED)
def test_every_door_leads_to_the_same_environment(name: str) -> None:
    task = make_task(name)
    actions = np.random.default_rng(0).uniform(-1, 1, (task.total_step, len(task.parameters.free))).astype(np.float32)
    wanted = play(gymnasium.make(IDS[name]), actions)
    assert wanted[1].any()
    for door, make in DOORS.items():
        observations, rewards = play(make(name), actions)
        np.testing.assert_array_equal(observations, wanted[0], err_msg=door)
        np.testing.assert_array_equal(rewards, wanted[1], err_msg=door)


@pytest.mark.parametrize("name", list(TASKS))
def test_a_tasks_defaults_can_be_written_down(name: str) -> None:
    task = make_task(name)
    defaults = {"reward": task.reward, "observation": task.observation, "actions": task.actions}
    again = complete(task, **json.loads(json.dumps(defaults)))
    assert again.reward == complete(task).reward
    assert again.observation == complete(task).observation


def test_steps_that_follow_each_other_are_rewarded_for_what_they_add() -> None:
    for name in ("bass_line", "drum_loop"):
        reward = make_spec(name).reward
        assert (reward.distance.name, reward.kind, reward.until) == ("mss", "improvement", "now")


def test_parts_are_names_mappings_or_objects(tone_task: Task) -> None:
    spec = EnvSpec.of(
        tone_task,
        reward={"distance": "log_mel", "n_mels": 32, "kind": "normalised"},
        observation={"kind": "log_mel", "as_dict": True, "show": ["target"]},
        render_mode="ansi",
    )
    assert spec.reward.distance.name == "log_mel(n_mels=32)"
    assert isinstance(spec.observation_space, gymnasium.spaces.Dict)
    same = EnvSpec.of(tone_task, reward=spec.reward, observation=spec.observation, actions=spec.actions)
    assert same == EnvSpec.of(EnvSpec.of(tone_task), reward=spec.reward, observation=spec.observation)
    changed = EnvSpec.of(spec, reward="mss")
    assert (changed.reward.distance.name, changed.observation, changed.render_mode) == ("mss", spec.observation, "ansi")


def test_a_spec_opens_any_number_of_rows_and_pickles(tone_task: Task) -> None:
    spec = pickle.loads(pickle.dumps(EnvSpec.of(tone_task, reward="mss")))
    episodes = spec.open(3)
    episodes.reset([np.random.default_rng(0)] * 3)
    assert episodes.step(np.zeros((3, 2))).rewards.shape == (3,)


def test_the_target_is_loaded_once(tmp_path, monkeypatch, tone: NDArray[np.float32]) -> None:  # type: ignore[no-untyped-def]
    from raveforce import audio

    loaded = []
    load = audio.load
    monkeypatch.setattr(audio, "load", lambda path, **options: (loaded.append(path), load(path, **options))[1])
    audio.write(tmp_path / "a.wav", tone, 44100)
    spec = make_spec("kick", target=tmp_path / "a.wav")
    RaveForceEnv(spec).reset()
    raveforce.make_vec(spec, 2).reset()
    assert len(loaded) == 1


def test_the_first_raveforces_defaults_stay(tone: NDArray[np.float32]) -> None:
    env = raveforce.make("o: sin {}", tone, action_space=[("choose", [220, 440])], actions="multi_discrete")
    assert env.env_spec.reward.distance.name == "waveform"
    assert isinstance(env.action_space, gymnasium.spaces.MultiDiscrete)


def test_misfits_are_explained(tone_task: Task) -> None:
    with pytest.raises(ValueError, match="unknown render_mode 'human'"):
        EnvSpec.of(tone_task, render_mode="human")
    with pytest.raises(ValueError, match=r"unknown reward kind 'normal'; did you mean normalised\?"):
        EnvSpec.of(tone_task, reward={"distance": "mss", "kind": "normal"})
    with pytest.raises(ValueError, match="unknown action form 'continuous'"):
        EnvSpec.of(tone_task, actions="continuous")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"sampel_rate": 22050}, "'sampel_rate'; did you mean sample_rate. it takes target, sample_rate"),
        ({"rewards": "mss"}, "the task kick got an .* 'rewards'; did you mean reward"),
        ({"reward": {"distance": "log_mel", "n_mel": 8}}, "the distance log_mel got .* 'n_mel'; did you mean n_mels"),
        ({"reward": {"kind": "normalised"}}, "names its distance"),
        ({"reward": {"mss": "much"}}, "the weight of mss must be a number, got 'much'"),
        ({"reward": {"n_ffts": [64]}}, "unknown distance 'n_ffts'"),
        ({"reward": 3}, "a distance is a name, a mapping of weights or a Distance, not 3"),
        ({"observation": {"as_dict": True}}, "names its kind"),
        ({"observation": {"kind": "log_mel", "n_mel": 8}}, "the observation log_mel got .*; did you mean n_mels"),
        ({"observation": 5}, "an observation is a name, a mapping or an Observation, not 5"),
        ({"engine_options": {"deadlin": 1}}, "the engine auto got .* 'deadlin'; did you mean deadline"),
        ({"engine_options": {"deadline": "soon"}}, "deadline is a number, not 'soon'"),
        ({"engine_options": 3}, "engine_options is a mapping"),
    ],
)
def test_options_that_there_are_not_are_named_with_what_was_meant(options: dict[str, Any], said: str) -> None:
    with pytest.raises((TypeError, ValueError), match=said):
        gymnasium.make("raveforce/Kick-v0", **options)
