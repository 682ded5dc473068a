"""Save a project on Weights & Biases: ``python -m experiments.wandb_export project=ENTITY/raveforce``.

The file holds name, state, configuration, summary and learning curve of every run. Table, statistics, figures of it:
python -m experiments.study export=raveforce.json folder=results/studies/from_wandb
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from experiments.config import readers
from experiments.config.errors import ConfigError
from experiments.config.options import Option, read_options, run_command
from experiments.records.log_writers import STEP
from experiments.records.run_folder import write_text

__all__ = ["main", "project_runs"]

OPTIONS = {
    "project": Option("ENTITY/PROJECT"),
    "output": Option("the file; otherwise PROJECT.json", reads=readers.new_file),
    "points": Option("of a learning curve, at most", 500, int, least=2, most=10**6),
}
CURVES = ("best/distance", "evaluation/distance")


def main(arguments: Sequence[str]) -> None:
    """Fetch a project's runs, which needs the network and an account, and save them."""
    options, _ = read_options(arguments, OPTIONS, doc=__doc__)
    if not options["project"] or "/" not in options["project"]:
        raise ConfigError("name a project: project=ENTITY/PROJECT")
    output = Path(options["output"] or f"{options['project'].rpartition('/')[2]}.json")
    import wandb

    try:
        runs = list(project_runs(wandb.Api(), options["project"], options["points"]))
    except (wandb.errors.Error, ValueError) as error:  # ValueError: there is no such project
        raise ConfigError(f"{options['project']}: {error}") from error
    text = json.dumps(runs, indent=1) + "\n"
    write_text(output, text)
    print(f"{len(runs)} runs: {output}")


def project_runs(api: Any, project: str, points: int = 500) -> Iterator[dict[str, Any]]:
    """What W&B knows of a project's runs.

    Parameters
    ----------
    api : a ``wandb.Api``
    project : ENTITY/PROJECT
    points : of a learning curve, at most
    """
    for run in api.runs(project):
        summary = {key: run.summary.get(key) for key in run.summary.keys() if _is_plain(run.summary.get(key))}  # noqa: SIM118
        history = run.history(samples=points, keys=[STEP, CURVES[0]], pandas=False)
        evaluated = run.history(samples=points, keys=[STEP, CURVES[1]], pandas=False)
        curve: dict[int, dict[str, Any]] = {}
        for row in [*history, *evaluated]:  # W&B gives the rows that have all keys asked for
            curve.setdefault(row[STEP], {STEP: row[STEP]}).update({key: row[key] for key in CURVES if key in row})
        yield {
            "name": run.name,
            "group": run.group,
            "state": run.state,
            "config": {key: value for key, value in run.config.items() if not key.startswith("_")},
            "summary": summary,
            "history": [curve[step] for step in sorted(curve)],
        }


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float)


if __name__ == "__main__":
    run_command("experiments.wandb_export", main)
