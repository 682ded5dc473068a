"""Find an agent's settings: ``python -m experiments.tune task=kick agent=sac trials=50``.

A study is kept in its folder, or in a database that many machines share; the same command goes on with it, and run
several times at once it has as many workers.
"""

from __future__ import annotations

import json
import logging
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import hydra
import optuna
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf
from optuna.study import MaxTrialsCallback
from optuna.trial import TrialState

from experiments.config.build import build_env_spec, observation_name
from experiments.config.command_line import help_text, in_a_line, prepare, wants_help
from experiments.config.errors import ConfigError
from experiments.config.ranges import check_ranges
from experiments.config.resume import CHANGEABLE, with_absolute_target
from experiments.records.run_folder import RunFolder
from experiments.tuning.space import search_space, suggest
from experiments.tuning.storage import open_study
from experiments.tuning.trials import (
    DONE,
    MOST_FAILURES,
    OWN,
    last_failures,
    objective,
    run_config,
    stop_when_all_fail,
    try_out,
)
from raveforce._console import end_briefly, survive_the_console
from raveforce._imports import end_quickly

__all__ = ["check_same_problem", "main", "tune"]

log = logging.getLogger(__name__)


def tune(cfg: DictConfig, folder: Path) -> optuna.Study:
    """Work on a study until it has its trials.

    Parameters
    ----------
    cfg : see ``conf/tune.yaml``
    folder : the study's; holds its trials' runs, its file if it has no database, and at the end the best settings

    Raises
    ------
    ConfigError
        The search space or the run's own configuration is wrong.
    """
    problem = check_ranges(cfg)
    if problem:
        raise ConfigError(problem)
    if cfg.seed is None:
        raise ConfigError("seed is null: settings are compared over the same seeds; name the first, such as seed=0")
    space = dict(search_space(OmegaConf.to_container(cfg.tune, resolve=True)))
    try_out(cfg, space)
    study = open_study(cfg, folder)
    check_same_problem(study, cfg, space)
    left = cfg.trials - len(study.get_trials(deepcopy=False, states=DONE))
    log.info("study %s: %d trials to go", study.study_name, max(left, 0))
    if left > 0:
        study.optimize(
            lambda trial: objective(trial, cfg, space, folder),
            callbacks=[MaxTrialsCallback(cfg.trials, states=DONE), stop_when_all_fail],
            catch=(Exception,),
        )
    failures = last_failures(study)
    if len(failures) >= MOST_FAILURES:
        raise ConfigError(f"{len(failures)} trials in a row failed, the last with: {failures[-1]}")
    if study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)):
        _write_best(cfg, space, study, folder)
    return study


def check_same_problem(study: optuna.Study, cfg: DictConfig, space: Mapping[str, Any]) -> None:
    """Refuse to go on with a study under other settings: distances of different kinds would be ranked together."""
    settings: Any = OmegaConf.to_container(with_absolute_target(run_config(cfg, {})), resolve=True)
    problem = {key: value for key, value in settings.items() if key not in (*CHANGEABLE[1:], "resume")}
    problem |= {"repeats": cfg.repeats, "search space": dict(space)}
    problem = json.loads(json.dumps(problem))
    before = study.user_attrs.get("problem")
    if before is None:
        study.set_user_attr("problem", problem)
        return
    changed = [key for key in sorted(before.keys() | problem.keys()) if before.get(key) != problem.get(key)]
    if changed:
        key = changed[0]
        raise ConfigError(
            f"the study {study.study_name} was begun with another {key} ({before.get(key)}, not {problem.get(key)}): "
            "give this one another study_name"
        )


def _write_best(cfg: DictConfig, space: Mapping[str, Any], study: optuna.Study, folder: Path) -> None:
    """Write the best settings as a file of ``conf/tuned/``, and say how to use it."""
    best, name = study.best_trial, study.study_name
    run = run_config(cfg, suggest(optuna.trial.FixedTrial(best.params), space))
    done = study.get_trials(deepcopy=False, states=DONE)
    spec = build_env_spec(run)
    found = {
        "task": spec.task.name,
        "reward": spec.reward.distance.name,
        "observation": observation_name(run, spec.task),
        "total_timesteps": cfg.total_timesteps,
        "reached": float(f"{best.value:.5g}"),
    }
    settings = OmegaConf.to_container(run.agent.settings, resolve=True)
    overrides = HydraConfig.get().overrides.task
    text = (
        f"# @package agent\n# Best of {len(done)} trials (trial {best.number}, mean of {cfg.repeats} runs each):\n"
        f"#   python -m experiments.tune {shlex.join(overrides)}\n"
        f"{OmegaConf.to_yaml({'tuned_on': found, 'settings': settings})}"
    )
    files = RunFolder(folder / "tuned")
    files.path.mkdir(exist_ok=True)
    path = files.write(f"{name}.yaml", lambda path: path.write_text(text, encoding="utf-8"))
    chosen = HydraConfig.get().runtime.choices
    agent = [text for text in overrides if text.partition("=")[0] in ("agent", "agent.algorithm")]
    use = ["python run.py --config-dir", shlex.quote(str(folder)), *_problem_overrides(), *agent, f"tuned={name}"]
    keep = f"conf/tuned/{chosen['task']}/{chosen['agent']}.yaml"
    print(
        f"best of {len(done)} trials: {best.value:.4g} (trial {best.number})\nsettings: {path}\n"
        f"use: {' '.join(use)}\nkeep for this task: cp {shlex.quote(str(path))} {keep}"
    )


def _problem_overrides() -> list[str]:
    """What of the command line says which problem is solved: all but the study's own settings and the agent's."""
    texts = list(HydraConfig.get().overrides.task)
    chosen = HydraConfig.get().runtime.choices
    own = (*OWN, "agent", "progress", "tracking", "resume")
    kept = [text for text in texts if text.lstrip("+~").partition("=")[0].split(".")[0] not in own]
    groups = {text.partition("=")[0] for text in kept}
    task = [] if {"task", "experiment"} & groups else [f"task={chosen['task']}"]
    return [*task, *map(shlex.quote, kept)]


@hydra.main(version_base="1.3", config_path="../conf", config_name="tune")
def main(cfg: DictConfig) -> None:
    """Work on the study that the command line describes."""
    with in_a_line("experiments.tune", (ConfigError,)):
        tune(cfg, Path(HydraConfig.get().runtime.output_dir))


if __name__ == "__main__":
    survive_the_console()
    end_quickly()
    end_briefly()
    try:
        sys.argv[1:] = prepare(sys.argv[1:], "tune")
        if wants_help(sys.argv):
            print(help_text(sys.argv[1:], "tune"))
            sys.exit()
    except ConfigError as error:
        sys.exit(f"experiments.tune: {error}")
    main()
