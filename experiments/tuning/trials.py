"""A trial: what settings are worth, by training with them; and when to give up on trials that fail."""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import optuna
from omegaconf import DictConfig, OmegaConf
from optuna.trial import TrialState

from experiments.config.build import build_agent, build_env_spec, build_vec_env
from experiments.train import train
from experiments.tuning.space import suggest
from experiments.tuning.storage import trial_folder

__all__ = ["DONE", "MOST_FAILURES", "OWN", "last_failures", "objective", "run_config", "stop_when_all_fail", "try_out"]

DONE = (TrialState.COMPLETE, TrialState.PRUNED)
"""States of trials that count."""

OWN = frozenset({"tune", "trials", "study_name", "storage", "repeats", "sampler_seed"}) | frozenset(
    {"prune", "prune_after_trials", "prune_after_renders"}
)
"""Settings of the study, which a run does not know."""

MOST_FAILURES = 3
"""Trials that may fail one after the other; what is wrong with so many is wrong with all."""


def objective(trial: optuna.Trial, cfg: DictConfig, space: Mapping[str, Any], folder: Path) -> float:
    """What a trial is worth."""
    chosen = suggest(trial, space)
    own = trial_folder(folder, trial.number)
    own.path.mkdir(parents=True)
    with own.held():
        try:
            return _distance(trial, cfg, chosen, own.path)
        except optuna.TrialPruned:
            raise
        except Exception as error:
            trial.set_user_attr("failure", f"{type(error).__name__}: {error}")
            raise


def stop_when_all_fail(study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
    """End a study whose last trials all failed: called by Optuna after each."""
    if len(last_failures(study)) >= MOST_FAILURES:
        study.stop()


def last_failures(study: optuna.Study) -> list[str]:
    """Why the last trials failed that did so one after the other; trials that were killed are none of them."""
    failures: list[str] = []
    for trial in study.get_trials(deepcopy=False):
        if trial.state in DONE:
            failures = []
        elif trial.state == TrialState.FAIL and "failure" in trial.user_attrs:
            failures.append(trial.user_attrs["failure"])
    return failures


def _distance(trial: optuna.Trial, cfg: DictConfig, chosen: Mapping[str, Any], folder: Path) -> float:
    """Train with the chosen settings; the policy's distance at the end, averaged over seeds."""
    distances: list[float] = []
    for repeat in range(cfg.repeats):
        run = run_config(cfg, chosen)
        run.seed = cfg.seed + repeat
        run.tracking.group = run.tracking.group or cfg.study_name
        before = repeat * cfg.total_timesteps

        def go_on(renders: int, distance: float, before: int = before) -> bool:
            trial.report(sum([*distances, distance]) / (len(distances) + 1), before + renders)
            return not trial.should_prune()

        summary = train(run, folder / f"seed{run.seed}", report=go_on)
        if summary["signal"] is not None:
            sys.exit(128 + signal.Signals[summary["signal"]])
        if summary["interrupted"]:
            raise optuna.TrialPruned
        distances.append(summary["policy"]["distances"][summary["reward"]["distance"]])
    return sum(distances) / len(distances)


def run_config(cfg: DictConfig, chosen: Mapping[str, Any]) -> DictConfig:
    """A run's configuration with the chosen settings, without what only the study needs."""
    run = cfg.copy()
    OmegaConf.set_struct(run, False)
    for name in OWN & set(run):
        del run[name]
    run.progress = False
    for name, value in chosen.items():
        OmegaConf.update(run, name, value, force_add=True, merge=False)
    return run


def try_out(cfg: DictConfig, space: Mapping[str, Any]) -> None:
    """Build an agent with the first values, so that a wrong setting is found before the study begins."""
    first = {name: bounds["choices"][0] if "choices" in bounds else bounds["low"] for name, bounds in space.items()}
    run = run_config(cfg, first)
    env = build_vec_env(run, build_env_spec(run))
    build_agent(run, env)
    env.close()
