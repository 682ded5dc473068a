"""Training the policy that writes, with few sounds."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest
import torch

from experiments.config.errors import ConfigError
from experiments.policy.takes import Takes, make_takes
from experiments.train_writer import main
from experiments.writer.lessons import play_lessons, random_programs, struck_programs, varied
from experiments.writer.trainer import Settings, Trainer
from raveforce.augmentation import Augmentation
from raveforce.distances import make_distance
from raveforce.imitation.weights import PolicyError, pack_weights, read_weights
from raveforce.imitation.writer import FORMAT, WritingPolicy, hear
from raveforce.writing.grammar import make_grammar
from raveforce.writing.language import Language
from raveforce.writing.layers import read_layers
from raveforce.writing.player import Player, open_player, play_layers, play_programs
from raveforce.writing.targets import split_of

LANGUAGE = Language()
SMALL = Settings(supervised=96, reinforced=32, programs=32, kept=128, updates=2, batch=16, answers=4, groups=2)
DISTANCE = make_distance("mss")


@pytest.fixture(scope="module")
def player() -> Player:
    return open_player(LANGUAGE)


@pytest.fixture(scope="module")
def takes() -> Takes:
    return Takes.of(make_takes([], 16, 0.6, Augmentation(), np.random.default_rng(0)), DISTANCE)


def test_lessons_say_the_loudest_layer_first_and_sound_as_they_say(player: Player) -> None:
    rng = np.random.default_rng(0)
    programs = random_programs(LANGUAGE, 24, 3, rng)
    lessons = play_lessons(player, programs, 8820)
    assert len(lessons) > 8
    for lesson in lessons:
        layers = read_layers(LANGUAGE, lesson.tokens)
        # Alone and in the first place each; noises' seeds hardly change how loud they are.
        alone, _ = play_layers(player, layers, [0] * len(layers), 8820)
        energies = np.square(alone).mean(axis=1)
        assert (energies[1:] <= 1.1 * energies[:-1]).all()


def test_lessons_are_of_the_training_split_and_struck_ones_have_envelopes(player: Player) -> None:
    rng = np.random.default_rng(0)
    for program in random_programs(LANGUAGE, 20, 3, rng):
        assert 1 <= len(program) <= 3
    struck = struck_programs(LANGUAGE, 30, 2, rng)
    envelopes = [
        any("attack" in LANGUAGE.elements[each].numbers for each in layer.elements) for each in struck for layer in each
    ]
    assert np.mean(envelopes) > 0.7  # clicks have none
    # Whatever was put in, the engine plays it, and its tokens are of the grammar.
    grammar = make_grammar(LANGUAGE)
    for lesson in play_lessons(player, varied(LANGUAGE, struck, rng), 4410):
        state = grammar.begin(1)
        for token in lesson.tokens:
            state = grammar.advance(state, np.array([token]))
        assert grammar.is_over(state)[0]


def test_a_program_of_the_test_is_never_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def noted(tokens: np.ndarray) -> str:
        seen.append(split_of(tokens))
        return seen[-1]

    monkeypatch.setattr("experiments.writer.lessons.split_of", noted)
    programs = random_programs(LANGUAGE, 40, 2, np.random.default_rng(0))
    assert len(programs) == seen.count("train") == 40 < len(seen)


def test_numpy_writes_as_pytorch_says(player: Player, takes: Takes) -> None:
    trainer = Trainer(player, takes, DISTANCE, SMALL, 0)
    while trainer.stage < 3:
        logged = trainer.advance()
        assert all(np.isfinite(value) for value in logged.values())
    trainer.network.eval()
    policy = trainer.network.policy()
    heard = hear(np.stack([takes.sounds[0][:4410], takes.sounds[1][:4410]]))
    known = policy.listen(heard)
    with torch.no_grad():
        np.testing.assert_allclose(trainer.network.listen(torch.as_tensor(heard)), known, atol=1e-3)
    programs = policy.draw(LANGUAGE, known, np.zeros(2), np.random.default_rng(0))
    longest = max(map(len, programs))
    tokens = np.stack([np.pad(each, (0, longest - len(each)), constant_values=-1) for each in programs])
    with torch.no_grad():
        log_probs, _ = trainer._log_probs(torch.as_tensor(heard), tokens)
    # At temperature 0 every token is the likeliest.
    for row, program in enumerate(programs):
        np.testing.assert_array_equal(log_probs[row, : len(program)].argmax(-1).numpy(), program)
    assert play_programs(player, programs, 4410)[0].shape == (2, 4410)


def test_draws_follow_the_likelihoods(player: Player, takes: Takes) -> None:
    policy = Trainer(player, takes, DISTANCE, SMALL, 1).network.policy()
    written = policy.write(LANGUAGE, takes.sounds[0], 64, np.random.default_rng(0))
    again = policy.write(LANGUAGE, takes.sounds[0], 64, np.random.default_rng(0))
    assert [each.tolist() for each in written] == [each.tolist() for each in again]
    assert len({tuple(each) for each in written}) > 32
    assert {len(read_layers(LANGUAGE, each)) for each in written} > {1}


def test_a_training_goes_on_as_if_it_had_not_stopped(player: Player, takes: Takes) -> None:
    whole = Trainer(player, takes, DISTANCE, SMALL, 0)
    for _ in range(2):
        whole.advance()
    state = copy.deepcopy(whole.state())
    logged = [whole.advance() for _ in range(2)]
    other = Trainer(player, takes, DISTANCE, SMALL, 5)
    other.restore(state)
    assert [other.advance() for _ in range(2)] == logged


def test_a_file_is_read_back_and_others_are_refused(player: Player, takes: Takes, tmp_path: Path) -> None:
    network = Trainer(player, takes, DISTANCE, SMALL, 0).network
    path = tmp_path / "writer.npz"
    path.write_bytes(pack_weights(network.arrays(), network.card({"licence": "none"})))
    policy = WritingPolicy.load(path)
    assert policy.knows(LANGUAGE)
    assert policy.knows(Language(max_layers=2))
    assert not policy.knows(Language(bins=32))
    with pytest.raises(PolicyError, match="other words or scales"):
        policy.write(Language(bins=32), takes.sounds[0], 1, np.random.default_rng(0))
    with pytest.raises(PolicyError, match="cannot be read"):
        WritingPolicy.load(tmp_path / "none.npz")
    path.write_bytes(b"nothing")
    with pytest.raises(PolicyError, match="damaged"):
        WritingPolicy.load(path)
    with pytest.raises(PolicyError, match=f"reads {FORMAT}"):
        read_weights(pack_weights({}, {"format": 99}), FORMAT)


@pytest.mark.slow
def test_the_command_trains_and_goes_on(tmp_path: Path) -> None:
    arguments = [f"output={tmp_path}", "takes=64", "supervised=512", "reinforced=128"]
    main(arguments)
    assert (tmp_path / "writer.npz").stat().st_size < 4_000_000
    with pytest.raises(ConfigError, match="another training"):
        main([*arguments, "seed=1"])
