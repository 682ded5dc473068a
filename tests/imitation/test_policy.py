from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
import torch

from experiments.policy.network import Imitator, export
from raveforce.imitation.picture import BANDS, FRAMES, PICTURE_SIZE, picture
from raveforce.imitation.policy import Policy, PolicyError, template_key
from raveforce.tasks import kick, snare

RATE = 44100
SIZES = {"kick": 6, "snare": len(snare().parameters.free)}


@pytest.fixture
def network() -> Imitator:
    torch.manual_seed(0)
    network = Imitator(SIZES, "frames", 8, (32, 16), components=3)
    network.train()
    network.features(torch.rand(64, PICTURE_SIZE))  # so that the scale is not the identity
    return network.eval()


@pytest.fixture
def file(network: Imitator, tmp_path: Path) -> Path:
    path = tmp_path / "policy.npz"
    export(network, {"kick": kick(), "snare": snare()}, path, {"command": "none"})
    return path


@pytest.fixture
def thump() -> np.ndarray:
    seconds = np.arange(RATE // 4) / RATE
    return (0.9 * np.sin(2 * np.pi * 60 * seconds) * np.exp(-seconds / 0.05)).astype(np.float32)


def levels(sound: np.ndarray) -> np.ndarray:
    return picture(sound.astype(np.float32)[None])[0, :-1].reshape(FRAMES, BANDS)


def test_a_picture_tells_low_pitches_a_semitone_apart() -> None:
    seconds = np.arange(RATE) / RATE
    low, high = (levels(np.sin(2 * np.pi * pitch * seconds))[15] for pitch in (55, 55 * 2 ** (1 / 12)))
    assert np.abs(low - high).max() > 0.02
    assert 0.95 < low.max() <= 1


def test_a_picture_does_not_depend_on_the_other_rows_nor_on_silence_before_the_end(thump: np.ndarray) -> None:
    both = picture(np.stack([thump, thump[::-1]]))
    np.testing.assert_allclose(both[0], picture(thump[None])[0], atol=1e-6)
    padded = levels(np.pad(thump, (0, RATE)))
    frames = int((levels(thump).max(axis=1) > 0).sum()) - 4
    np.testing.assert_allclose(padded[:frames], levels(thump)[:frames], atol=1e-5)


@pytest.mark.parametrize("samples", [1, 100, 5000, 300_000])
def test_a_picture_has_its_size_whatever_the_length(samples: int) -> None:
    seen = picture(np.full((1, samples), 0.5, np.float32))
    assert seen.shape == (1, PICTURE_SIZE)
    assert np.isfinite(seen).all()
    assert 0 <= seen.min() <= seen.max() <= 1


def test_numpy_answers_what_torch_does(network: Imitator, file: Path, thump: np.ndarray) -> None:
    answer = Policy.load(file).hear(thump)
    with torch.no_grad():
        features = network.features(torch.as_tensor(picture(thump[None])))
        probabilities = network.template(features).softmax(-1)[0]
        mixtures = {name: network.answer(name, features) for name in SIZES}
    for index, name in enumerate(SIZES):
        assert answer.probabilities[name] == pytest.approx(float(probabilities[index]), abs=0.01)
        order = mixtures[name].logits[0].argsort(descending=True)
        ours = answer.mixtures[name]
        np.testing.assert_allclose(ours.means, mixtures[name].means[0, order], atol=0.01)
        np.testing.assert_allclose(ours.stds, mixtures[name].stds[0, order], rtol=0.05)
        np.testing.assert_allclose(ours.weights, mixtures[name].logits[0, order].softmax(-1), atol=0.01)
    assert list(answer.probabilities.values()) == sorted(answer.probabilities.values(), reverse=True)


def test_answers_are_actions_and_the_first_is_the_likeliest(file: Path, thump: np.ndarray) -> None:
    policy = Policy.load(file)
    actions = policy("kick", kick(), thump)
    assert actions is not None
    assert actions.shape == (16, 6)
    assert np.abs(actions).max() <= 1
    np.testing.assert_array_equal(actions[0], policy.hear(thump).mixtures["kick"].mode)
    np.testing.assert_array_equal(actions, policy("kick", kick(), thump))


def test_templates_that_changed_since_the_training_are_not_answered(file: Path, thump: np.ndarray) -> None:
    policy = Policy.load(file)
    assert policy.knows("kick", kick())
    assert not policy.knows("kick", snare())
    assert not policy.knows("drum", kick())
    longer = kick(np.ones(5 * RATE))  # its decay may be longer
    assert template_key(longer) != template_key(kick())
    assert policy("kick", longer, thump) is None


def test_other_rates_are_resampled(file: Path, thump: np.ndarray) -> None:
    policy = Policy.load(file)
    half = policy.hear(thump[::2], RATE // 2).mixtures["kick"].mode
    np.testing.assert_allclose(half, policy.hear(thump).mixtures["kick"].mode, atol=0.1)


def test_damaged_files_and_other_formats_are_refused(file: Path, tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="cannot be read"):
        Policy.load(tmp_path / "none.npz")
    damaged = tmp_path / "damaged.npz"
    damaged.write_bytes(file.read_bytes()[:-2000])
    with pytest.raises(PolicyError, match="damaged one"):
        Policy.load(damaged)


def test_an_answer_takes_little_time(file: Path, thump: np.ndarray) -> None:
    policy = Policy.load(file)
    policy.hear(thump)
    began = time.process_time()
    for _ in range(10):
        policy.hear(thump)
    assert time.process_time() - began < 0.5
