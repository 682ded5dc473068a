"""Many runs, one table: ``python -m experiments.study study=agents``.

A study in ``conf/study/`` declares matrices of settings. Every combination is a run of ``run.py``; what is finished is
skipped, what broke off goes on from its last checkpoint, so the same command goes on with an interrupted study. At the
end there are a table (runs.csv), statistics (statistics.json, scores.csv), figures and a page to listen to.

python -m experiments.study study=agents hydra/launcher=joblib hydra.launcher.n_jobs=2
python -m experiments.study study=agents task=kick agent=sac,cma     # a part of it
python -m experiments.study study=agents --dry-run                   # what is left, and how long that takes
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from experiments.config import readers
from experiments.config.errors import ConfigError
from experiments.config.options import LARGEST_SEED, Option, read_options, run_command
from experiments.records.learning import write_learning
from experiments.records.provenance import versions
from experiments.records.run_folder import RunFolder
from experiments.records.texts import read_json
from experiments.report import write_report
from experiments.study.durations import Durations, clock, parallel_runs, stored_rows
from experiments.study.exports import read_export
from experiments.study.join import disagreements, join
from experiments.study.matrix import ROOT, Batch, Sweeps, batches, check_sweeps, load_study, narrowed, studies
from experiments.study.running import check_same, left, run_batches
from experiments.study.scores import score_runs, statistics_of
from experiments.study.table import Row, collect, medians, versions_of, write_csv, write_table

__all__ = ["main", "write_results"]

OPTIONS = {
    "study": Option("a file in conf/study/, by its name"),
    "folder": Option("where its runs and tables go; otherwise results/studies/NAME", reads=readers.new_folder),
    "dry-run": Option("only say what is left and how long that takes", False, bool),
    "by_seed": Option("one seed after the other; false hands each sweep whole to a launcher", True, bool),
    "tables": Option("only write tables, statistics, figures and page of what is there", False, bool),
    "join": Option(
        "studies' folders or tables of the same study, made elsewhere, whose runs are added",
        several=True,
        reads=readers.place,
    ),
    "export": Option("an export of a W&B project: its runs as a table, and no other runs", reads=readers.file),
    "figures": Option("make figures of it", True, bool),
    "seed_of_statistics": Option("of the bootstrap", 0, int, least=0, most=LARGEST_SEED),
}

MOST_RUNS_ON_A_PAGE = 60
"""A page of more would be slow to open; it has the first seed's runs then."""


def main(arguments: Sequence[str]) -> int:
    """Do what is left of a study and write its tables; 0 if all of it is done."""
    options, overrides = read_options(
        arguments, OPTIONS, doc=__doc__, settings="settings of all its runs, or those of the study that are to be run"
    )
    if options["export"]:
        return _of_export(Path(options["export"]), options)
    name = options["study"]
    if name is None:
        raise ConfigError(f"name a study: study=NAME (the studies are {', '.join(studies())})")
    folder = Path(options["folder"] or f"results/studies/{name}").absolute()
    if not any(text.startswith("tracking") for text in overrides):
        overrides = [*overrides, "tracking=none"]  # the study has records of its own
    sweeps, shared = narrowed(load_study(name), overrides)
    check_sweeps(sweeps, shared)
    todo = batches(sweeps, folder, shared, by_seed=options["by_seed"])
    if not options["tables"]:
        check_same([run for batch in todo for run in batch.runs], shared)
    durations = Durations(collect(folder) if folder.is_dir() else [], stored_rows())
    print(_plan(name, todo, durations, parallel_runs(shared)), flush=True)
    if options["dry-run"]:
        return 0
    folder.mkdir(parents=True, exist_ok=True)
    about = _about(name, arguments, sweeps, shared)
    if options["tables"]:  # what made the runs is another command
        about |= _made_by(folder)
    _write_json(folder, "study.json", about)
    code = 0 if options["tables"] else run_batches(todo, folder, durations)
    ours = collect(folder)
    rows, curves = join(ours, map(Path, options["join"] or ()))
    if rows:
        _write_json(folder, "study.json", about | {"versions": versions_of(rows)})
        write_learning([(row, folder / row["folder"]) for row in ours], folder / "learning.csv", joined=curves)
        for text in disagreements(rows):
            print(f"warning: {text}", file=sys.stderr)
        write_results(folder, rows, seed=options["seed_of_statistics"], figures=options["figures"] and code in (0, 1))
        print(_page(folder, ours))
    return code


def _of_export(path: Path, options: Mapping[str, Any]) -> int:
    """Write the tables of an export."""
    if not options["folder"]:
        raise ConfigError("name a folder for the tables: folder=results/studies/NAME")
    rows, curves = read_export(path)
    folder = Path(options["folder"])
    folder.mkdir(parents=True, exist_ok=True)
    if curves:
        write_csv(folder, "learning.csv", curves)
    write_results(folder, rows, seed=options["seed_of_statistics"], figures=options["figures"])
    return 0


def write_results(folder: Path, rows: Sequence[Row], *, seed: int = 0, figures: bool = True) -> None:
    """Write a study's tables, statistics and figures.

    Parameters
    ----------
    folder : the study's
    rows : of its table
    seed : of the bootstrap
    figures : make them
    """
    write_table(folder, rows)
    write_csv(folder, "medians.csv", medians(rows))
    scores = score_runs(rows)
    found = statistics_of(scores, seed=seed)
    write_csv(folder, "scores.csv", scores.rows)
    _write_json(folder, "statistics.json", found)
    print(_shown(medians(rows), found))
    if figures:
        _figures(folder, rows)
    print(f"record: {folder / 'runs.csv'}")


def _plan(name: str, todo: Sequence[Batch], durations: Durations, at_once: int) -> str:
    """What is left of a study, and how long that takes."""
    lines = []
    for sweep in dict.fromkeys(run.sweep for batch in todo for run in batch.runs):
        runs = [run for batch in todo for run in batch.runs if run.sweep == sweep]
        lines.append(f"  {sweep}: {len(left(runs))} of {len(runs)} runs left{_time(*durations.total(left(runs)))}")
    runs = [run for batch in todo for run in batch.runs]
    seconds, unknown = durations.total(left(runs))
    total = f"study {name}: {len(left(runs))} of {len(runs)} runs left{_time(seconds, unknown)}"
    if at_once > 1 and seconds:
        total += f"; {clock(seconds / at_once)} with {at_once} at once"
    return "\n".join([*lines, total])


def _time(seconds: float, unknown: int) -> str:
    if not seconds:
        return f", how long they take is not known ({unknown})" if unknown else ""
    return f", about {clock(seconds)}" + (f" without the {unknown} of which it is not known" if unknown else "")


def _about(name: str, arguments: Sequence[str], sweeps: Sweeps, shared: Sequence[str]) -> dict[str, Any]:
    return {
        "study": name,
        "command": shlex.join(["python", "-m", "experiments.study", *arguments]),
        "overrides": list(shared),
        "sweeps": sweeps,
        "versions": versions(),
        "written": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }


def _made_by(folder: Path) -> dict[str, Any]:
    """What the study's record says of how its runs were made; nothing where it cannot be read."""
    try:
        found = read_json(folder / "study.json")
        return {key: found[key] for key in ("study", "command", "overrides", "sweeps")}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _shown(rows: Sequence[Row], found: Mapping[str, Any]) -> str:
    """The statistics in lines that fit a terminal."""
    lines = ["", "medians over seeds"]
    for row in rows:
        numbers = "  ".join(f"{key} {row[key]:.4g}" for key in ("policy", "best", "score", "seconds") if key in row)
        lines.append(f"  {row['task']:<11} {row['agent']:<14} {row['reward']:<11} {row['runs']} runs  {numbers}")
    for name, group in found["groups"].items():
        if group["agents"]:
            tasks = ", ".join(dict.fromkeys(task["task"] for task in group["tasks"]))
            lines += [
                "",
                f"{name} ({tasks}): scores, interquartile means with 95 % intervals; 0 is random search, 1 the best",
            ]
            ranked = sorted(group["agents"].items(), key=lambda item: -item[1]["policy"]["iqm"][0])
            for agent, measured in ranked:
                policy, best = (_interval(measured[of]["iqm"]) for of in ("policy", "best"))
                lines.append(f"  {agent:<14} policy {policy}   best met {best}   {measured['runs']} seeds")
    lines += ["", *(f"left out: {text}" for text in found["left_out"])]
    return "\n".join(lines).rstrip("\n")


def _interval(numbers: Sequence[float]) -> str:
    value, low, high = numbers
    return f"{value:6.3f} [{low:.3f}, {high:.3f}]"


def _figures(folder: Path, rows: Sequence[Row]) -> None:
    """Make the figures of a study, in a process of their own: what they cannot draw is no reason to lose the rest."""
    trained_on = {(row["task"], row["reward"]) for row in rows if row["state"] == "done"}
    many = len(trained_on) > len({task for task, _ in trained_on})
    names = "figure=rewards" if many else "figure=learning,table,profiles"
    command = [sys.executable, "-m", "experiments.figures", names, f"study={folder}", f"out={folder / 'figures'}"]
    if subprocess.run(command, check=False, cwd=ROOT).returncode:
        print(f"some figures could not be made: {shlex.join(['python', *command[1:]])}", file=sys.stderr)


def _page(folder: Path, rows: Sequence[Row]) -> str:
    """Write the page to listen to, of as many runs as it opens with quickly."""
    runs = [folder / row["folder"] for row in rows]
    title = folder.name
    if len(runs) > MOST_RUNS_ON_A_PAGE:
        first = min((row["seed"] for row in rows if row["seed"] is not None), default=None)
        runs = [folder / row["folder"] for row in rows if row["seed"] == first]
        title += f", seed {first}"
    try:
        count = write_report(runs, folder / "report.html", title=title)
    except (ConfigError, OSError) as error:
        return f"no page: {error}"
    return f"page of {count} runs: {folder / 'report.html'}"


def _write_json(folder: Path, name: str, found: Mapping[str, Any]) -> None:
    text = json.dumps(found, indent=1, allow_nan=False) + "\n"
    # A list of numbers or words on one line: shorter by half, and easier to read.
    # (A word holds no line's end, so that no word is changed.)
    text = re.sub(r"\[\n\s*([^\[\]{}]+?)\n\s*\]", lambda inner: "[" + re.sub(r",\n\s*", ", ", inner[1]) + "]", text)
    RunFolder(folder).write(name, lambda path: path.write_text(text, encoding="utf-8"))


if __name__ == "__main__":
    run_command("experiments.study", main)
