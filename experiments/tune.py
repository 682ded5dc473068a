"""Find an agent's settings: ``python -m experiments.tune task=kick agent=sac trials=50``.

A study is kept in its folder, or in a database that many machines share; the same command goes on with it, and run
several times at once it has as many workers.
"""

from __future__ import annotations

import json
import logging
import random
import re
import shlex
import signal
import sys
import time
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import hydra
import optuna
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf
from optuna.storages.journal import JournalFileBackend
from optuna.study import MaxTrialsCallback
from optuna.trial import TrialState

from experiments.config.build import build_agent, build_env_spec, build_vec_env, observation_name
from experiments.config.command_line import help_text, prepare, wants_help, where
from experiments.config.errors import ConfigError
from experiments.config.ranges import check_ranges
from experiments.config.resume import CHANGEABLE, with_absolute_target
from experiments.records.run_folder import RunFolder
from experiments.train import train
from raveforce._console import brief, end_briefly, survive_the_console
from raveforce._imports import end_quickly

__all__ = ["check_same_problem", "main", "open_study", "search_space", "suggest", "tune"]

log = logging.getLogger(__name__)

DONE = (TrialState.COMPLETE, TrialState.PRUNED)
OWN = frozenset({"tune", "trials", "study_name", "storage", "repeats", "sampler_seed"}) | frozenset(
    {"prune", "prune_after_trials", "prune_after_renders"}
)
"""Settings of the study, which a run does not know."""

MOST_FAILURES = 3
"""Trials that may fail one after the other; what is wrong with so many is wrong with all."""

HEARTBEAT = 60
"""Seconds between two signs of life of a trial in a database."""


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
    space = dict(search_space(OmegaConf.to_container(cfg.tune, resolve=True)))
    _try_out(cfg, space)
    study = open_study(cfg, folder)
    check_same_problem(study, cfg, space)
    left = cfg.trials - len(study.get_trials(deepcopy=False, states=DONE))
    log.info("study %s: %d trials to go", study.study_name, max(left, 0))
    if left > 0:
        study.optimize(
            lambda trial: _objective(trial, cfg, space, folder),
            callbacks=[MaxTrialsCallback(cfg.trials, states=DONE), _stop_when_all_fail],
            catch=(Exception,),
        )
    failures = _last_failures(study)
    if len(failures) >= MOST_FAILURES:
        raise ConfigError(f"{len(failures)} trials in a row failed, the last with: {failures[-1]}")
    if study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)):
        _write_best(cfg, space, study, folder)
    return study


def search_space(node: Any, path: str = "agent") -> Iterator[tuple[str, dict[str, Any]]]:
    """The settings to try, by their names in a run's configuration.

    >>> dict(search_space({"settings": {"tau": {"low": 0.01, "high": 0.1}}}))
    {'agent.settings.tau': {'low': 0.01, 'high': 0.1}}
    """
    if not isinstance(node, Mapping):
        raise ConfigError(f"tune: {path} is {node!r}, and should be low and high, or choices")
    if {"low", "high"} <= node.keys() or "choices" in node:
        extra = node.keys() - {"low", "high", "log", "choices"}
        if extra:
            raise ConfigError(f"tune: {path} has {', '.join(sorted(extra))} beside low, high, log and choices")
        yield path, dict(node)
        return
    for key, value in node.items():
        yield from search_space(value, f"{path}.{key}")


def suggest(trial: optuna.trial.BaseTrial, space: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Have a trial choose a value for each setting."""
    chosen: dict[str, Any] = {}
    for name, bounds in space.items():
        if "choices" in bounds:
            # As JSON, because Optuna keeps no lists.
            chosen[name] = json.loads(trial.suggest_categorical(name, [json.dumps(x) for x in bounds["choices"]]))
        elif isinstance(bounds["low"], int) and isinstance(bounds["high"], int):
            chosen[name] = trial.suggest_int(name, bounds["low"], bounds["high"], log=bounds.get("log", False))
        else:
            chosen[name] = trial.suggest_float(name, bounds["low"], bounds["high"], log=bounds.get("log", False))
    return chosen


def open_study(cfg: DictConfig, folder: Path) -> optuna.Study:
    """Begin a study, or go on with it."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        storage = _storage(cfg, folder)
    except Exception as error:  # of the database's driver; what it is differs from one to the next
        raise ConfigError(f"storage: {cfg.storage} cannot be opened: {type(error).__name__}: {error}") from error
    study = optuna.create_study(
        storage=storage,
        study_name=cfg.study_name,
        load_if_exists=True,
        direction="minimize",
        sampler=optuna.samplers.TPESampler(seed=cfg.sampler_seed, multivariate=True),
        pruner=optuna.pruners.MedianPruner(cfg.prune_after_trials, cfg.prune_after_renders)
        if cfg.prune
        else optuna.pruners.NopPruner(),
    )
    if cfg.storage is None:
        _retry_killed(study, folder)
    return study


def _storage(cfg: DictConfig, folder: Path) -> optuna.storages.BaseStorage:
    if cfg.storage is None:
        return optuna.storages.JournalStorage(JournalFileBackend(str(folder / "study.journal")))
    for attempt in range(5):
        try:
            return _database(cfg.storage)
        except Exception as error:
            # Another worker makes the tables at this very moment.
            if attempt == 4 or not re.search("already exists|unique", str(error), re.IGNORECASE):
                raise
            time.sleep(1 + random.random())
    raise AssertionError("unreachable")


def _database(url: str) -> optuna.storages.RDBStorage:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.storages.RDBStorage(
            url,
            heartbeat_interval=HEARTBEAT,
            heartbeat_stale_trial_callback=optuna.storages.RetryHeartbeatStaleTrialCallback(max_retry=3),
        )


def _retry_killed(study: optuna.Study, folder: Path) -> None:
    """Give trials whose process was killed another try; a database has heartbeats for that, a file has not."""
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        alive = _trial_folder(folder, trial.number).is_held()
        if not alive:
            study.tell(trial.number, state=TrialState.FAIL)
            study.enqueue_trial(trial.params)
            log.info("trial %d was killed; its settings are tried again", trial.number)


def _objective(trial: optuna.Trial, cfg: DictConfig, space: Mapping[str, Any], folder: Path) -> float:
    """What a trial is worth."""
    chosen = suggest(trial, space)
    trial_folder = _trial_folder(folder, trial.number)
    trial_folder.path.mkdir(parents=True)
    with trial_folder.held():
        try:
            return _distance(trial, cfg, chosen, trial_folder.path)
        except optuna.TrialPruned:
            raise
        except Exception as error:
            trial.set_user_attr("failure", f"{type(error).__name__}: {error}")
            raise


def _stop_when_all_fail(study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
    if len(_last_failures(study)) >= MOST_FAILURES:
        study.stop()


def _last_failures(study: optuna.Study) -> list[str]:
    """Why the last trials failed that did so one after the other; trials that were killed are none of them."""
    failures: list[str] = []
    for trial in study.get_trials(deepcopy=False):
        if trial.state in DONE:
            failures = []
        elif trial.state == TrialState.FAIL and "failure" in trial.user_attrs:
            failures.append(trial.user_attrs["failure"])
    return failures


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


def _try_out(cfg: DictConfig, space: Mapping[str, Any]) -> None:
    """Build an agent with the first values, so that a wrong setting is found before the study begins."""
    first = {name: bounds["choices"][0] if "choices" in bounds else bounds["low"] for name, bounds in space.items()}
    run = run_config(cfg, first)
    env = build_vec_env(run, build_env_spec(run))
    build_agent(run, env)
    env.close()


def _trial_folder(folder: Path, number: int) -> RunFolder:
    return RunFolder(folder / "trials" / f"{number:05d}")


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
    try:
        tune(cfg, Path(HydraConfig.get().runtime.output_dir))
    except ConfigError as error:
        sys.exit(f"experiments.tune: {error}{where(error)}")
    except (ImportError, MemoryError) as error:
        why = brief(error)
        if why is None:
            raise
        sys.exit(f"experiments.tune: {why}")


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
