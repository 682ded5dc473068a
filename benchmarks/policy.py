"""What the policy's answers are worth: ``python -m benchmarks.policy recordings=FOLDER files=kick template=kick_v1``.

For every recording of a folder: the distance (``mss``) of the policy's likeliest answer, of the best of several, of
CMA-ES after so many renders, and of CMA-ES that begins where the policy's answers lie. Medians over recordings.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.kept import unfinished
from experiments.config import readers
from experiments.config.errors import ConfigError
from experiments.config.options import Option, read_options, run_command
from experiments.records.run_folder import write_text
from raveforce.distances import make_distance, measure_rows
from raveforce.imitation.cma_es import CMAES
from raveforce.imitation.imitate import prepare
from raveforce.imitation.objective import Objective
from raveforce.imitation.policy import Policy, load_policy
from raveforce.imitation.proposals import prior
from raveforce.imitation.templates import make_template
from raveforce.recordings import find_recordings, load_most

__all__ = ["compare", "main"]

OPTIONS = {
    "recordings": Option("folder of recordings, best of kits that the policy was not trained on", reads=readers.folder),
    "files": Option("regular expression that is looked for in their paths inside the folder", reads=readers.pattern),
    "template": Option("whose program answers; auto: the one that the policy takes for the likeliest", "auto"),
    "policy": Option("file of a policy; otherwise the one that ships with the package", reads=readers.file),
    "search": Option("renders of CMA-ES a recording", 1000, int, least=16, most=10**8),
    "seconds": Option("longest part of a recording that is looked at", 2.5, float, least=0.01, most=600),
    "output": Option("JSON file for the figures", reads=readers.new_file),
}

RATE = 44100
TRIES = (1, 4, 16, 64)
RENDERS = (1, 10, 16, 100, 200, 1000, 10_000)
FIRST, INFORMED = 16, 200
"""Answers of which the best is where the informed search begins, and its renders, those answers among them."""


def compare(policy: Policy, template: str, sound: NDArray[np.float32], renders: int, seed: int = 0) -> dict[str, float]:
    """Distances to one sound, by what was tried."""
    heard = policy.hear(sound)
    name = next(iter(heard.probabilities)) if template == "auto" else template
    objective = Objective(name, make_template(name, sound, RATE), make_distance("mss", RATE))
    silence = measure_rows(objective.distance, 0 * sound[None], objective.distance.features(sound[None]))
    found = {"silence": float(silence[0])}
    if policy.knows(name, objective.task):
        answers = heard.mixtures[name].sample(np.random.default_rng(seed), max(TRIES)).astype(float)
        values = objective(answers)
        found |= {f"policy, best of {tries}": float(values[:tries].min()) for tries in TRIES}
        start, spread = answers[values[:FIRST].argmin()], prior(answers[:FIRST], objective.dimensions).sigma
        search = CMAES(objective.dimensions, seed=seed, start=start, sigma=spread)
        search.note(answers[:FIRST], values[:FIRST])
        found |= _searched(search, objective, min(renders, INFORMED), "policy, then CMA-ES")
    return found | _searched(CMAES(objective.dimensions, seed=seed), objective, renders, "CMA-ES")


def _searched(search: CMAES, objective: Objective, renders: int, what: str) -> dict[str, float]:
    """The best distance so far after each number of ``RENDERS``, each render counted by itself."""
    values = [search.nearest[0]] * search.renders
    while len(values) < renders:
        candidates = search.ask()
        now = objective(candidates)
        search.tell(candidates, now)
        values += now.tolist()
    best = np.fmin.accumulate(values)
    return {
        f"{what}, {count}": float(best[count - 1])
        for count in RENDERS
        if FIRST * what.startswith("p") < count <= renders
    }


def main(arguments: Sequence[str]) -> None:
    """Compare as the command line says."""
    options, _ = read_options(arguments, OPTIONS, doc=__doc__)
    if options["recordings"] is None:
        raise ConfigError("name a folder of recordings: python -m benchmarks.policy recordings=FOLDER")
    policy = Policy.load(options["policy"]) if options["policy"] else load_policy()
    kits = find_recordings(options["recordings"], files=options["files"])
    rows = {}
    sounds = load_most([path for paths in kits.values() for path in paths], prepare)
    about = {name: options[name] for name in ("recordings", "template", "search", "seconds")}
    with unfinished("policy", {**about, "policy": policy.sha256}) as (kept, _):
        for path, whole in sounds.items():
            sound = whole[: round(options["seconds"] * RATE)]
            name = str(path.relative_to(options["recordings"]))
            measure = partial(compare, policy, options["template"], sound, options["search"])
            rows[name] = kept.row({"file": name}, measure)
    names = list(dict.fromkeys(name for row in rows.values() for name in row))
    medians = {name: float(np.median([row[name] for row in rows.values() if name in row])) for name in names}
    width = max(map(len, names), default=0)
    print(f"medians of {len(rows)} recordings, template {options['template']}, policy {policy.sha256[:12]}")
    for name, value in medians.items():
        print(f"  {name:{width}}  {value:.3f}")
    if options["output"]:
        result = {"policy": policy.sha256, "template": options["template"], "medians": medians, "recordings": rows}
        write_text(Path(options["output"]), json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    run_command("benchmarks.policy", main)
