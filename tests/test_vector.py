import pickle
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from hypothesis import given, settings
from hypothesis import strategies as st

from raveforce.env import RaveForceEnv
from raveforce.task import Task, define
from raveforce.tasks import make_spec
from raveforce.vector import RaveForceVectorEnv, make_vec

ROWS = 3


def compare(ours: Any, theirs: Any) -> None:
    """Everything is the same: arrays, their types, nested dictionaries."""
    if isinstance(theirs, dict):
        if "audio" not in ours:  # ours tell the sound only at the end
            theirs = {key: value for key, value in theirs.items() if key not in ("audio", "_audio")}
        assert set(ours) == set(theirs)
        for key in theirs:
            compare(ours[key], theirs[key])
    elif isinstance(theirs, np.ndarray) and theirs.dtype != object:
        assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)
        np.testing.assert_array_equal(ours, theirs)
    else:
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            if isinstance(other, dict | np.ndarray):
                compare(one, other)
            else:
                np.testing.assert_equal(one, other)


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
@pytest.mark.parametrize("name", ["tone_task", "melody_task"])
def test_it_is_gymnasiums_vector_of_single_environments_to_the_bit(
    name: str, mode: AutoresetMode, request: pytest.FixtureRequest
) -> None:
    task: Task = request.getfixturevalue(name)
    settings: dict[str, Any] = {"reward": "mss", "observation": "log_mel"}
    ours = make_vec(task, ROWS, autoreset_mode=mode, **settings)
    theirs = SyncVectorEnv([lambda: RaveForceEnv(task, **settings)] * ROWS, autoreset_mode=mode)
    assert ours.metadata["autoreset_mode"] == theirs.metadata["autoreset_mode"]
    assert ours.single_action_space == theirs.single_action_space
    assert ours.observation_space == theirs.observation_space
    observations, infos = ours.reset(seed=7)
    for mine, other in zip((observations, infos), theirs.reset(seed=7), strict=True):
        compare(mine, other)
    ours.action_space.seed(1)
    for _ in range(2 * task.total_step + 3):
        actions = ours.action_space.sample()
        for mine, other in zip(ours.step(actions), theirs.step(actions), strict=True):
            compare(mine, other)
    ours.close()
    theirs.close()


SPECS = {
    "one step": ("kick", {"observation": "descriptors"}),
    "other targets": (
        "match",
        {"observation": {"kind": "descriptors", "as_dict": True}, "attempts": 2, "seconds": 0.2},
    ),
    "choices": ("drum_loop", {"observation": "parameters", "actions": "multi_discrete"}),
}
SHARED = ("code", "audio", "target", "task", "reward", "env_spec", "engine_kind", "np_random_seed", "action_space")
SEEDS = st.one_of(
    st.none(), st.integers(0, 99), st.lists(st.one_of(st.none(), st.integers(0, 99)), min_size=ROWS, max_size=ROWS)
)
MASKS = st.lists(st.booleans(), min_size=ROWS, max_size=ROWS).filter(any)
DEEDS = st.one_of(
    st.just(("step", None)),
    st.just(("step", None)),
    st.tuples(st.just("reset"), SEEDS),
    st.tuples(st.just("reset some"), st.tuples(SEEDS, MASKS)),
    st.tuples(st.just("attribute"), st.sampled_from(SHARED)),
    st.tuples(st.just("call"), st.sampled_from(["render", "trial_action", "task"])),
    st.tuples(st.just("give"), st.sampled_from([3, "three", [1, 2, 3], (None, 1, "x")])),
)


def do(envs: Any, deed: str, what: Any, actions: Any) -> Any:
    """Do something with a vector environment; return all that it says."""
    if deed == "step":
        return envs.step(actions)
    if deed == "reset":
        return envs.reset(seed=what)
    if deed == "reset some":
        return envs.reset(seed=what[0], options={"reset_mask": np.array(what[1])})
    if deed == "give":
        envs.set_attr("given", what)
        return envs.get_attr("given")
    return envs.call(what) if deed == "call" else envs.get_attr(what)


@pytest.mark.parametrize("mode", ["same_step", "next_step", "disabled"])
@pytest.mark.parametrize("name", SPECS)
@settings(max_examples=8, deadline=None)
@given(deeds=st.lists(DEEDS, max_size=14), seed=st.integers(0, 99), picture=st.booleans())
def test_whatever_is_done_it_says_what_gymnasiums_vector_says(
    name: str, mode: str, deeds: list[tuple[str, Any]], seed: int, picture: bool
) -> None:
    task, options = SPECS[name]
    spec = make_spec(task, sample_rate=22050, render_mode="rgb_array" if picture else "ansi", **options)
    ours = make_vec(spec, ROWS, autoreset_mode=mode)
    theirs = SyncVectorEnv([lambda: RaveForceEnv(spec)] * ROWS, autoreset_mode=AutoresetMode[mode.upper()])
    ours.action_space.seed(0)
    steps = over = 0
    for deed, what in [("reset", seed), *deeds]:
        actions = ours.action_space.sample()
        if deed == "reset some" and (steps or all(what[1])):
            continue  # rows of ours have their steps in common
        if deed == "step" and over and mode == "disabled":
            for envs, error in ((ours, gymnasium.error.ResetNeeded), (theirs, AssertionError)):
                with pytest.raises(error):
                    envs.step(actions)
            continue
        said = [do(envs, deed, what, actions) for envs in (ours, theirs)]
        compare(*said)
        if deed == "step":
            over = said[0][2].all()
            steps = 0 if over and mode == "same_step" else steps + 1
            if mode == "next_step" and not said[0][2].any() and steps > spec.task.total_step:
                steps = 0
        elif deed.startswith("reset"):
            steps = over = 0
        compare(ours.render(), theirs.render())
    assert ours.np_random_seed == theirs.np_random_seed
    ours.close()
    theirs.close()


def test_disabled_autoreset_asks_for_a_reset(tone_task: Task) -> None:
    envs = make_vec(tone_task, ROWS, autoreset_mode="Disabled")
    envs.reset(seed=0)
    envs.step(np.zeros((ROWS, 2), np.float32))
    with pytest.raises(gymnasium.error.ResetNeeded, match="over"):
        envs.step(np.zeros((ROWS, 2), np.float32))
    envs.reset()
    assert envs.audio.shape == (ROWS, 0)


def test_one_step_tasks_begin_anew_in_the_same_step_unless_told_otherwise(tone_task: Task, melody_task: Task) -> None:
    modes = gymnasium.vector.AutoresetMode
    assert make_vec(tone_task, ROWS).metadata["autoreset_mode"] is modes.SAME_STEP
    assert make_vec(melody_task, ROWS).metadata["autoreset_mode"] is modes.NEXT_STEP
    assert make_vec(tone_task, ROWS, autoreset_mode="next_step").metadata["autoreset_mode"] is modes.NEXT_STEP
    with pytest.raises(
        ValueError, match="unknown autoreset_mode 'later'; the modes are next_step, same_step, disabled"
    ):
        make_vec(tone_task, ROWS, autoreset_mode="later")


def test_faults_are_told_for_their_rows_only(tone_task: Task) -> None:
    target = tone_task.targets.draw(np.random.default_rng())
    envs = make_vec(define("o: saw 100 >> mul {}", target, [("lin", 0, 100)]), ROWS)
    envs.reset(seed=0)
    infos = envs.step(np.array([[-1.0], [1.0], [-1.0]], np.float32))[-1]["final_info"]
    assert [fault != "" for fault in infos["fault"]] == [False, True, False]
    assert "exploded" in infos["fault"][1]


def test_a_copy_is_as_good(tone_task: Task) -> None:
    envs = make_vec(tone_task, ROWS)
    copy = pickle.loads(pickle.dumps(envs))
    for one, other in zip(envs.reset(seed=3)[0], copy.reset(seed=3)[0], strict=True):
        np.testing.assert_array_equal(one, other)


def test_misuse_is_explained(tone_task: Task) -> None:
    envs = make_vec(tone_task, ROWS, autoreset_mode="disabled")
    with pytest.raises(gymnasium.error.ResetNeeded, match="reset"):
        envs.step(np.zeros((ROWS, 2), np.float32))
    with pytest.raises(ValueError, match="3 rows need as many seeds, got 2"):
        envs.reset(seed=[1, 2])
    some = np.array([True, False, True])
    with pytest.raises(ValueError, match="begin and end together"):
        envs.reset(options={"reset_mask": some})
    envs.reset(seed=0)
    envs.step(np.zeros((ROWS, 2), np.float32))
    with pytest.raises(ValueError, match="between a reset of all and the first step"):
        envs.reset(options={"reset_mask": some})
    for wrong in (some[:2], ~some & some, some.astype(int)):
        with pytest.raises(ValueError, match="array of 3 booleans, some of them true"):
            envs.reset(options={"reset_mask": wrong})
    for rows in (0, 1.5, True, 10**9, "2"):
        with pytest.raises(ValueError, match="num_envs must be a whole number from 1 to 65536, got"):
            make_vec(tone_task, rows)  # type: ignore[arg-type]


def test_some_rows_begin_anew_as_in_gymnasiums_vector() -> None:
    spec = make_spec("match", observation="log_mel")
    ours = make_vec(spec, ROWS, autoreset_mode="disabled")
    theirs = SyncVectorEnv([lambda: RaveForceEnv(spec)] * ROWS, autoreset_mode=AutoresetMode.DISABLED)
    options = {"reset_mask": np.array([False, True, False])}
    for seed, wanted in ((3, None), (None, options), ([None, 9, 8], options)):
        for mine, other in zip(
            ours.reset(seed=seed, options=wanted), theirs.reset(seed=seed, options=wanted), strict=True
        ):
            compare(mine, other)
    actions = ours.action_space.sample()
    for mine, other in zip(ours.step(actions), theirs.step(actions), strict=True):
        compare(mine, other)
    every = {"reset_mask": np.ones(ROWS, bool)}  # as agents do that reset what has ended
    for mine, other in zip(ours.reset(options=every), theirs.reset(options=every), strict=True):
        compare(mine, other)
    ours.close()
    theirs.close()


def test_attributes_and_pictures_of_every_row(melody_task: Task) -> None:
    envs = make_vec(melody_task, ROWS, render_mode="rgb_array")
    envs.reset(seed=0)
    envs.step(np.array([[-1.0], [0.0], [1.0]], np.float32))
    frames = envs.render()
    assert frames is not None
    assert [frame.shape for frame in frames] == [envs.metadata["render_shape"]] * ROWS
    assert (frames[0] != frames[1]).any()
    np.testing.assert_array_equal(np.stack(envs.get_attr("audio")), envs.audio)
    assert envs.get_attr("code") == tuple(f"o: saw {pitch} >> mul 0.3" for pitch in (220, 330, 440))
    assert envs.call("task") == (melody_task,) * ROWS
    assert envs.call("render")[2].shape == frames[2].shape
    envs.set_attr("level", [1, 2, 3])
    assert envs.get_attr("level") == (1, 2, 3)
    envs.set_attr("level", 4)
    assert envs.get_attr("level") == (4, 4, 4)
    with pytest.raises(AttributeError, match="rows of a batch have one task"):
        envs.set_attr("task", None)
    with pytest.raises(AttributeError, match="nonsense"):
        envs.get_attr("nonsense")
    with pytest.raises(ValueError, match="3 rows need as many values, got 2"):
        envs.set_attr("level", [1, 2])


def test_programs_are_shown(tone_task: Task) -> None:
    envs = make_vec(tone_task, 2, render_mode="ansi")
    envs.reset(seed=0)
    assert envs.render() == (tone_task.program.template,) * 2
    assert make_vec(tone_task, 2).render() is None


def test_infos_are_those_of_single_environments_in_every_mode(melody_task: Task) -> None:
    actions = np.array([[-1.0], [0.0], [1.0]], np.float32)
    for mode in ("same_step", "next_step"):
        envs = make_vec(melody_task, ROWS, autoreset_mode=mode)
        single = RaveForceEnv(melody_task)
        _, infos = envs.reset(seed=0)
        _, info = single.reset(seed=0)
        assert set(infos) == {name for key in info if key != "audio" for name in (key, f"_{key}")}
        for _ in range(melody_task.total_step):
            *_, infos = envs.step(actions)
            *_, info = single.step(actions[0])
        infos = infos.get("final_info", infos)
        assert infos["code"][0] == info["code"]
        np.testing.assert_array_equal(infos["audio"][0], info["audio"])
        assert infos["distances"]["mss"][0] == info["distances"]["mss"]


@pytest.mark.parametrize("name", ["tone_task", "melody_task"])
def test_scores_of_any_number_of_actions(name: str, request: pytest.FixtureRequest) -> None:
    task: Task = request.getfixturevalue(name)
    shape = (7, len(task.parameters.free)) if task.total_step == 1 else (7, task.total_step, len(task.parameters.free))
    actions = np.random.default_rng(0).uniform(-1, 1, shape)
    envs = make_vec(task, ROWS)
    scores = envs.score(actions)
    assert scores.shape == (7,)
    np.testing.assert_array_equal(scores[:2], envs.score(actions[:2]))
    single = RaveForceEnv(task)
    for index in (0, 6):
        single.reset(seed=0)
        for action in np.atleast_2d(actions[index]):
            *_, info = single.step(action)
        assert info["distances"] == {"mss": scores[index]}
    with pytest.raises(ValueError, match="actions to score have the shape"):
        envs.score(actions[..., :0])


def test_broken_sound_scores_as_the_worst(tone_task: Task) -> None:
    target = tone_task.targets.draw(np.random.default_rng())
    scores = make_vec(define("o: saw 100 >> mul {}", target, [("lin", 0, 100)]), 2).score([[-1.0], [1.0], [-0.98]])
    assert np.isfinite(scores).all()
    assert scores.argmax() == 1


@pytest.mark.parametrize("mode", [None, "sync", "async"])
def test_gymnasium_makes_vectors_of_ids(mode: str | None) -> None:
    envs = gymnasium.make_vec("raveforce/Kick-v0", num_envs=2, vectorization_mode=mode, sample_rate=22050)
    assert isinstance(envs, RaveForceVectorEnv) == (mode is None)
    envs.reset(seed=0)
    _, rewards, terminations, *_ = envs.step(np.zeros((2, 6), np.float32))
    assert terminations.all()
    assert rewards[0] == rewards[1] != 0
    envs.close()
