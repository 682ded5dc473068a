"""The environment in which programs are written."""

import pickle
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv

import raveforce
from raveforce.audio import write
from raveforce.sb3 import BatchVecEnv
from raveforce.tasks import TASKS, make_env, make_spec
from raveforce.writing import targets
from raveforce.writing.language import Language
from raveforce.writing.player import open_player, play_programs
from raveforce.writing.programs import program_text
from raveforce.writing.targets import HiddenPrograms, split_of
from tests.test_vector import compare

pytestmark = pytest.mark.xdist_group("writing")

SHORT: dict[str, Any] = {"seconds": 0.1, "observation": {"kind": "log_mel", "n_mels": 8}}
IMPROVEMENT = {"distance": "mss", "kind": "improvement"}


def play(env: Any, tokens: Any, seed: int = 0) -> list[Any]:
    """Steps of an episode."""
    env.reset(seed=seed)
    steps = []
    for token in tokens:
        steps.append(env.step(int(token)))
        if steps[-1][2]:
            break
    return steps


def test_a_hidden_program_is_reached_exactly() -> None:
    env = make_env("write", **SHORT)
    env.reset(seed=5)
    hidden: Any = env.task.targets
    tokens, sound = hidden.draw_program(np.random.default_rng(5))
    np.testing.assert_array_equal(env.target, sound)
    *_, (observation, reward, terminated, truncated, info) = play(env, tokens, seed=5)
    assert (terminated, truncated) == (True, False)
    assert info["distances"] == {"mss": 0.0}
    assert reward == pytest.approx(-0.002 * info["nodes"])
    np.testing.assert_array_equal(env.audio, env.target)
    np.testing.assert_array_equal(observation["attempt"], observation["target"])
    assert info["code"] == env.code == program_text(env.task.language, tokens)
    np.testing.assert_array_equal(info["tokens"][: len(tokens)], tokens)
    np.testing.assert_array_equal(raveforce.render(info["code"], 0.1, engine="native"), env.audio)


def test_what_is_heard_are_the_closed_layers() -> None:
    env = make_env("write", **SHORT)
    language = env.task.language
    tokens = language.read("layer tri 20 mul 40 close layer noise hpf 30 5 mul env2 0 20 mul 50 close end")
    env.reset(seed=0)
    for count, token in enumerate(tokens, start=1):
        observation, *_, info = env.step(token)
        closed = (tokens[:count] == 1).sum()
        expected = play_programs(open_player(language), [tokens[:count]], 4410)[0][0]
        np.testing.assert_array_equal(env.audio, expected)
        assert info["code"] == program_text(language, tokens[:count])
        assert observation["attempt"].any() == (closed > 0)
        np.testing.assert_array_equal(observation["tokens"][:count], tokens[:count] + 1)
        assert not observation["tokens"][count:].any()


def test_rewards_at_the_layers_sum_to_those_at_the_end() -> None:
    language = Language()
    rng = np.random.default_rng(0)
    ends, layers = make_env("write", **SHORT), make_env("write", **SHORT, reward=IMPROVEMENT)
    from raveforce.writing.grammar import make_grammar

    for seed in range(10):
        tokens = make_grammar(language).sample(rng.random(64))
        at_end, at_layers = play(ends, tokens, seed), play(layers, tokens, seed)
        assert sum(step[1] for step in at_layers) == pytest.approx(1 + sum(step[1] for step in at_end))
        rewarded = [k for k, step in enumerate(at_end) if step[1] != 0]
        assert rewarded == [len(at_end) - 1]
        if len(at_layers) == len(tokens):
            assert at_end[-1][4]["distances"] == at_layers[-1][4]["distances"]
            closings = {k for k, token in enumerate(tokens) if token == 1}
            assert {k for k, step in enumerate(at_layers) if step[1] != 0} <= closings


def test_shorter_programs_win_ties() -> None:
    env = make_env("write", **SHORT, price=0.01)
    language = env.task.language
    once = play(env, language.read("layer sin 20 close end"))[-1]
    twice = play(env, language.read("layer sin 20 apfmsgain 3 3 mul 63 close end"))[-1]
    assert twice[4]["nodes"] == 3
    assert once[1] + once[4]["distances"]["mss"] / silence(env) == pytest.approx(-0.01)


def silence(env: Any) -> float:
    return float(env.reward.prepare(env.target[None]).silence[0])


def test_tokens_that_may_not_stand_there_end_the_episode_with_the_worst_reward() -> None:
    env = make_env("write", **SHORT)
    _, reward, terminated, _, info = play(env, [1])[0]
    assert terminated
    assert info["fault"] == "'close' may not stand here: layer may (see action_masks)"
    assert info["distances"] == {"mss": np.inf}
    loud = play(env, env.task.language.read("layer noise close end"))[-1]
    assert reward < loud[1]
    with pytest.raises(gymnasium.error.ResetNeeded, match="over"):
        env.step(0)
    strict = make_env("write", **SHORT, on_forbidden="error")
    with pytest.raises(ValueError, match="'close' may not stand here"):
        play(strict, [1])


def test_silent_and_exploding_programs_are_faults() -> None:
    env = make_env("write", target=np.sin(np.arange(4410) / 10))
    language = env.task.language
    steps = play(env, language.read("layer imp lpf 0 0 onepole 0 onepole 0 lpf 0 0 mul 0 close end"))
    assert "silent" in steps[-1][4]["fault"]
    exploded = play(env, language.read("layer saw 0 hpf 0 0 hpf 0 0 hpf 0 0 close end"))
    assert "exploded" in exploded[-1][4]["fault"]
    assert exploded[-1][2]
    assert not env.audio.any()
    assert steps[-1][1] == exploded[-1][1]


def test_masks() -> None:
    env = make_env("write", **SHORT)
    _, info = env.reset(seed=0)
    assert env.action_masks().dtype == bool
    np.testing.assert_array_equal(np.flatnonzero(info["action_mask"]), [0])
    for _ in range(200):
        np.testing.assert_array_equal(env.action_masks(), info["action_mask"])
        _, _, terminated, _, info = env.step(env.action_space.sample(info["action_mask"]))
        assert "may not stand" not in info["fault"]
        if terminated:
            assert env.action_masks().all()
            _, info = env.reset()


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
def test_a_batch_is_gymnasiums_vector_of_single_environments_to_the_bit(mode: AutoresetMode) -> None:
    ours = raveforce.make_vec("write", 4, autoreset_mode=mode, **SHORT)
    theirs = SyncVectorEnv([lambda: make_env("write", **SHORT)] * 4, autoreset_mode=mode)
    assert ours.observation_space == theirs.observation_space
    for mine, other in zip(ours.reset(seed=7), theirs.reset(seed=7), strict=True):
        compare(mine, other)
    rng = np.random.default_rng(0)
    for step in range(120):
        masks = ours.action_masks()
        np.testing.assert_array_equal(masks, np.stack(ours.call("action_masks")))
        actions = np.array([rng.choice(np.flatnonzero(mask)) for mask in masks])
        if step % 17 == 0:
            actions[step % 4] = 2
        mine, other = ours.step(actions), theirs.step(actions)
        for infos in (mine[-1], other[-1]):  # a batch tells the sound of rows that end, the others that of all
            infos.pop("audio", None), infos.pop("_audio", None)
        for one, two in zip(mine, other, strict=True):
            compare(one, two)


def test_rows_are_reset_alone_where_autoreset_is_off() -> None:
    envs = raveforce.make_vec("write", 2, autoreset_mode="disabled", **SHORT)
    envs.reset(seed=0)
    envs.step(np.array([0, 1]))
    with pytest.raises(gymnasium.error.ResetNeeded):
        envs.step(np.array([3, 0]))
    observations, infos = envs.reset(options={"reset_mask": np.array([False, True])})
    assert observations["tokens"][:, 0].tolist() == [1, 0]
    assert infos["_code"].tolist() == [False, True]
    envs.step(np.array([3, 0]))


def test_every_door_leads_to_the_same_environment() -> None:
    tokens = Language().read("layer noise hpf 10 10 mul env2 3 30 close end")
    doors: list[Any] = [gymnasium.make("raveforce/Write-v0"), make_env("write"), make_env("raveforce/Write-v0")]
    heard = [play(env, tokens, seed=3)[-1] for env in doors]
    for one in heard[1:]:
        np.testing.assert_equal(one, heard[0])
    batches = [raveforce.make_vec("write", 2), gymnasium.make_vec("raveforce/Write-v0", 2)]
    for envs in batches:
        envs.reset(seed=3)
        for token in tokens:
            _, rewards, ended, _, _ = envs.step(np.array([token, token]))
        assert (rewards[0], ended.all()) == (heard[0][1], True)


def test_stable_baselines3s_vector_plays_the_same_and_goes_back_to_a_snapshot() -> None:
    spec = make_spec("write", **SHORT)
    first, second = BatchVecEnv(spec, 3), BatchVecEnv(spec, 3)
    assert first.has_attr("action_masks")
    assert not BatchVecEnv(make_spec("kick"), 1).has_attr("action_masks")
    first.seed(1)
    first.reset()
    rng = np.random.default_rng(0)
    for _ in range(40):
        masks = np.stack(first.env_method("action_masks"))
        last, _, dones, infos = first.step(np.array([rng.choice(np.flatnonzero(mask)) for mask in masks]))
        for row in np.flatnonzero(dones):
            assert infos[row]["terminal_observation"]["tokens"].any()
            assert not last["tokens"][row].any()
    again = second.restore(pickle.loads(pickle.dumps(first.snapshot())))
    np.testing.assert_equal(again, last)
    for _ in range(30):
        masks = first.action_masks()
        np.testing.assert_array_equal(masks, second.action_masks())
        actions = np.array([rng.choice(np.flatnonzero(mask)) for mask in masks])
        np.testing.assert_equal(first.step(actions)[:3], second.step(actions)[:3])


def test_splits_of_hidden_programs_do_not_overlap() -> None:
    language = Language(bins=2, words=("sin", "noise"), max_processors=0)
    seen = {}
    for split in ("train", "validation", "test"):
        source = HiddenPrograms(language, samples=441, layers=2, split=split)
        rng = np.random.default_rng(0)
        seen[split] = {tuple(source.draw_program(rng)[0].tolist()) for _ in range(30)}
        assert all(split_of(tokens) == split for tokens in seen[split])
    assert not seen["train"] & seen["test"]
    assert not seen["train"] & seen["validation"]
    shares = np.array([split_of([0, 3, k, 1, 2]) for k in range(2000)])
    assert 0.07 < (shares == "test").mean() < 0.13


def test_hidden_programs_are_loud_enough_to_be_compared_with(monkeypatch: pytest.MonkeyPatch) -> None:
    """Faint clicks are drawn anew; what is loud enough stays the program that it was."""

    def drawn() -> tuple[list[str], Any]:
        source = HiddenPrograms(language, samples=4410, layers=1)
        pairs = [source.draw_program(np.random.default_rng(seed)) for seed in range(40)]
        return [language.spell(tokens) for tokens, _ in pairs], np.sqrt([np.square(sound).mean() for _, sound in pairs])

    language = Language(words=("imp", "sin", "mul"))
    programs, levels = drawn()
    monkeypatch.setattr(targets, "FAINTEST", 0.0)
    before, faint = drawn()
    assert levels.min() >= 0.005 > faint.min()
    assert [one for one, level in zip(programs, faint, strict=True) if level >= 0.005] == [
        one for one, level in zip(before, faint, strict=True) if level >= 0.005
    ]


def test_the_same_seed_gives_the_same_target() -> None:
    source = HiddenPrograms(Language(), samples=4410)
    one, other = (source.draw(np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(source)).draw(np.random.default_rng(3)), one)
    assert not np.array_equal(source.draw(np.random.default_rng(4)), one)


def test_targets_may_be_recordings(tmp_path: Any) -> None:
    for kit in ("a", "b", "c"):
        (tmp_path / kit).mkdir()
        write(tmp_path / kit / "kick.wav", np.sin(np.arange(3000) / (10 + ord(kit))).astype(np.float32), 44100)
    folder = make_env("write", target=tmp_path, split="train", seconds=0.05)
    assert folder.task.samples == 2205
    one = make_env("write", target=tmp_path / "a" / "kick.wav")
    assert 2900 < one.task.samples <= 3000
    assert make_env("write", target=tmp_path / "a" / "kick.wav", seconds=0.1).task.samples == 4410
    with pytest.raises(ValueError, match="augment and files are for recordings"):
        make_env("write", augment=True)
    with pytest.raises(ValueError, match="from 1 to 6 layers, not 9"):
        make_env("write", layers=9)


def test_misfits_are_explained() -> None:
    with pytest.raises(ValueError, match="the form of actions is tokens, not 'box'"):
        make_spec("write", actions="box")
    with pytest.raises(ValueError, match="until is end"):
        make_spec("write", reward={"distance": "mss", "kind": "improvement", "until": "now"})
    with pytest.raises(ValueError, match="a writer sees target, attempt or both"):
        make_spec("write", observation={"kind": "log_mel", "show": ["difference"]})
    with pytest.raises(ValueError, match="on_forbidden is end or error"):
        TASKS.get("write")(on_forbidden="ignore")


def test_spectrograms_and_masks_can_be_shown_as_they_are() -> None:
    env = make_env("write", seconds=0.1, observation={"kind": "log_mel", "n_mels": 8, "flat": False, "mask": True})
    observation, info = env.reset(seed=0)
    assert env.observation_space.contains(observation)
    assert observation["target"].shape == (5, 8)
    np.testing.assert_array_equal(observation["mask"], info["action_mask"])


def test_the_real_engine_plays_too() -> None:
    tokens = Language().read("layer noise hpf 10 10 mul env2 3 30 close end")
    real, native = (make_env("write", **SHORT, engine=kind) for kind in ("wasm", "native"))
    one, other = play(real, tokens), play(native, tokens)
    np.testing.assert_allclose(real.audio, native.audio, atol=1e-5)
    assert one[-1][1] == pytest.approx(other[-1][1], abs=1e-3)
    assert (real.engine_kind, native.engine_kind) == ("wasm", "native")


def test_rendering() -> None:
    env = make_env("write", **SHORT, render_mode="ansi")
    play(env, env.task.language.read("layer tri 9 close end"))
    assert env.render() == "hum: tri 60.4"
