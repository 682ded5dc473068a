"""Configurations as run.py composes them, small enough for tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig

CONF = Path(__file__).resolve().parents[2] / "conf"

FAST = [
    "total_timesteps=40",
    "log_every=10",
    "progress=false",
    "tracking=none",
    "tuned=none",
]
SMALL = ["agent.settings.policy_kwargs.net_arch=[16]"]
OFF_POLICY = [*SMALL, "agent.settings.learning_starts=10", "agent.settings.batch_size=8"]
ON_POLICY = [*SMALL, "agent.settings.n_steps=10", "agent.settings.batch_size=10"]
AGENTS = {
    "random": [],
    "cma": [],
    "ars": ["agent.settings.n_delta=2"],
    "sb3": [],
    "ppo": ON_POLICY,
}


@pytest.fixture(scope="session")
def configure() -> Callable[..., DictConfig]:
    def _configure(*overrides: str) -> DictConfig:
        agents = [o for o in overrides if o.startswith("agent=")] or ["agent=sac"]
        fast = FAST + AGENTS.get(agents[0].removeprefix("agent="), OFF_POLICY)
        with initialize_config_dir(str(CONF), version_base="1.3"):
            return compose("config", [*agents, *fast, *(o for o in overrides if o not in agents)])

    return _configure


@pytest.fixture(scope="session")
def kits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of ten kits of one kick each: enough for every split."""
    folder = tmp_path_factory.mktemp("kits")
    time = np.arange(8820) / 22050
    for kit in range(10):
        (folder / f"kit{kit}").mkdir()
        sound = 0.8 * np.sin(2 * np.pi * (50 + kit) * time) * np.exp(-time / 0.1)
        soundfile.write(folder / f"kit{kit}" / "kick.wav", sound, 22050)
    return folder
