"""Which network hears best? ``python -m benchmarks.encoders recordings=/usr/share/sonic-pi/samples``

The two stages of ``experiments.train_policy``, shortened, for networks with several encoders and widths, from the same
seed and the same sounds. Of each network: its size, the time of one answer on one core, the training's seconds, and
how near one render comes to the recordings that are kept for validation, to new programs (both as ``mss`` over that of
silence), and to those programs' pitch.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.kept import Kept, unfinished
from experiments.config import readers
from experiments.config.options import LARGEST_SEED, Option, read_options, run_command
from experiments.policy.player import Player
from experiments.policy.takes import Takes, make_takes
from experiments.policy.trainer import Settings, Trainer
from experiments.records.provenance import versions
from experiments.train_policy import read_recordings, read_templates
from raveforce.augmentation import Augmentation
from raveforce.distances import make_distance, measure_rows
from raveforce.imitation.picture import picture

__all__ = ["Encoder", "main", "measure_encoder"]

RESULTS = Path(__file__).resolve().parent.parent / "results"
RATE = 44100
PITCHES = {"kick_v1": "body_freq", "tom": "body_freq", "bass": "freq", "tone_v1": "freq"}
"""The blank that is the pitch, by template."""

OPTIONS = {
    "recordings": Option(
        "folder of recordings to learn from and to be validated with; none: synthesised drums alone",
        reads=readers.folder,
    ),
    "files": Option("regular expression that is looked for in their paths inside the folder", reads=readers.pattern),
    "templates": Option("names, as in kick|snare; otherwise all"),
    "encoders": Option("which of the networks, with + between them; otherwise all"),
    "takes": Option("sounds to answer", 1000, int, least=64, most=10**6),
    "supervised": Option("renders a template in stage 1", 6000, int, least=1, most=10**9),
    "reinforced": Option("renders a template in stage 2", 6000, int, least=1, most=10**9),
    "programs": Option("new programs of each template to answer", 64, int, least=1, most=10**6),
    "seed": Option("of all random numbers", 0, int, least=0, most=LARGEST_SEED),
    "write": Option("keep the table in results/paper", False, bool),
}


@dataclass(frozen=True)
class Encoder:
    """A network to be compared: the encoder, its channels, and the layers after it."""

    encoder: str
    channels: int
    hidden: tuple[int, ...]

    def settings(self, settings: Settings) -> Settings:
        """A training's settings with this network."""
        return replace(settings, encoder=self.encoder, channels=self.channels, hidden=self.hidden)


NETWORKS = {
    "frames_small": Encoder("frames", 16, (128, 128)),
    "frames": Encoder("frames", 32, (320, 320)),
    "frames_large": Encoder("frames", 64, (512, 512)),
    "flat": Encoder("flat", 0, (320, 320)),
    "convolutions_small": Encoder("convolutions", 8, (128, 128)),
    "convolutions": Encoder("convolutions", 16, (320, 320)),
}


def measure_encoder(
    trainer: Trainer, recordings: Sequence[NDArray[np.float32]], programs: int, seed: int
) -> dict[str, float]:
    """Train a network to its end and measure it.

    Parameters
    ----------
    trainer : at its beginning
    recordings : that it is not trained on
    programs : of each template, drawn at random, that it answers with the same template
    seed : of those programs
    """
    started = time.perf_counter()
    while trainer.stage < 3:
        trainer.advance()
    trained = time.perf_counter() - started
    network = trainer.network.eval()
    weights = sum(parameter.numel() for parameter in network.parameters())
    found = {"weights": weights, "megabytes (float16)": weights * 2e-6, "training, seconds": trained}
    found["answer, ms"] = 1e3 * _seconds_an_answer(trainer)
    found |= _answers_to_programs(trainer, programs, seed)
    if recordings:
        found |= _answers_to_recordings(trainer, recordings)
    return {name: round(float(value), 4) for name, value in found.items()}


@torch.no_grad()
def _seconds_an_answer(trainer: Trainer, rounds: int = 50) -> float:
    """Seconds from the picture of one sound to the answers of all templates, the best of many rounds."""
    pictures = torch.as_tensor(trainer.takes.pictures[:1])
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        features = trainer.network.features(pictures)
        trainer.network.template(features)
        for name in trainer.names:
            trainer.network.answer(name, features)
        times.append(time.perf_counter() - started)
    return min(times)


@torch.no_grad()
def _answers_to_programs(trainer: Trainer, count: int, seed: int, samples: int = 17640) -> dict[str, float]:
    """How near one render of the same template comes to new programs, and to their pitch."""
    rng = np.random.default_rng(seed + 1)
    near, octaves = [], []
    player = trainer.player
    for name in trainer.names:
        actions = rng.uniform(-1, 1, (count, trainer.sizes[name]))
        sounds = player.play(name, actions, samples)
        peaks = np.abs(sounds).max(axis=1)
        actions, sounds = actions[peaks > 0.1], sounds[peaks > 0.1]
        features = trainer.network.features(torch.as_tensor(picture(sounds)))
        modes = trainer.network.answer(name, features).mode.numpy()
        distances = player.distances(name, modes[:, None], list(sounds))[:, 0]
        near += (distances / _silence(trainer, list(sounds))).tolist()
        if name in PITCHES:
            space = player.templates[name].parameters
            place = space.free.index(PITCHES[name])
            pitches = [space.decode(np.clip(some, -1, 1))[:, place] for some in (modes, actions)]
            octaves += np.abs(np.log2(pitches[0] / pitches[1])).tolist()
    found = {"programs, mss / silence": np.median(near)}
    return found | ({"programs, pitch error in octaves": np.median(octaves)} if octaves else {})


@torch.no_grad()
def _answers_to_recordings(trainer: Trainer, sounds: Sequence[NDArray[np.float32]]) -> dict[str, float]:
    """How near one render comes to recordings: with the template that the network names, and with the best one."""
    named, best = [], []
    for sound in sounds:
        features = trainer.network.features(torch.as_tensor(picture(sound[None])))
        modes = {name: trainer.network.answer(name, features).mode.numpy()[:, None] for name in trainer.names}
        near = {name: trainer.player.distances(name, mode, [sound])[0, 0] for name, mode in modes.items()}
        silence = _silence(trainer, [sound])[0]
        chosen = trainer.names[int(trainer.network.template(features).argmax())]
        named.append(near[chosen] / silence)
        best.append(min(near.values()) / silence)
    return {
        "recordings, mss / silence": np.median(named),
        "recordings, best template, mss / silence": np.median(best),
    }


def _silence(trainer: Trainer, sounds: Sequence[NDArray[np.float32]]) -> NDArray[np.float64]:
    distance = trainer.player.distance
    return np.concatenate([measure_rows(distance, 0 * sound[None], distance.features(sound[None])) for sound in sounds])


def compare(options: Mapping[str, Any], rows: Kept) -> dict[str, dict[str, float]]:
    """Train and measure the networks that the options name."""
    torch.set_num_threads(1)
    names = list(NETWORKS) if options["encoders"] is None else options["encoders"].split("+")
    unknown = [name for name in names if name not in NETWORKS]
    if unknown:
        raise ValueError(f"encoders are among {', '.join(NETWORKS)}, not {unknown[0]!r}")
    recordings = read_recordings(options["recordings"], options["files"])
    player = Player(read_templates(options["templates"]), make_distance("mss", RATE))
    rng = np.random.default_rng(options["seed"])
    made = make_takes(list(recordings["train"].values()), options["takes"], 0.6, Augmentation(), rng)
    takes = Takes.of(made, player.distance)
    settings = Settings(supervised=options["supervised"], reinforced=options["reinforced"])
    table = {}
    validation = list(recordings["validation"].values())

    def measure(name: str) -> dict[str, float]:
        trainer = Trainer(player, takes, NETWORKS[name].settings(settings), options["seed"])
        return measure_encoder(trainer, validation, options["programs"], options["seed"])

    for name in names:
        table[name] = rows.row({"network": name}, partial(measure, name))
        print(json.dumps({"network": name, **table[name]}), flush=True)
    return table


def main(arguments: Sequence[str]) -> None:
    """Compare as the command line says."""
    options, _ = read_options(arguments, OPTIONS, doc=__doc__)
    about = {name: value for name, value in options.items() if name not in ("encoders", "write")}
    with unfinished("encoders", about) as (rows, _):
        table = compare(options, rows)
    if options["write"]:
        result = {
            "command": " ".join(["python -m benchmarks.encoders", *arguments]),
            "networks": {name: vars(NETWORKS[name]) for name in table},
            "measured": table,
            "versions": versions(),
        }
        path = RESULTS / "paper" / "encoders.json"
        path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        print(f"in {path}")


if __name__ == "__main__":
    run_command("benchmarks.encoders", main)
