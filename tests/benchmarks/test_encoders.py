from dataclasses import replace

import numpy as np
import pytest
import torch

from benchmarks.encoders import NETWORKS, measure_encoder
from experiments.policy.network import ENCODERS, Imitator, export
from experiments.policy.player import Player
from experiments.policy.takes import Takes
from experiments.policy.trainer import Settings, Trainer
from experiments.train_policy import read_templates
from raveforce.distances import make_distance
from raveforce.imitation.picture import PICTURE_SIZE

TINY = Settings(supervised=128, reinforced=128, kept=256, updates=2, batch=16, components=2)


@pytest.mark.parametrize("encoder", ENCODERS)
def test_every_encoder_hears_the_whole_picture(encoder: str) -> None:
    torch.manual_seed(0)
    network = Imitator({"kick": 3}, encoder, 4, (16,), components=2).eval()
    quiet, loud = torch.zeros(1, PICTURE_SIZE), torch.rand(1, PICTURE_SIZE)
    assert not torch.equal(network.features(quiet), network.features(loud))
    assert network.answer("kick", network.features(loud)).mode.shape == (1, 3)


def test_only_what_the_package_can_run_is_written(tmp_path) -> None:
    network = Imitator({}, "convolutions", 4, (16,), components=2)
    with pytest.raises(ValueError, match="frames"):
        export(network, {}, tmp_path / "policy.npz", {})


def test_a_network_is_trained_to_its_end_and_measured() -> None:
    distance = make_distance("mss", 44100)
    sound = (0.9 * np.sin(np.arange(8820) / 100) * np.exp(-np.arange(8820) / 2000)).astype(np.float32)
    settings = replace(NETWORKS["convolutions_small"].settings(TINY), hidden=(16,))
    trainer = Trainer(Player(read_templates("kick_v1"), distance), Takes.of([sound] * 8, distance), settings, seed=0)
    found = measure_encoder(trainer, [sound], programs=8, seed=0)
    assert trainer.stage == 3
    assert found["weights"] == sum(parameter.numel() for parameter in trainer.network.parameters())
    assert 0 < found["recordings, mss / silence"] < 3
    assert 0 <= found["programs, pitch error in octaves"] < np.log2(110 / 25) + 0.01
