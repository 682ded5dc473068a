"""Train an agent: ``python run.py task=kick agent=sac``; ``python run.py --help`` lists all settings."""

import sys
from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from experiments.build import ConfigError
from experiments.train import train

INTERRUPTED = 130
"""Exit code of a run that was ended by Ctrl-C (128 + SIGINT)."""


@hydra.main(version_base="1.3", config_path="conf", config_name="config")
def main(cfg: DictConfig) -> float:
    """Run one training and leave its record in Hydra's output folder; return the score, for sweeps."""
    try:
        summary = train(cfg, Path(HydraConfig.get().runtime.output_dir))
    except ConfigError as error:
        sys.exit(f"run.py: {error}")
    if summary["interrupted"]:
        sys.exit(INTERRUPTED)
    return float(summary["score"])


if __name__ == "__main__":
    main()
