"""What are learning and search worth on recorded drums? ``python -m benchmarks.drums FOLDER``

Imitates every drum of a folder tree (class by the names of file and folder, kits by folder) with random search,
CMA-ES, differential evolution, a genetic algorithm, the shipped policy (one render, the best of several, and as the
start of CMA-ES) and ``raveforce imitate``, which chooses the template itself. All minimise one distance; all distances
and an error of the pitch are reported: medians over sounds, with bootstrap intervals over kits.

Recordings that one command installs on Debian and Ubuntu:
``apt-get install --no-install-recommends sonic-pi-samples hydrogen-data``, then
``/usr/share/sonic-pi/samples`` and ``/usr/share/hydrogen/data/drumkits``. No recording is ever written.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import raveforce
from benchmarks.drums.figures import draw_sounds
from benchmarks.drums.jobs import imitated, policy_answers, spread
from benchmarks.drums.measures import median_interval
from benchmarks.drums.players import PLAYERS, WITH_POLICY
from benchmarks.drums.sounds import CLASSES, SAMPLE_RATE, DrumSound, find_drums
from benchmarks.kept import unfinished
from experiments.config import readers
from experiments.config.errors import ConfigError
from experiments.config.options import LARGEST_SEED, Option, read_options, run_command
from experiments.figures.__main__ import main as draw_figures
from experiments.records.provenance import versions
from raveforce.recordings import SPLITS, split_kits

RESULTS = Path(__file__).resolve().parents[2] / "results"
BUDGETS = (1, 10, 100, 1000, 10_000, 100_000)
OPTIONS = {
    "agents": Option("which agents, with + between them", "+".join(PLAYERS)),
    "kinds": Option("which classes, with + between them", "+".join(CLASSES)),
    "split": Option("train, validation, test or all, by kit", "all"),
    "renders": Option("most renders a sound: 1, 10, 100, 1000, 10000 or 100000", 1000, int, least=1, most=10**6),
    "limit": Option("most sounds of a class, spread evenly", None, int, least=1, most=10**6),
    "distance": Option("what is minimised", "mss"),
    "policy": Option("a policy's file instead of the shipped one", reads=readers.file),
    "seed": Option("of the agents", 0, int, least=0, most=LARGEST_SEED),
    "jobs": Option("processes", 1, int, least=1, most=1024),
    "out": Option("folder of the results", "results/runs/drums", reads=readers.new_folder),
    "name": Option("of the results' files; otherwise drums_ and the folder's name"),
    "write": Option("keep them in results/paper", False, bool),
}


def summary(rows: Iterable[Mapping[str, Any]], names: Sequence[str]) -> list[dict[str, Any]]:
    """Medians over sounds with their intervals, by class, agent and renders."""
    groups: dict[tuple[str, str, int], list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["kind"], row["agent"], row["renders"]), []).append(row)
    table = []
    for (kind, agent, renders), members in groups.items():
        kits = [row["kit"] for row in members]
        medians = {name: median_interval([row[name] for row in members], kits) for name in names}
        seconds = float(np.median([row["seconds"] for row in members]))
        counts = {"sounds": len(members), "kits": len(set(kits))}
        table.append({"kind": kind, "agent": agent, "renders": renders, **counts, "seconds": seconds, **medians})
    return table


def show(table: Sequence[Mapping[str, Any]], names: Sequence[str]) -> None:
    """Print the medians."""
    print(f"{'class':8} {'agent':9} {'renders':>8} {'sounds':>6} {'seconds':>8} " + " ".join(f"{n:>12}" for n in names))
    for row in table:
        medians = " ".join(f"{row[name][0]:12.3f}" for name in names)
        start = f"{row['kind']:8} {row['agent']:9} {row['renders']:8} {row['sounds']:6} {row['seconds']:8.2f} "
        print(start + medians)


def examples(
    rows: Sequence[Mapping[str, Any]], sounds: Sequence[DrumSound], agent: str, distance: str
) -> list[tuple[str, list[tuple[str, NDArray[np.float32]]]]]:
    """The best, the median and the worst sound of an agent after 100 renders (or fewer): target and imitations."""
    budgets = sorted({row["renders"] for row in rows if row["agent"] == agent and row["renders"] <= 100})
    last = {row["sound"]: row for row in rows if row["agent"] == agent and row["renders"] == budgets[-1]}
    silence = {row["sound"]: row[distance] for row in rows if row["agent"] == "silence"}
    order = sorted(last, key=lambda name: last[name][distance] / silence[name])
    by_name = {sound.name: sound for sound in sounds}
    shown = []
    for word, place in (("best", 0), ("median", len(order) // 2), ("worst", len(order) - 1)):
        name = order[place]
        sound = by_name[name]
        columns = [("target", sound.audio)]
        for renders in sorted({budgets[0], budgets[-1]}):
            (row,) = (r for r in rows if (r["sound"], r["agent"], r["renders"]) == (name, agent, renders))
            title = f"{agent}, {renders} renders: {distance} {row[distance]:.2f}"
            columns.append((title, raveforce.render(row["code"], len(sound.audio) / SAMPLE_RATE)))
        shown.append((f"{word}: {sound.kind}, {name}", columns))
    return shown


def keep(
    rows: Sequence[Mapping[str, Any]],
    table: Sequence[Mapping[str, Any]],
    about: Mapping[str, Any],
    folder: Path,
    name: str,
) -> None:
    """Write JSON and CSV."""
    folder.mkdir(parents=True, exist_ok=True)
    report = {**about, "medians [low, high]": table, "versions": versions()}
    (folder / f"{name}.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    columns = list(dict.fromkeys(key for row in rows for key in row if key != "code"))
    with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


def main(arguments: Sequence[str]) -> None:
    """Imitate the drums of a folder, as the command line says."""
    folders = [argument for argument in arguments if not argument.startswith("-") and "=" not in argument]
    options, _ = read_options([a for a in arguments if a not in folders], OPTIONS, doc=__doc__)
    if len(folders) != 1:
        raise ConfigError("name a folder of recordings: python -m benchmarks.drums FOLDER")
    folder = Path(folders[0]).expanduser()
    agents, kinds = _words(options["agents"], PLAYERS, "agents"), _words(options["kinds"], CLASSES, "kinds")
    if options["agents"] == OPTIONS["agents"].default and options["policy"] is None and not _has_policy():
        print("there is no policy: those agents that need one are left out", file=sys.stderr)
        agents = [agent for agent in agents if agent not in WITH_POLICY]
    sounds = find_drums(folder, kinds=tuple(kinds), limit=options["limit"])
    if options["split"] != "all":
        if options["split"] not in SPLITS:
            raise ConfigError(f"split is one of {', '.join(SPLITS)} or all, not {options['split']!r}")
        splits = split_kits([sound.kit for sound in sounds])
        sounds = [sound for sound in sounds if splits[sound.kit] == options["split"]]
    budgets = [budget for budget in BUDGETS if budget <= options["renders"]]
    task = partial(
        imitated,
        agents=agents,
        budgets=budgets,
        distance=options["distance"],
        seed=options["seed"],
        policy=options["policy"],
    )
    about = {name: options[name] for name in ("renders", "distance", "policy", "seed")}
    with unfinished("drums", {**about, "agents": agents, "folder": str(folder.resolve())}) as (kept, _):
        left = [sound for sound in sounds if {"sound": sound.name} not in kept]
        for sound, made in zip(left, spread(task, left, options["jobs"]), strict=True):
            kept.add({"sound": sound.name}, made)
        rows = [row for sound in sounds for row in kept.get({"sound": sound.name})]
        command = f"python -m benchmarks.drums {folder.name} " + " ".join(a for a in arguments if a not in folders)
        shown = next(agent for agent in ("refine", *agents) if agent in agents)
        write_all(rows, sounds, {**options, "name": options["name"] or f"drums_{folder.name}"}, command, shown)


def write_all(
    rows: Sequence[Mapping[str, Any]], sounds: Sequence[DrumSound], options: Mapping[str, Any], command: str, shown: str
) -> None:
    """Print the table; write it, its figure, and pictures of the sounds of one agent."""
    names = [name for name, value in rows[0].items() if isinstance(value, float) and name != "seconds"]
    table = summary(rows, names)
    show(table, names)
    about = {
        "command": command,
        "distance": options["distance"],
        "minimised": options["distance"],
        "sounds": {kind: sum(sound.kind == kind for sound in sounds) for kind in CLASSES},
        "kits": sorted({sound.kit for sound in sounds}),
    }
    where = RESULTS / "paper" if options["write"] else Path(options["out"])
    name = options["name"]
    keep(rows, table, about, where, name)
    draw_figures(
        ["figure=drums", "write=true"] if options["write"] else ["figure=drums", f"tables={where}", f"out={where}"]
    )
    draw_sounds(examples(rows, sounds, shown, options["distance"]), where / f"{name}_sounds.png")
    print(f"\nin {where}: {name}.json, {name}.csv, {name}.png, {name}_sounds.png")


def _has_policy() -> bool:
    """Whether a policy ships with this copy."""
    try:
        policy_answers(None)
    except ConfigError:
        return False
    return True


def _words(text: str, known: Iterable[str], what: str) -> list[str]:
    words = [word for word in text.split("+") if word]
    unknown = [word for word in words if word not in known]
    if unknown or not words:
        raise ConfigError(f"{what} are among {', '.join(known)}, not {text!r}")
    return words


if __name__ == "__main__":
    run_command("benchmarks.drums", main)
