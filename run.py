"""Train an agent: ``python run.py task=kick agent=sac``; ``python run.py --help`` lists all settings."""

import signal
import sys
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from experiments.build import ConfigError
from experiments.checkpoints import CheckpointError
from experiments.resume import AUTO, is_finished, is_started, recorded, with_run_dir
from experiments.runs import RunFolder, RunFolderError
from experiments.train import train

PROBLEMS = (ConfigError, CheckpointError, RunFolderError)
"""What is told in a line, without a traceback."""


@hydra.main(version_base="1.3", config_path="conf", config_name="config")
def main(cfg: DictConfig) -> float:
    """Run one training and leave its record in Hydra's output folder; return the score, for sweeps."""
    try:
        summary = begin_or_go_on(cfg)
    except PROBLEMS as error:
        sys.exit(f"run.py: {error}")
    if summary["signal"] is not None:
        sys.exit(128 + signal.Signals[summary["signal"]])
    return float(summary["score"])


def begin_or_go_on(cfg: DictConfig) -> dict[str, Any]:
    """Train, from the beginning or where ``resume`` says so from the last checkpoint; return the summary."""
    this = HydraConfig.get()
    path = Path(this.runtime.output_dir)
    resume = cfg.resume is not None and is_started(path)
    if cfg.resume not in (None, AUTO):
        cfg = recorded(path, cfg, this.overrides.task)
    cfg.resume = None
    if resume and is_finished(path, cfg.total_timesteps):
        print(f"{path} is finished; with a larger total_timesteps it goes on")
        return RunFolder(path).read_summary() or {}
    return train(cfg, path, resume=resume)


if __name__ == "__main__":
    try:
        sys.argv[1:] = with_run_dir(sys.argv[1:])
    except ConfigError as error:
        sys.exit(f"run.py: {error}")
    main()
