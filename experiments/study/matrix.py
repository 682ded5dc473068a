"""What a study is to run: matrices of settings, as runs with folders and as commands.

A study in ``conf/study/`` declares sweeps, each a matrix: settings with the values that they take. Every combination
is a run of ``run.py``, in a folder named by its values, so that it is found again.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from experiments.config.checks import check
from experiments.config.command_line import for_hydra, quote_path
from experiments.config.errors import ConfigError
from experiments.config.groups import CONF
from experiments.config.overrides import parse, values
from raveforce.registry import did_you_mean

__all__ = [
    "Batch",
    "PlannedRun",
    "Sweeps",
    "as_overrides",
    "batches",
    "check_sweeps",
    "load_study",
    "narrowed",
    "studies",
]

ROOT = CONF.parent

Sweeps = dict[str, dict[str, list[Any]]]
"""By the sweeps' names, the values of each setting."""


@dataclass(frozen=True)
class PlannedRun:
    """One run of a study.

    Attributes
    ----------
    sweep : the name of its sweep
    settings : the matrix's settings, with its values
    folder : the run's
    """

    sweep: str
    settings: Mapping[str, Any]
    folder: Path


@dataclass(frozen=True)
class Batch:
    """Runs that one command does.

    Attributes
    ----------
    runs : in the command's order
    command : of ``run.py``, with its arguments
    """

    runs: Sequence[PlannedRun]
    command: Sequence[str]


def studies() -> list[str]:
    """The names of all studies."""
    return sorted(path.stem for path in (CONF / "study").glob("*.yaml"))


def load_study(name: str) -> Sweeps:
    """Read a study's sweeps.

    Raises
    ------
    ConfigError
        There is no such study, or one of its sweeps is no matrix.
    """
    path = CONF / "study" / f"{name}.yaml"
    if not path.exists():
        raise ConfigError(f"there is no study {name!r}{did_you_mean(name, studies())} ({', '.join(studies())})")
    sweeps: Any = OmegaConf.to_container(OmegaConf.load(path), resolve=True)
    for sweep, matrix in sweeps.items():
        for key, given in matrix.items() if isinstance(matrix, dict) else [("", None)]:
            if not isinstance(given, list) or not given:
                raise ConfigError(f"{path.name}: {sweep}.{key} must be a list of values, got {given!r}")
        if len(matrix.get("agent.tuned", [True])) > 1:
            raise ConfigError(f"{path.name}: {sweep}.agent.tuned has one value; make a sweep of its own for the other")
    return sweeps


def narrowed(sweeps: Sweeps, overrides: Sequence[str]) -> tuple[Sweeps, list[str]]:
    """Apply a command line's settings to a study's sweeps.

    A setting with values that the study has narrows the study to them, and sweeps that have none of them fall away;
    values that no sweep has are taken by every sweep that has the setting. What no sweep has is left: a setting of all
    runs.

    >>> sweeps = {"one": {"task": ["kick", "snare"], "seed": [0, 1]}, "line": {"task": ["bass_line"], "seed": [0]}}
    >>> narrowed(sweeps, ["task=kick", "seed=7", "tracking=none"])
    ({'one': {'task': ['kick'], 'seed': [7]}}, ['tracking=none'])
    >>> narrowed(sweeps, ["seed=range(1,4)"])[0]["line"]
    {'task': ['bass_line'], 'seed': [2, 3]}
    """
    left, others = {name: dict(matrix) for name, matrix in sweeps.items()}, []
    for override in parse(overrides):
        key = override.key_or_group
        with_key = [name for name in left if key in left[name]]
        given = list(values(override))
        if with_key:
            known = [value for name in with_key for value in left[name][key]]
            for name in with_key:
                left[name][key] = [value for value in given if value in left[name][key] or value not in known]
                if not left[name][key]:
                    del left[name]
        elif override.is_sweep_override():
            for matrix in left.values():
                matrix[key] = given
        else:
            others.append(str(override.input_line))
    return left, others


def check_sweeps(sweeps: Sweeps, overrides: Sequence[str]) -> None:
    """Find what is wrong with a study's settings before anything is written.

    Raises
    ------
    ConfigError
        There is no such setting or option, or a value has another type.
    """
    for matrix in sweeps.values():
        check(for_hydra([*(f"{key}={_choice(given)}" for key, given in matrix.items()), *overrides]))


def batches(sweeps: Sweeps, folder: Path, overrides: Sequence[str] = (), *, by_seed: bool = True) -> list[Batch]:
    """The commands that do a study's sweeps.

    Parameters
    ----------
    sweeps : what ``load_study`` or ``narrowed`` gives
    folder : the study's
    overrides : settings of all runs, such as ``hydra/launcher=joblib``
    by_seed : one seed of every sweep after the other, so that a study that is broken off has a part of everything;
        otherwise a command a sweep, for launchers that do all runs at once
    """
    done = []
    if by_seed:
        seeds = dict.fromkeys(seed for matrix in sweeps.values() for seed in matrix.get("seed", [None]))
        for seed in seeds:
            for name, matrix in sweeps.items():
                if seed in matrix.get("seed", [None]):
                    part = matrix if seed is None else {**matrix, "seed": [seed]}
                    done.append(_batch(name, part, folder / name, overrides))
        return done
    return [_batch(name, matrix, folder / name, overrides) for name, matrix in sweeps.items()]


def _batch(name: str, matrix: Mapping[str, Sequence[Any]], folder: Path, overrides: Sequence[str]) -> Batch:
    groups = {path.name for path in CONF.iterdir() if path.is_dir()}
    named = [key for key in matrix if key != "agent.tuned"]
    subdir = "_".join(f"${{hydra:runtime.choices.{key}}}" if key in groups else f"${{{key}}}" for key in named)
    runs = []
    for combination in itertools.product(*matrix.values()):
        settings = dict(zip(matrix, combination, strict=True))
        runs.append(PlannedRun(name, settings, folder / "_".join(_shown(settings[key]) for key in named)))
    command = [
        *(sys.executable, str(ROOT / "run.py"), "-m"),
        *(f"{key}={_choice(given)}" for key, given in matrix.items()),
        *("resume=auto", f"hydra.sweep.dir={quote_path(folder)}", f"hydra.sweep.subdir={subdir}"),
        # The study writes a page of all its runs.
        *("hydra.callbacks.sweep_report.report=false", *overrides),
    ]
    return Batch(runs, command)


def as_overrides(settings: Mapping[str, Any]) -> list[str]:
    """Settings as one writes them on a command line.

    >>> as_overrides({"task": "kick", "seed": 0, "agent.tuned": False})
    ['task=kick', 'seed=0', 'agent.tuned=false']
    """
    return [f"{key}={_text(value)}" for key, value in settings.items()]


def _choice(given: Sequence[Any]) -> str:
    """Values as a sweep; a single one too, because the next command of the same sweep may have others."""
    texts = ",".join(map(_text, given))
    return texts if len(given) > 1 else f"choice({texts})"


def _text(value: Any) -> str:
    """A value for Hydra."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return str(value) or "''"


def _shown(value: Any) -> str:
    """A value as it stands in a folder's name."""
    return str(value)
