import pickle
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env as gymnasium_check
from numpy.typing import NDArray
from stable_baselines3.common.env_checker import check_env as sb3_check
from stable_baselines3.common.vec_env import SubprocVecEnv

import raveforce
from raveforce.audio import write
from raveforce.env import RaveForceEnv
from raveforce.observations import OBSERVATIONS
from raveforce.task import Task

REGISTERED = sorted(name for name in gymnasium.registry if name.startswith("raveforce/"))

SNIPPET = """
    ~env: imp 0.1 >> envperc {} {}
    kick_drum: sin {} >> mul ~env
"""


@pytest.fixture(params=REGISTERED)
def registered(request: pytest.FixtureRequest) -> Iterator[gymnasium.Env[Any, Any]]:
    env = gymnasium.make(request.param)
    yield env
    env.close()


def rollout(env: gymnasium.Env[Any, Any], seed: int, steps: int = 6) -> list[NDArray[np.float32] | float]:
    """Observations, as flat arrays, and rewards."""

    def seen(observation: Any) -> NDArray[np.float32]:
        assert env.observation_space.contains(observation)
        return gymnasium.spaces.flatten(env.observation_space, observation)

    env.action_space.seed(seed)
    heard: list[NDArray[np.float32] | float] = [seen(env.reset(seed=seed)[0])]
    for _ in range(steps):
        observation, reward, terminated, truncated, _ = env.step(env.action_space.sample())
        heard += [seen(observation), float(reward)]
        if terminated or truncated:
            heard.append(seen(env.reset()[0]))
    return heard


def assert_equal(one: list[Any], other: list[Any]) -> None:
    assert len(one) == len(other)
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


def test_something_is_registered() -> None:
    assert "raveforce/Kick-v0" in REGISTERED


@pytest.mark.parametrize(
    ("name", "observation"),
    [
        *((name, None) for name in REGISTERED),
        *((f"raveforce/{name}-v0", each) for name in ("Kick", "BassLine") for each in OBSERVATIONS),
    ],
)
def test_the_checkers_find_nothing_to_warn_about(name: str, observation: str | None) -> None:
    env = gymnasium.make(name, observation=observation, render_mode="rgb_array").unwrapped
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gymnasium_check(env)
        sb3_check(env)


def test_rollouts_are_deterministic(registered: gymnasium.Env[Any, Any]) -> None:
    first = rollout(registered, seed=1)
    assert_equal(first, rollout(registered, seed=1))
    copy = pickle.loads(pickle.dumps(registered.unwrapped))
    assert_equal(first, rollout(copy, seed=1))
    copy.close()


def test_rewards_are_bounded(registered: gymnasium.Env[Any, Any]) -> None:
    for item in rollout(registered, seed=2, steps=20):
        assert np.isfinite(item).all()
        assert np.abs(item).max() < 1000  # a wrong word is worth -111 where the hidden program is quiet


def test_documentation_has_the_usual_sections(registered: gymnasium.Env[Any, Any]) -> None:
    text = type(registered.unwrapped).__doc__ or ""
    for section in ("Description", "Action Space", "Observation Space", "Rewards", "Starting State", "Episode End",
                    "Arguments", "Version History"):  # fmt: skip
        assert f"{section}\n    ---" in text


def test_the_first_raveforces_snippet(tone: NDArray[np.float32]) -> None:
    dur = len(tone) / 44100
    env = raveforce.make(
        SNIPPET,
        target=tone,
        sample_rate=44100,
        total_step=1,
        step_len=dur,
        action_space=[
            ("lin", 0.0001, dur - 0.0001),
            ("rel", 0, lambda x: dur - 0.0001 - x),
            ("exp", 10, 10000),
        ],
    )
    observation, info = env.reset(seed=0)
    assert observation.shape == tone.shape
    assert not observation.any()
    env.action_space.seed(0)
    observation, reward, terminated, truncated, info = env.step(env.action_space.sample())
    assert (terminated, truncated) == (True, False)
    np.testing.assert_array_equal(observation, env.audio)
    assert reward == pytest.approx(-np.mean((observation - tone) ** 2), rel=1e-6)
    attack, decay, _ = info["parameters"].values()
    assert attack + decay == pytest.approx(dur - 0.0001)
    np.testing.assert_array_equal(raveforce.render(info["code"], dur), env.audio)


def test_parameters_code_and_distances_are_told(tone_task: Task) -> None:
    env = RaveForceEnv(tone_task, reward="mss", observation="log_mel")
    env.reset(seed=0)
    exact = tone_task.parameters.encode([[440, 0.5]])[0].astype(np.float32)
    _, reward, _, _, info = env.step(exact)
    assert info["parameters"] == pytest.approx({"freq": 440, "level": 0.5}, rel=1e-6)
    assert info["code"].startswith("o: sin 440")
    assert info["distances"] == {"mss": -reward}
    assert reward > -0.05, "the target is a sine at 440 Hz and half scale"
    np.testing.assert_array_equal(info["audio"], env.audio)


def test_steps_go_on_from_each_other(melody_task: Task) -> None:
    env = RaveForceEnv(melody_task)
    env.reset(seed=0)
    lengths = []
    for step in range(4):
        _, _, terminated, _, info = env.step(np.zeros(1, np.float32))  # always 330 Hz
        lengths.append(len(env.audio))
        assert terminated == (step == 3)
        np.testing.assert_array_equal(info["audio"][: len(env.audio)], env.audio)
        assert not info["audio"][len(env.audio) :].any()
    assert lengths == melody_task.boundaries[1:].tolist()
    # An unchanged program plays through as if there were no steps: the saw keeps its phase.
    np.testing.assert_array_equal(env.audio, raveforce.render("o: saw 330 >> mul 0.3", len(env.audio) / 44100))


def test_what_is_not_played_yet_is_silent(melody_task: Task) -> None:
    env = RaveForceEnv(melody_task)
    env.reset(seed=0)
    observation, *_ = env.step(np.zeros(1, np.float32))
    end = melody_task.boundaries[1]
    assert observation[:end].any()
    assert not observation[end:].any()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("o: saw 100 >> hpf {} 1", "exploded"),
        ("o: saw 100 >> lpf {} 0", "not finite"),
        ("o: reverb {} 0.5 0.5 0.5 0.5", "unreachable"),
    ],
)
def test_broken_sound_never_reaches_the_agent(code: str, said: str, tone: NDArray[np.float32]) -> None:
    env = raveforce.make(code, target=tone, action_space=[("lin", 499, 501)])
    env.reset(seed=0)
    observation, reward, terminated, _, info = env.step(np.zeros(1, np.float32))
    assert said in info["fault"], info["fault"]
    assert not observation.any()
    assert terminated
    noise = np.random.default_rng(5).uniform(-1, 1, 10 * len(tone))
    worst = -2 * max(np.mean(tone**2), np.mean((noise - np.tile(tone, 10)) ** 2))
    assert reward == pytest.approx(worst, rel=0.05)
    assert np.isnan(info["distances"]["waveform"])
    env.reset()
    assert not env.audio.any()


@pytest.mark.parametrize("engine", ["auto", "wasm"])
def test_a_program_that_glicol_refuses_is_an_error_at_once(engine: str, tone: NDArray[np.float32]) -> None:
    with pytest.raises(raveforce.GlicolError, match="sinn") as caught:
        raveforce.make("o: sinn {}", target=tone, action_space=[("lin", 0, 1)], engine=engine)
    assert caught.value.line == 1
    with pytest.raises(raveforce.GlicolError, match="clap"):
        raveforce.make(r"o: imp 10 >> sp \clap >> mul {}", tone, action_space=[("lin", 0, 1)], engine=engine)


def test_values_that_break_the_program_are_no_error_of_the_text(tone: NDArray[np.float32]) -> None:
    assert raveforce.make("o: imp {}", tone, action_space=[("lin", 40_000, 60_000)], engine="wasm")


def test_a_program_plays_samples(tone: NDArray[np.float32], tmp_path: Path) -> None:
    write(tmp_path / "hit.wav", np.repeat(np.float32([0.5, 0.25]), 50), 44100)
    heard = []
    for hit in (tmp_path / "hit.wav", np.repeat([0.5, 0.25], 50), (np.repeat([0.5, 0.25], 50), 44100)):
        env = raveforce.make(
            r"o: imp 0.1 >> sp \hit >> mul {}", tone, action_space=[("lin", 0, 2)], samples={"hit": hit}
        )
        copy = pickle.loads(pickle.dumps(env))
        copy.reset(seed=0)
        copy.step(np.zeros(1, np.float32))
        heard.append(copy.audio)
    assert np.abs(heard[0]).max() == pytest.approx(0.5, rel=1e-3)
    np.testing.assert_array_equal(heard[0], heard[1])
    np.testing.assert_array_equal(heard[0], heard[2])


def test_actions_that_cannot_be_are_told_apart(tone_task: Task) -> None:
    env = RaveForceEnv(tone_task)
    env.reset(seed=0)
    with pytest.raises(ValueError, match=r"the action for 'level' is 1.5; .* clip them first .*ClipAction"):
        env.step(np.float32([0, 1.5]))
    with pytest.raises(ValueError, match="the action for 'freq' is NaN: the policy"):
        env.step(np.float32([np.nan, 0]))


def test_rendering(tone_task: Task) -> None:
    env = RaveForceEnv(tone_task, render_mode="ansi")
    env.reset(seed=0)
    assert env.render() == "o: sin {freq} >> mul {level}"
    env.step(np.zeros(2, np.float32))
    assert env.render() == "o: sin 440 >> mul 0.5"
    env = RaveForceEnv(tone_task, render_mode="rgb_array")
    env.reset(seed=0)
    silent = env.render()
    env.step(np.zeros(2, np.float32))
    played = env.render()
    assert played.dtype == np.uint8
    assert played.shape == silent.shape == (500, 900, 3)
    assert (played != silent).any()


def kinds_of(info: Any) -> Any:
    """The keys, and what they hold: types, and shapes of arrays."""
    if isinstance(info, dict):
        return {key: kinds_of(value) for key, value in info.items()}
    return (info.dtype, info.shape) if isinstance(info, np.ndarray) else type(info)


def test_what_is_told_has_the_same_form_from_the_beginning_to_the_end(registered: gymnasium.Env[Any, Any]) -> None:
    _, first = registered.reset(seed=0)
    wanted = kinds_of(first)
    assert {"parameters", "code", "distances", "fault", "audio"} <= wanted.keys()
    terminated = False
    while not terminated:
        _, _, terminated, _, info = registered.step(registered.action_space.sample())
        assert kinds_of(info) == wanted


def test_the_spec_survives_json() -> None:
    env = gymnasium.make(
        "raveforce/Kick-v0",
        observation={"kind": "log_mel", "as_dict": True},
        reward={"distance": "sot", "kind": "normalised"},
        sample_rate=22050,
    )
    again = gymnasium.make(gymnasium.envs.registration.EnvSpec.from_json(env.spec.to_json()))
    assert again.observation_space == env.observation_space
    assert again.unwrapped.env_spec.reward == env.unwrapped.env_spec.reward
    assert again.unwrapped.task.sample_rate == 22050


def test_frames_are_quick_and_of_the_size_that_is_promised(registered: gymnasium.Env[Any, Any]) -> None:
    env = gymnasium.make(registered.spec.id, render_mode="rgb_array").unwrapped
    env.reset(seed=0)
    assert env.render().shape == env.metadata["render_shape"]
    env.step(env.action_space.sample())
    assert env.render().shape == env.metadata["render_shape"]


def test_misuse_is_explained(tone_task: Task) -> None:
    env = RaveForceEnv(tone_task)
    with pytest.raises(gymnasium.error.ResetNeeded, match="reset"):
        env.step(np.zeros(2, np.float32))
    with pytest.raises(gymnasium.error.ResetNeeded, match="reset"):
        _ = env.target
    env.reset()
    with pytest.raises(ValueError, match=r"\[N, 2\]"):
        env.step(np.zeros(3, np.float32))
    env.step(np.zeros(2, np.float32))
    with pytest.raises(gymnasium.error.ResetNeeded, match="over"):
        env.step(np.zeros(2, np.float32))
    with pytest.raises(ValueError, match="unknown render_mode 'human'"):
        RaveForceEnv(tone_task, render_mode="human")
    with pytest.raises(ValueError, match="unknown engine 'csound'"):
        RaveForceEnv(tone_task, engine="csound")
    env.close()
    env.close()


def test_engine_options_reach_the_engine(tone: NDArray[np.float32]) -> None:
    code = "o: meta `loop {{ }}` >> mul {}"
    env = raveforce.make(code, target=tone, action_space=[("lin", 0, 1)], engine_options={"deadline": 0.2})
    env.reset(seed=0)
    *_, info = env.step(np.zeros(1, np.float32))
    assert "0.2" in info["fault"]


def _kick() -> gymnasium.Env[Any, Any]:
    return gymnasium.make("raveforce/Kick-v0")


def test_it_works_in_sb3s_subprocesses() -> None:
    together = SubprocVecEnv([_kick] * 2, start_method="forkserver")
    try:
        together.seed(3)
        first = together.reset()
        observations, rewards, dones, _ = together.step(np.zeros((2, 6), np.float32))
        assert dones.all()
        alone = _kick()
        np.testing.assert_array_equal(first[0], alone.reset(seed=3)[0])
        _, reward, *_ = alone.step(np.zeros(6, np.float32))
        np.testing.assert_allclose(rewards, reward, rtol=1e-6)
        np.testing.assert_array_equal(observations[0], first[0])
    finally:
        together.close()


@pytest.mark.parametrize("fork", ["fork", "forkserver", "spawn"])
def test_an_environment_used_in_this_process_works_in_workers_too(fork: str, tone_task: Task) -> None:
    used = RaveForceEnv(tone_task)
    rollout(used, seed=0, steps=2)
    vector = gymnasium.vector.AsyncVectorEnv([lambda: used] * 2, context=fork)
    try:
        vector.reset(seed=0)
        _, rewards, *_ = vector.step(np.zeros((2, 2), np.float32))
        used.reset(seed=0)
        assert rewards.tolist() == pytest.approx([used.step(np.zeros(2, np.float32))[1]] * 2)
    finally:
        vector.close()
