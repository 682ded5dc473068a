"""What ``run.py`` does with its command line: one run, or a sweep of them."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import hydra
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException

from experiments.config.checks import check
from experiments.config.command_line import help_text, in_a_line, prepare, wants_help
from experiments.config.errors import ConfigError, TrainingFailed
from experiments.config.groups import CONF
from experiments.config.resume import AUTO, check_same, is_finished, is_started, resumed_config
from experiments.config.tuned import note_changes
from experiments.records.checkpoints import CheckpointError
from experiments.records.run_folder import RunFolder, RunFolderError
from experiments.sweeps import attempt
from raveforce._console import end_briefly, survive_the_console
from raveforce._imports import end_at_once, end_quickly, uncollected, without

__all__ = ["launch"]

PROBLEMS = (ConfigError, CheckpointError, RunFolderError, TrainingFailed)
"""Printed in a line, without a traceback."""


def launch(arguments: Sequence[str]) -> None:
    """Do what a command line asks for."""
    survive_the_console()
    end_quickly()
    end_briefly()
    try:
        with uncollected():
            prepared = prepare(arguments)
            if wants_help(prepared):
                print(help_text(prepared))
                return
        if any(text.startswith(("-", "hydra.mode=")) for text in prepared):
            sys.argv[1:] = prepared
            hydra.main(version_base="1.3", config_path=str(CONF), config_name="config")(job)()
        else:
            _run_once(prepared)
    except ConfigError as error:
        sys.exit(f"run.py: {error}")


def _run_once(overrides: list[str]) -> None:
    """Do as ``hydra.main`` does, which composes everything once more, to see whether this is to be a sweep."""
    try:
        with initialize_config_dir(str(CONF), version_base="1.3"):
            one = GlobalHydra.instance().hydra
            assert one is not None
            one.run("config", job, overrides)
    except Exception as error:
        check(overrides)  # says it better where it is a file of settings that is wrong
        if not isinstance(error, HydraException | OmegaConfBaseException) or sys.flags.dev_mode:
            raise
        raise ConfigError(" ".join(str(error).split())) from error
    end_at_once()


def job(cfg: DictConfig) -> float:
    """Run one training and leave its record in Hydra's output folder; return the score, for sweeps."""
    survive_the_console()  # here too: a sweep's runs may be in processes of their own
    hydra_config = HydraConfig.get()
    path = Path(hydra_config.runtime.output_dir)
    note_changes(cfg, hydra_config.overrides.task)
    if hydra_config.mode == RunMode.MULTIRUN:
        cfg.progress = False
        cfg.tracking.group = cfg.tracking.group or Path(hydra_config.sweep.dir).name
        return attempt(lambda: start_or_resume(cfg, path), path)
    with in_a_line("run.py", PROBLEMS):
        return start_or_resume(cfg, path)


def start_or_resume(cfg: DictConfig, path: Path) -> float:
    """Train, from the beginning or where ``resume`` says so from the last checkpoint; return the score."""
    # Not above: PyTorch and the rest take long to import, and help needs none of them.
    # Stable-Baselines3 would load TensorBoard; who wants its files gets them from a writer of ours.
    with uncollected(), without("torch.utils.tensorboard"):
        from experiments.train import train

    resume = cfg.resume is not None and is_started(path)
    if resume and cfg.resume == AUTO:
        check_same(path, cfg)
    elif resume:
        cfg = resumed_config(path, cfg, HydraConfig.get().overrides.task)
    cfg.resume = None
    if resume and is_finished(path, cfg.total_timesteps):
        print(f"{path} is finished; with a larger total_timesteps it goes on")
        summary = RunFolder(path).read_summary() or {}
    else:
        summary = train(cfg, path, resume=resume)
    if summary["signal"] is not None:
        sys.exit(128 + signal.Signals[summary["signal"]])
    return float(summary["score"])
