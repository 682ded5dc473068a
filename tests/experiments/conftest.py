"""Configurations as run.py composes them, small enough for tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig

CONF = Path(__file__).resolve().parents[2] / "conf"

FAST = [
    "total_timesteps=40",
    "log_every=10",
    "progress=false",
    "tracking=none",
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
