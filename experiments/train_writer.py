"""Train the policy that writes programs: ``python -m experiments.train_writer recordings=FOLDER``.

It learns from random programs of the language, and from takes of recordings and of drums that numpy synthesises; see
``experiments.writer``. The folder's kits are split: validation and test are not learned from, nor are the hidden
programs of these splits. What is broken off goes on when the same command is given again; ``supervised`` and
``reinforced`` may be others then.

python -m experiments.train_writer recordings=/usr/share/sonic-pi/samples files='bd_|sn_|drum_|elec_|perc_|tabla_|bass_'
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from experiments.config import readers
from experiments.config.options import LARGEST_SEED, Option, read_options, run_command
from experiments.interrupts import stop_on_interrupts
from experiments.policy.state import command_of, held, keep, restore
from experiments.policy.takes import Takes, features, make_takes
from experiments.train_policy import RATE, read_recordings
from experiments.writer.trainer import Settings, Trainer
from raveforce.augmentation import Augmentation
from raveforce.distances import Distance, make_distance, measure_rows
from raveforce.imitation.weights import pack_weights
from raveforce.imitation.writer import WritingPolicy
from raveforce.recordings import fit
from raveforce.writing.language import Language
from raveforce.writing.player import Player, open_player, play_programs
from raveforce.writing.targets import HiddenPrograms

__all__ = ["main", "score_writer", "train_writer"]

OPTIONS = {
    "recordings": Option(
        "folder of recordings to learn from and to be validated with; none: synthesised drums alone",
        reads=readers.folder,
    ),
    "files": Option("regular expression that is looked for in their paths inside the folder", reads=readers.pattern),
    "licence": Option("licence of the recordings, for the card", "unknown"),
    "output": Option("folder of the training", "results/runs/writer", reads=readers.new_folder),
    "takes": Option("sounds to answer, made of recordings and synthesised drums", 2000, int, least=64, most=10**6),
    "supervised": Option("programs played in stage 1", Settings.supervised, int, least=1, most=10**9),
    "reinforced": Option("programs played in stage 2", Settings.reinforced, int, least=1, most=10**9),
    "seed": Option("of all random numbers", 0, int, least=0, most=LARGEST_SEED),
}
LENGTHS_MAY_CHANGE = ("supervised", "reinforced")

LOG_EVERY, KEEP_EVERY, VALIDATE_EVERY = 5, 50, 150
HIDDEN = 48
"""Hidden programs that a policy is validated with."""


def train_writer(options: Mapping[str, Any]) -> Path:
    """Train, or go on; return the file of the policy."""
    torch.set_num_threads(1)
    folder = Path(options["output"])
    folder.mkdir(parents=True, exist_ok=True)
    recordings = read_recordings(options["recordings"], options["files"])
    distance = make_distance("mss", RATE)
    rng = np.random.default_rng(options["seed"])
    learned = list(recordings["train"].values())
    takes = Takes.of(make_takes(learned, options["takes"], 0.6, Augmentation(), rng), distance)
    player = open_player(Language())
    settings = Settings(supervised=options["supervised"], reinforced=options["reinforced"])
    trainer = Trainer(player, takes, distance, settings, options["seed"])
    command = command_of("experiments.train_writer", options, OPTIONS)
    began = time.perf_counter() - restore(trainer, folder, options, command, LENGTHS_MAY_CHANGE)
    hidden = HiddenPrograms(player.language, split="validation")
    draws = np.random.default_rng(0)
    validated = {
        "hidden": [hidden.draw(draws) for _ in range(HIDDEN)],
        "recorded": [fit(sound, min(len(sound), RATE), RATE) for sound in recordings["validation"].values()],
    }
    stopped = False

    def stop() -> None:
        nonlocal stopped
        stopped = True

    def told(row: Mapping[str, Any]) -> None:
        print(json.dumps(row), flush=True)
        with (folder / "progress.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    with stop_on_interrupts(stop):
        while trainer.stage < 3 and not stopped:
            logged = trainer.advance()
            about = {
                "step": trainer.step,
                "of": trainer.steps,
                "stage": trainer.stage,
                "seconds": round(time.perf_counter() - began),
            }
            last = stopped or trainer.stage == 3
            if trainer.step % LOG_EVERY == 0 or last:
                told({**about, **{name: round(value, 4) for name, value in logged.items()}})
            if trainer.step % KEEP_EVERY == 0 or last:
                keep(trainer, folder, options, time.perf_counter() - began)
            if trainer.step % VALIDATE_EVERY == 0 or last:
                policy = trainer.network.policy()
                told({**about, **{n: score_writer(policy, player, distance, s) for n, s in validated.items() if s}})
    card = {
        "command": command,
        "steps": [trainer.step, trainer.steps],
        "programs": [settings.supervised, settings.reinforced],
        "seconds": round(time.perf_counter() - began),
        "recordings": sorted(recordings["train"]),
        "licence": options["licence"] if learned else "none",
        "distance": distance.name,
    }
    path = folder / "writer.npz"
    path.write_bytes(pack_weights(trainer.network.arrays(), trainer.network.card(card)))
    print(f"policy: {path} ({path.stat().st_size:,} bytes)")
    return path


def score_writer(
    policy: WritingPolicy, player: Player, distance: Distance, sounds: Sequence[Any], answers: int = 16
) -> dict[str, float]:
    """Medians over sounds of the distance of silence, of the likeliest program, and of the best of several."""
    rng = np.random.default_rng(0)
    found = []
    for sound in sounds:
        reference = features(distance, sound)
        programs = policy.write(player.language, sound, answers, rng)
        played, _ = play_programs(player, programs, len(sound))
        apart = measure_rows(distance, np.concatenate([played, 0 * played[:1]]), reference)
        found.append([apart[-1], apart[0], apart[:-1].min()])
    names = ("silence", "one program", f"best of {answers}")
    return dict(zip(names, np.median(found, axis=0).round(3).tolist(), strict=True))


def main(arguments: Sequence[str]) -> None:
    """Train as the command line says."""
    options, _ = read_options(arguments, OPTIONS, doc=__doc__)
    with held(options["output"]):
        train_writer(options)


if __name__ == "__main__":
    run_command("experiments.train_writer", main)
