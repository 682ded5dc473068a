from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest
import soundfile

from experiments.config.errors import ConfigError
from experiments.policy import state
from experiments.policy.drums import DRUMS, RATE, drum
from experiments.policy.player import Player
from experiments.policy.takes import LENGTHS, Takes, make_takes
from experiments.policy.trainer import Settings, Trainer
from experiments.train_policy import main, read_recordings
from raveforce.audio import AudioError
from raveforce.augmentation import Augmentation
from raveforce.distances import make_distance
from raveforce.imitation.policy import Policy
from raveforce.tasks import hihat, kick

SMALL = Settings(
    supervised=64, reinforced=512, hidden=(32,), programs=32, kept=64, updates=2, answers=4, group=4, templates_a_step=2
)


@pytest.mark.parametrize("kind", DRUMS)
def test_synthesised_drums_are_sounds_and_differ(kind: str) -> None:
    drums = [drum(np.random.default_rng(seed), kind) for seed in range(4)]
    assert len({sound.tobytes() for sound in drums}) == 4
    for sound in drums:
        assert np.isfinite(sound).all()
        assert np.abs(sound).max() == pytest.approx(0.9, abs=1e-3)
        assert 0.01 * RATE < len(sound) <= 2.5 * RATE
    np.testing.assert_array_equal(drums[0], drum(np.random.default_rng(0), kind))


@pytest.fixture(scope="module")
def player() -> Player:
    return Player({"kick": kick(np.ones(RATE)), "hihat": hihat(np.ones(RATE))}, make_distance("mss", RATE))


@pytest.fixture(scope="module")
def takes(player: Player) -> Takes:
    return Takes.of(make_takes([], 24, 0.6, Augmentation(), np.random.default_rng(0)), player.distance)


def test_takes_have_few_lengths(takes: Takes) -> None:
    assert set(takes.of_length) <= set(LENGTHS)
    assert sum(map(len, takes.of_length.values())) == len(takes.sounds) == 24
    assert (takes.silence > 0).all()


def test_distances_are_of_each_answer_to_its_own_target(player: Player, takes: Takes) -> None:
    samples, of = max(takes.of_length.items(), key=lambda item: len(item[1]))
    targets = [takes.sounds[take] for take in of[:2]]
    actions = np.random.default_rng(0).uniform(-1, 1, (2, 3, 6))
    found = player.distances("kick", actions, targets)
    sound = player.play("kick", actions[1, 2][None], samples)
    distance = player.distance
    assert found.shape == (2, 3)
    assert found[1, 2] == pytest.approx(distance.measure(sound, distance.features(targets[1][None]))[0], rel=1e-6)


def test_a_training_goes_on_as_if_it_had_never_stopped(player: Player, takes: Takes) -> None:
    whole = Trainer(player, takes, SMALL, seed=0)
    stages = set()
    while whole.stage < 3:
        stages.add(whole.stage)
        logged = [whole.advance()]
        if whole.step == 4:
            state = copy.deepcopy(whole.state())
    assert stages == {1, 2}
    other = Trainer(player, takes, SMALL, seed=1)
    other.restore(state)
    while other.stage < 3:
        again = other.advance()
    assert again == logged[-1]
    for name, tensor in whole.network.state_dict().items():
        assert tensor.equal(other.network.state_dict()[name]), name


def test_reinforcement_makes_answers_nearer(player: Player, takes: Takes) -> None:
    settings = Settings(
        supervised=32, reinforced=4_000, hidden=(32,), programs=32, answers=16, group=4, templates_a_step=1,
        learning_rates=(1e-3, 1e-3),
    )  # fmt: skip
    trainer = Trainer(Player({"kick": player.templates["kick"]}, player.distance), takes, settings, seed=0)
    scores = []
    while trainer.stage < 3:
        scores.append(trainer.advance().get("score"))
    reinforced = [score for score in scores if score is not None]
    assert np.median(reinforced[-20:]) > np.median(reinforced[:20]) + 0.1


def test_the_command_writes_a_policy_and_refuses_another_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for kit in range(3):
        folder = tmp_path / "kits" / str(kit)
        folder.mkdir(parents=True)
        for index in range(2):
            soundfile.write(folder / f"{index}.wav", drum(np.random.default_rng(2 * kit + index)), RATE)
    arguments = [f"recordings={tmp_path / 'kits'}", "templates=kick|hihat", f"output={tmp_path / 'out'}", "takes=64"]
    main([*arguments, "supervised=128", "reinforced=768"])
    assert "best of 16" in capsys.readouterr().out
    policy = Policy.load(tmp_path / "out" / "policy.npz")
    assert list(policy.templates) == ["kick", "hihat"]
    assert len(policy.card["recordings"]) == 2, "those of one kit: the others are for validation and test"
    assert policy.card["command"].startswith("python -m experiments.train_policy recordings=")
    with pytest.raises(ConfigError, match="holds another training"):
        main([*arguments, "supervised=256", "reinforced=768"])


class Walk:
    """A training of steps alone."""

    step, steps = 3, 10

    def state(self) -> dict[str, int]:
        return {"step": self.step}

    def restore(self, state: dict[str, int]) -> None:
        self.step = state["step"]


def test_a_state_that_cannot_be_read_or_written_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    options = {"seed": 1}
    state.keep(Walk(), tmp_path, options, 2.0)
    again = Walk()
    again.step = 0
    assert (state.restore(again, tmp_path, options, "command"), again.step) == (2.0, 3)
    whole = (tmp_path / "state.pt").read_bytes()
    (tmp_path / "elsewhere").write_bytes(whole)
    state.keep(Walk(), tmp_path / "gone", options, 2.0)
    assert "step 3 cannot be kept, the training goes on" in caplog.text
    for content in (b"", whole[: len(whole) // 2], b"no state"):
        (tmp_path / "state.pt").write_bytes(content)
        with pytest.raises(ConfigError, match=r"state.pt cannot be read .*: name another output, or delete it"):
            state.restore(Walk(), tmp_path, options, "command")


def test_recordings_that_cannot_be_read_are_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(AudioError, match="holds no recordings"):
        read_recordings(str(tmp_path), None)
    for kit in "abc":
        (tmp_path / kit).mkdir()
        soundfile.write(tmp_path / kit / "bd.wav", 0.5 * np.sin(np.arange(4000) / 9), RATE)
    (tmp_path / "a" / "sn.wav").write_bytes(b"no sound")
    found = read_recordings(str(tmp_path), None)
    assert sorted(name for sounds in found.values() for name in sounds) == ["a/bd.wav", "b/bd.wav", "c/bd.wav"]
    assert "sn.wav cannot be read as audio" in caplog.text
