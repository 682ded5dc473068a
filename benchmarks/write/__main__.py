"""What is an agent that writes programs worth? ``python -m benchmarks.write part=hidden``

hidden: programs of the test's split, never seen in training: random programs, genetic programming (DEAP), the best
template (``imitate``), and write-then-tune with and without the policy, at equal renders.
drums: recorded drums of a folder, ``imitate`` with and without ``write``, at equal renders or seconds.
speed: new programs a second, and where the time goes; its options are programs, rows, layers, seconds,
threads, output and write.

What is measured is kept as it comes, in a file beside the tables: the same command goes on where it was broken off.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.kept import Kept
from benchmarks.write import speed
from experiments.config import readers
from experiments.config.errors import ConfigError
from experiments.config.options import LARGEST_SEED, Option, read_options, run_command
from experiments.records.provenance import versions

RESULTS = Path(__file__).resolve().parents[2] / "results"
PARTS = ("hidden", "drums", "speed")
OPTIONS = {
    "part": Option("what is measured: hidden, drums or speed", "hidden"),
    "count": Option("hidden: how many programs", 200, int, least=1, most=10**6),
    "writers": Option("hidden: which, with + between them"),
    "folder": Option("drums: of recordings", "/usr/share/hydrogen/data/drumkits", reads=readers.folder),
    "limit": Option("drums: most sounds of a class, spread evenly", None, int, least=1, most=10**6),
    "seconds": Option("drums: for a sound, instead of renders", None, float, least=0, most=86_400),
    "renders": Option("hidden, drums: most programs to play for a sound", 1000, int, least=1, most=10**8),
    "policy": Option("hidden: a policy's file instead of the shipped one", reads=readers.file),
    "seed": Option("of all random numbers", 0, int, least=0, most=LARGEST_SEED),
    "out": Option("folder of the results", "results/runs/write", reads=readers.new_folder),
    "write": Option("keep them in results/paper", False, bool),
}


def main(arguments: Sequence[str]) -> None:
    """Measure what the command line says."""
    if "part=speed" in arguments:
        speed.main(arguments)
        return
    options, _ = read_options(arguments, OPTIONS, doc=__doc__)
    part = options["part"]
    if part not in PARTS:
        raise ConfigError(f"part is one of {', '.join(PARTS)}, not {part!r}")
    made = {"hidden": _hidden, "drums": _drums}[part](options)
    where = RESULTS / "paper" if options["write"] else Path(options["out"])
    where.mkdir(parents=True, exist_ok=True)
    report = {"command": " ".join(["python -m benchmarks.write", *arguments]), **made["about"], "versions": versions()}
    name = f"write_{part}"
    (where / f"{name}.json").write_text(json.dumps({**report, "table": made["table"]}, indent=2) + "\n", "utf-8")
    columns = [key for key in dict.fromkeys(key for row in made["rows"] for key in row) if key != "code"]
    with (where / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(made["rows"])
    print(f"\nin {where}: {name}.json, {name}.csv")


def _hidden(options: Mapping[str, Any]) -> dict[str, Any]:
    from benchmarks.write.hidden import WITH_POLICY, WRITERS, hidden_programs, make_policy, play_hidden, table_of

    writers = list(WRITERS) if options["writers"] is None else options["writers"].split("+")
    unknown = [name for name in writers if name not in WRITERS]
    if unknown:
        raise ConfigError(f"writers are among {', '.join(WRITERS)}, not {', '.join(unknown)}")
    programs = hidden_programs(options["count"], options["seed"])
    about = {"seed": options["seed"], "renders": options["renders"]}
    # A policy that was trained anew is another one.
    policies = {name: make_policy(options["policy"]).sha256 if name in WITH_POLICY else None for name in writers}
    jobs = [
        ({**about, "writer": writer, "policy": policies[writer], "program": each.words}, each)
        for writer in writers
        for each in programs
    ]

    def measured(key: Mapping[str, Any], hidden: Any) -> dict[str, Any]:
        return play_hidden(hidden, key["writer"], key["renders"], key["seed"], options["policy"])

    rows = _kept(Path(options["out"]) / "hidden.jsonl", jobs, measured)
    table = table_of(rows)
    _show(table)
    return {"about": {**about, "programs": len(programs)}, "table": table, "rows": rows}


def _drums(options: Mapping[str, Any]) -> dict[str, Any]:
    from benchmarks.drums.sounds import find_drums
    from benchmarks.write.drums import compare, kits_of, table_of
    from raveforce.imitation.writer import load_writing_policy

    sounds = find_drums(Path(options["folder"]).expanduser(), limit=options["limit"])
    renders = None if options["seconds"] else options["renders"]
    about = {"seconds": options["seconds"], "renders": renders, "seed": options["seed"]}
    policy = load_writing_policy().sha256
    jobs = [({**about, "sound": sound.name, "write": False}, sound) for sound in sounds]
    jobs += [({**about, "sound": sound.name, "write": True, "policy": policy}, sound) for sound in sounds]

    def measured(key: Mapping[str, Any], sound: Any) -> dict[str, Any]:
        return compare(sound, key["write"], key["seconds"], key["renders"], key["seed"])

    rows = _kept(Path(options["out"]) / "drums.jsonl", jobs, measured)
    table = [*table_of(rows), *kits_of(rows)]
    _show(table)
    return {"about": {**about, "sounds": len(sounds)}, "table": table, "rows": rows}


def _kept(
    path: Path, jobs: Iterable[tuple[Mapping[str, Any], Any]], measured: Callable[[Mapping[str, Any], Any], Any]
) -> list[dict[str, Any]]:
    """Rows of jobs: those that a file has, and others, which are added to it."""
    kept = Kept(path)
    rows: list[dict[str, Any]] = []
    for key, subject in jobs:
        if key not in kept:
            kept.add(key, row := measured(key, subject))
            print(json.dumps({name: value for name, value in row.items() if name != "code"}), flush=True)
        rows.append(kept.get(key))
    return rows


def _show(table: Sequence[Mapping[str, Any]]) -> None:
    """Print rows with equal columns together."""
    columns: list[str] = []
    for row in table:
        if list(row) != columns:
            columns = list(row)
            print("\n" + " ".join(f"{name:>14}" for name in columns))
        print(" ".join(f"{_cell(row[name]):>14}" for name in columns))


def _cell(value: Any) -> str:
    return "-" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    run_command("benchmarks.write", main)
