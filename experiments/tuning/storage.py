"""Where a study is kept: a journal in its folder, or a database that many machines share."""

from __future__ import annotations

import logging
import random
import re
import time
import warnings
from pathlib import Path

import optuna
from omegaconf import DictConfig
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from experiments.config.errors import ConfigError
from experiments.records.run_folder import RunFolder

__all__ = ["open_study", "trial_folder"]

log = logging.getLogger(__name__)

HEARTBEAT = 60
"""Seconds between two signs of life of a trial in a database."""


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
        alive = trial_folder(folder, trial.number).is_held()
        if not alive:
            study.tell(trial.number, state=TrialState.FAIL)
            study.enqueue_trial(trial.params)
            log.info("trial %d was killed; its settings are tried again", trial.number)


def trial_folder(folder: Path, number: int) -> RunFolder:
    """Where a trial's runs lie."""
    return RunFolder(folder / "trials" / f"{number:05d}")
