"""Train the policy that hears any sound: ``python -m experiments.train_policy recordings=FOLDER``.

It learns from programs of all templates, from recordings without labels, and from drums that numpy synthesises; see
``experiments.policy``. The folder's kits are split: validation and test are not learned from. What is broken off goes
on when the same command is given again.

python -m experiments.train_policy recordings=/usr/share/sonic-pi/samples files='bd_|sn_|drum_|elec_|perc_|tabla_|bass_'
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from experiments.config import readers
from experiments.config.options import LARGEST_SEED, Option, read_options, run_command
from experiments.interrupts import stop_on_interrupts
from experiments.policy.network import export
from experiments.policy.player import Player
from experiments.policy.state import command_of, held, keep, restore
from experiments.policy.takes import Takes, make_takes
from experiments.policy.trainer import Settings, Trainer
from raveforce.augmentation import Augmentation
from raveforce.distances import make_distance, measure_rows
from raveforce.imitation.policy import Policy
from raveforce.imitation.templates import AUTO, make_template
from raveforce.recordings import SPLITS, find_recordings, fit, load_most, split_kits
from raveforce.targets import from_file
from raveforce.task import Task

__all__ = ["RATE", "main", "read_recordings", "read_templates", "score_policy", "train_policy"]

Sound = NDArray[np.float32]

OPTIONS = {
    "recordings": Option(
        "folder of recordings to learn from and to be validated with; none: synthesised drums alone",
        reads=readers.folder,
    ),
    "files": Option("regular expression that is looked for in their paths inside the folder", reads=readers.pattern),
    "licence": Option("licence of the recordings, for the card", "unknown"),
    "templates": Option("names, as in kick|snare; otherwise all"),
    "output": Option("folder of the training", "results/policy", reads=readers.new_folder),
    "takes": Option("sounds to answer, made of recordings and synthesised drums", 2000, int, least=64, most=10**6),
    "supervised": Option("renders a template in stage 1", Settings.supervised, int, least=1, most=10**9),
    "reinforced": Option("renders a template in stage 2", Settings.reinforced, int, least=1, most=10**9),
    "seed": Option("of all random numbers", 0, int, least=0, most=LARGEST_SEED),
}

RATE, LONGEST = 44100, 2.5
LOG_EVERY, KEEP_EVERY = 10, 100


def train_policy(options: Mapping[str, Any]) -> Path:
    """Train, or go on; return the file of the policy."""
    torch.set_num_threads(1)
    folder = Path(options["output"])
    folder.mkdir(parents=True, exist_ok=True)
    templates = read_templates(options["templates"])
    recordings = read_recordings(options["recordings"], options["files"])
    distance = make_distance("mss", RATE)
    player = Player(templates, distance)
    rng = np.random.default_rng(options["seed"])
    learned = list(recordings["train"].values())
    takes = Takes.of(make_takes(learned, options["takes"], 0.6, Augmentation(), rng), distance)
    settings = Settings(supervised=options["supervised"], reinforced=options["reinforced"])
    trainer = Trainer(player, takes, settings, options["seed"])
    command = command_of("experiments.train_policy", options, OPTIONS)
    began = time.perf_counter() - restore(trainer, folder, options, command)
    stopped = False

    def stop() -> None:
        nonlocal stopped
        stopped = True

    with stop_on_interrupts(stop):
        while trainer.stage < 3 and not stopped:
            logged = trainer.advance()
            seconds = time.perf_counter() - began
            if trainer.step % LOG_EVERY == 0 or trainer.stage == 3:
                row = {"step": trainer.step, "stage": trainer.stage, "seconds": round(seconds), **logged}
                print(json.dumps(row), flush=True)
                with (folder / "progress.jsonl").open("a", encoding="utf-8") as file:
                    file.write(json.dumps(row) + "\n")
            if trainer.step % KEEP_EVERY == 0 or stopped or trainer.stage == 3:
                keep(trainer, folder, options, seconds)
    policy = folder / "policy.npz"
    card = {
        "command": command,
        "steps": [trainer.step, trainer.steps],
        "recordings": sorted(recordings["train"]),
        "licence": options["licence"] if learned else "none",
        "distance": distance.name,
    }
    export(trainer.network, templates, policy, card)
    if recordings["validation"]:
        print(json.dumps(score_policy(Policy.load(policy), player, recordings["validation"].values())))
    print(f"policy: {policy} ({policy.stat().st_size:,} bytes)")
    return policy


def score_policy(policy: Policy, player: Player, sounds: Iterable[Sound], answers: int = 16) -> dict[str, float]:
    """Medians over recordings of the distance of one answer, of several, and of the best template's one answer."""
    found = []
    for sound in sounds:
        heard = policy.hear(sound)
        modes = {
            name: player.distances(name, mixture.mode[None, None], [sound])[0, 0]
            for name, mixture in heard.mixtures.items()
        }
        first = next(iter(heard.probabilities))
        several = heard.mixtures[first].sample(np.random.default_rng(0), answers)
        best = player.distances(first, several[None], [sound]).min()
        silence = measure_rows(player.distance, 0 * sound[None], player.distance.features(sound[None]))[0]
        found.append([silence, modes[first], min(modes.values()), best])
    names = ("silence", "one render", "one render of the best template", f"best of {answers}")
    return dict(zip(names, np.median(found, axis=0).round(4).tolist(), strict=True))


def read_templates(names: str | None) -> dict[str, Task]:
    """Read the templates by name (all where none is named), as for a sound of a second."""
    wanted = AUTO if names is None else names.split("|")
    return {name: make_template(name, np.ones(RATE, np.float32), RATE) for name in wanted}


def read_recordings(folder: str | None, files: str | None) -> dict[str, dict[str, Sound]]:
    """The sounds of a folder by split and name, trimmed, normalised, and not longer than ``LONGEST``."""
    sounds: dict[str, dict[str, Sound]] = {split: {} for split in SPLITS}
    kits = {} if folder is None else find_recordings(folder, files=files)
    splits = split_kits(kits)
    loaded = load_most([path for paths in kits.values() for path in paths], _read)
    for kit, paths in kits.items():
        for path in paths:
            if path in loaded:
                sounds[splits[kit]][f"{kit}/{path.name}"] = loaded[path]
    return sounds


def _read(path: Path) -> Sound:
    sound = from_file(path, sample_rate=RATE, trim=True, normalise=True).audio
    return fit(sound, min(len(sound), round(LONGEST * RATE)), RATE)


def main(arguments: Sequence[str]) -> None:
    """Train as the command line says."""
    options, _ = read_options(arguments, OPTIONS, doc=__doc__)
    with held(options["output"]):
        train_policy(options)


if __name__ == "__main__":
    run_command("experiments.train_policy", main)
