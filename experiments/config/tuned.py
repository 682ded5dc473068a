"""Settings found for a task: ``conf/tuned/TASK/AGENT.yaml``, taken wherever that task and that agent meet.

Hydra finds the file (``conf/config.yaml``) and merges it over the agent's plain settings; ``agent.settings.X=...`` of
the command line goes over both. ``agent.tuned=false`` leaves the plain ones. A file says what it was tuned on, and
whoever plays another observation, reward or target with it is told so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from omegaconf import DictConfig, OmegaConf

from experiments.config.errors import ConfigError
from experiments.config.overrides import parse, values
from experiments.config.settings import SETTINGS

__all__ = ["describe", "note_changes", "tuned_on", "with_tuned_settings"]

_OPTIONS = {True: "${task}/${agent}", False: "none"}
"""What ``agent.tuned`` chooses in Hydra's group ``tuned``."""


def with_tuned_settings(arguments: Sequence[str]) -> list[str]:
    """Say ``agent.tuned`` as Hydra is to have it: it chooses a file, before there are settings.

    >>> with_tuned_settings(["agent=ppo", "agent.tuned=false"])
    ['agent=ppo', 'tuned=none']
    >>> with_tuned_settings(["agent.tuned=true"])  # as always
    []
    >>> with_tuned_settings(["-m", "agent.tuned=true,false"])
    ['-m', 'tuned=${task}/${agent},none']

    Raises
    ------
    ConfigError
        It is neither true nor false.
    """
    changed = list(arguments)
    for override in parse(arguments):
        if override.key_or_group != "agent.tuned":
            continue
        given = list(values(override))
        if not all(isinstance(value, bool) for value in given):
            raise ConfigError(f"agent.tuned is true or false, and not {', '.join(map(str, given))}")
        at = changed.index(str(override.input_line))
        changed[at : at + 1] = [] if given == [True] else [f"tuned={','.join(_OPTIONS[value] for value in given)}"]
    return changed


def note_changes(cfg: DictConfig, arguments: Sequence[str]) -> None:
    """Note in a configuration which of the tuned settings the command line changed."""
    changed = [
        override.key_or_group.removeprefix(SETTINGS)
        for override in parse(arguments)
        if override.key_or_group.startswith(SETTINGS)
    ]
    if changed and "tuned_on" in cfg.agent:
        OmegaConf.update(cfg, "agent.tuned_on.changed", changed, force_add=True)


def tuned_on(cfg: DictConfig) -> dict[str, Any] | None:
    """What a run's settings were tuned on, as the file says it; None where they were not tuned."""
    found: Any = OmegaConf.select(cfg, "agent.tuned_on")
    return None if found is None else OmegaConf.to_container(found, resolve=True)  # type: ignore[return-value]


def describe(cfg: DictConfig) -> str:
    """Say in a few words where a run's settings come from."""
    found = tuned_on(cfg)
    if found is None:
        return "settings not tuned"
    said = f"settings tuned on {found['task']}"
    if found.get("algorithm", cfg.agent.algorithm) != cfg.agent.algorithm:
        said += f" for {found['algorithm']}"
    said += f" (reward {found['reward']}, observation {found['observation']}, {found['total_timesteps']} steps)"
    return said + (f" but for {', '.join(found['changed'])}" if found.get("changed") else "")
