"""Many runs, one table: ``python -m experiments.study study=agents``.

A study in ``conf/study/`` declares matrices of settings. Every combination is a run of ``run.py``; what is finished
is skipped, what broke off goes on from its last checkpoint, so the same command goes on with an interrupted study.

Runs are ranked by their reach: 0 is silence, 1 the best that any run of the study met with the same task and reward. (A
run's own score measures against the target itself, which no program may reach.)
"""

from __future__ import annotations

import csv
import math
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from experiments.config.command_line import quote_path
from experiments.config.errors import ConfigError
from experiments.config.options import Option, read_options, run_command
from experiments.records.run_folder import RunFolder
from experiments.sweeps import outcomes
from raveforce.registry import did_you_mean

__all__ = ["commands", "load_study", "main", "medians", "table"]

ROOT = Path(__file__).resolve().parent.parent
CONF = ROOT / "conf"
OPTIONS = {
    "study": Option("a file in conf/study/, by its name"),
    "folder": Option("where its runs and tables go; otherwise results/studies/NAME"),
}


def load_study(name: str) -> dict[str, dict[str, list[Any]]]:
    """Read a study's sweeps: by name, the values of each setting.

    Raises
    ------
    ConfigError
        There is no such study, or one of its sweeps is no matrix.
    """
    path = CONF / "study" / f"{name}.yaml"
    if not path.exists():
        known = sorted(file.stem for file in path.parent.glob("*.yaml"))
        raise ConfigError(f"there is no study {name!r}{did_you_mean(name, known)}")
    sweeps: Any = OmegaConf.to_container(OmegaConf.load(path), resolve=True)
    for sweep, matrix in sweeps.items():
        for key, values in matrix.items() if isinstance(matrix, dict) else [("", None)]:
            if not isinstance(values, list) or not values:
                raise ConfigError(f"{path.name}: {sweep}.{key} must be a list of values, got {values!r}")
    return sweeps


def commands(
    sweeps: Mapping[str, Mapping[str, Sequence[Any]]], folder: Path, overrides: Sequence[str] = ()
) -> dict[str, list[str]]:
    """The commands that do a study's sweeps, by name.

    A run's folder is named by the values of its sweep's settings, so that it is found again.

    Parameters
    ----------
    sweeps : what ``load_study`` gives
    folder : the study's
    overrides : settings of all runs, such as ``hydra/launcher=joblib``
    """
    groups = {path.name for path in CONF.iterdir() if path.is_dir()}
    done = {}
    for name, matrix in sweeps.items():
        choices = [f"{key}={','.join(map(_text, values))}" for key, values in matrix.items()]
        named = [f"${{hydra:runtime.choices.{key}}}" if key in groups else f"${{{key}}}" for key in matrix]
        done[name] = [
            *(sys.executable, str(ROOT / "run.py"), "-m", *choices),
            *("resume=auto", f"hydra.sweep.dir={quote_path(folder / name)}", f"hydra.sweep.subdir={'_'.join(named)}"),
            *overrides,
        ]
    return done


def table(folder: Path) -> list[dict[str, Any]]:
    """A row for every run of a study.

    A run's reach goes from 0, silence, to 1, the best that any run of the study met with the task and the reward.
    """
    rows = []
    for sweep in sorted(path for path in folder.glob("*") if path.is_dir()):
        rows += [_row(sweep, outcome) for outcome in outcomes(sweep)]
    best: dict[tuple[str, str], float] = {}
    for row in rows:
        if row["best"] is not None:
            at = (row["task"], row["reward"])
            best[at] = min(best.get(at, math.inf), row["best"], row["policy"])
    for row in rows:
        if row["policy"] is not None:
            known = best.get((row["task"], row["reward"]), row["policy"])
            reach = row["silence"] - known
            for of in ("policy", "best"):
                near = None if row[of] is None else row["silence"] - row[of]
                row[f"{of}_reach"] = None if near is None or reach <= 0 else near / reach
    return rows


def medians(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Medians over seeds, by task, agent and reward."""
    cells: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["policy"] is not None:
            cells.setdefault((row["task"], row["agent"], row["reward"]), []).append(row)
    numbers = ("policy", "best", "policy_reach", "best_reach", "seconds", "renders")
    return [
        {
            **dict(zip(("task", "agent", "reward"), cell, strict=True)),
            "runs": len(runs),
            **{
                of: statistics.median(row[of] for row in runs) for of in numbers if all(r[of] is not None for r in runs)
            },
        }
        for cell, runs in sorted(cells.items())
    ]


def main(arguments: Sequence[str]) -> int:
    """Do what is left of a study and write its tables; 0 if all of it is done."""
    options, overrides = read_options(
        arguments, OPTIONS, doc=__doc__, settings="settings of all its runs, such as hydra/launcher=joblib"
    )
    study = options["study"]
    if study is None:
        known = sorted(path.stem for path in (CONF / "study").glob("*.yaml"))
        raise ConfigError(f"name a study: study=NAME (the studies are {', '.join(known)})")
    folder = Path(options["folder"] or f"results/studies/{study}").absolute()
    code = 0
    for name, command in commands(load_study(study), folder, overrides).items():
        print(f"study {study}: {name}", flush=True)
        try:
            ended = subprocess.run(command, check=False, cwd=ROOT).returncode
        except KeyboardInterrupt:
            ended = 130
        _write(folder)
        if ended not in (0, 1):  # 1: some runs failed, and the sweep says which; else it was interrupted or refused
            return ended
        code = max(code, ended)
    for row in medians(table(folder)):
        print("  ".join(f"{key} {value:.4g}" if isinstance(value, float) else f"{value}" for key, value in row.items()))
    print(f"record: {folder / 'runs.csv'}")
    return code


def _text(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return str(value)


def _row(sweep: Path, outcome: Mapping[str, Any]) -> dict[str, Any]:
    """One run's row of the table."""
    folder = sweep / outcome["job"]
    summary = RunFolder(folder).read_summary() or {}
    name = summary.get("reward", {}).get("distance")
    distances = {part: (summary.get(part) or {}).get("distances", {}) for part in ("policy", "best", "silence")}
    settings = dict(text.partition("=")[::2] for text in outcome["settings"].split())
    return {
        "sweep": sweep.name,
        "task": summary.get("task", settings.get("task")),
        "agent": summary.get("agent", settings.get("agent")),
        "reward": settings.get("reward", name),
        "observation": settings.get("observation"),
        "seed": summary.get("seed", settings.get("seed")),
        "renders": summary.get("renders"),
        "seconds": summary.get("wall_seconds"),
        **{part: values.get(name) for part, values in distances.items()},
        "policy_reach": None,
        "best_reach": None,
        "best_render": (summary.get("best") or {}).get("render"),
        "failure": outcome["failure"],
        "folder": folder.name,
    }


def _write(folder: Path) -> None:
    rows = table(folder)
    for name, lines in (("runs.csv", rows), ("medians.csv", medians(rows))):
        if lines:
            RunFolder(folder).write(name, lambda path, lines=lines: _write_csv(path, lines))  # type: ignore[misc]


def _write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        columns = dict.fromkeys(key for row in rows for key in row)
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    run_command("experiments.study", main)
