"""Train an agent: ``python run.py task=kick agent=sac``; ``python run.py --help`` lists all settings."""

import signal
import sys
from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from experiments.config.command_line import help_text, prepare, wants_help, where
from experiments.config.errors import ConfigError, TrainingFailed
from experiments.config.resume import AUTO, check_same, is_finished, is_started, resumed_config
from experiments.config.tuned import note_changes
from experiments.records.checkpoints import CheckpointError
from experiments.records.run_folder import RunFolder, RunFolderError
from experiments.sweeps import attempt
from raveforce._console import brief, end_briefly, survive_the_console
from raveforce._imports import end_quickly, uncollected

PROBLEMS = (ConfigError, CheckpointError, RunFolderError, TrainingFailed)
"""Printed in a line, without a traceback."""


@hydra.main(version_base="1.3", config_path="conf", config_name="config")
def main(cfg: DictConfig) -> float:
    """Run one training and leave its record in Hydra's output folder; return the score, for sweeps."""
    survive_the_console()  # here too: a sweep's runs may be in processes of their own
    hydra_config = HydraConfig.get()
    path = Path(hydra_config.runtime.output_dir)
    note_changes(cfg, hydra_config.overrides.task)
    if hydra_config.mode == RunMode.MULTIRUN:
        cfg.progress = False
        cfg.tracking.group = cfg.tracking.group or Path(hydra_config.sweep.dir).name
        return attempt(lambda: start_or_resume(cfg, path), path)
    try:
        return start_or_resume(cfg, path)
    except PROBLEMS as error:
        sys.exit(f"run.py: {error}{where(error)}")
    except (ImportError, MemoryError) as error:
        why = brief(error)
        if why is None:
            raise
        sys.exit(f"run.py: {why}")


def start_or_resume(cfg: DictConfig, path: Path) -> float:
    """Train, from the beginning or where ``resume`` says so from the last checkpoint; return the score."""
    # Not above: PyTorch and the rest take long to import, and help needs none of them.
    with uncollected():
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


if __name__ == "__main__":
    survive_the_console()
    end_quickly()
    end_briefly()
    try:
        sys.argv[1:] = prepare(sys.argv[1:])
        if wants_help(sys.argv):
            print(help_text(sys.argv[1:]))
            sys.exit()
    except ConfigError as error:
        sys.exit(f"run.py: {error}")
    main()
