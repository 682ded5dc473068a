"""``resume=DIR`` and ``resume=auto``: what they mean for the command line and the configuration."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from experiments.config.errors import ConfigError
from experiments.config.overrides import parse
from experiments.records.run_folder import RunFolder
from experiments.records.texts import read_yaml

__all__ = [
    "AUTO",
    "CHANGEABLE",
    "check_same",
    "check_unchanged",
    "is_finished",
    "is_started",
    "read_config",
    "resumed_config",
    "with_absolute_target",
    "with_run_dir",
]

AUTO = "auto"

CHANGEABLE = ("total_timesteps", "checkpoint_every", "progress", "picture", "torch_threads", "tracking")
"""What may change when a run is resumed: nothing that its metrics so far depend on."""


def with_run_dir(arguments: Sequence[str]) -> list[str]:
    """Have Hydra use the folder of the run that ``resume=DIR`` names, and leave its record of the first start.

    Raises
    ------
    ConfigError
        There is no run, or other things than those in ``CHANGEABLE`` are to change.
    """
    overrides = parse(arguments)
    folders = [override.value() for override in overrides if override.key_or_group == "resume"]
    if not folders or folders[-1] in (None, AUTO):
        return list(arguments)
    named: Any = folders[-1]
    path = Path(named)
    if {"-m", "--multirun"} & set(arguments):
        raise ConfigError("resume=DIR is for one run; to go on with a sweep, repeat its command with resume=auto")
    if not is_started(path):
        raise ConfigError(f"resume: there is no run in {path}; say resume=DIR, a run's folder, or resume=auto")
    for override in overrides:
        key = override.key_or_group
        if key not in ("resume", "hydra") and key.split(".")[0] not in (*CHANGEABLE, "hydra"):
            raise ConfigError(f"resume: a resumed run keeps its {key}; only {', '.join(CHANGEABLE)} may change")
    quoted = str(path).replace("\\", "\\\\").replace("'", "\\'")
    return [*arguments, f"hydra.run.dir='{quoted}'", "hydra.output_subdir=null"]


def is_started(path: Path) -> bool:
    """Whether a folder holds a run, however little of it."""
    return RunFolder(path).config.is_file()


def is_finished(path: Path, total_timesteps: int) -> bool:
    """Whether the run in a folder came to its end, by itself."""
    summary = RunFolder(path).read_summary()
    return summary is not None and not summary["interrupted"] and summary["renders"] >= total_timesteps


def check_same(path: Path, cfg: DictConfig) -> None:
    """Make sure that a folder holds the run that a configuration describes, as when a sweep's command was changed.

    Raises
    ------
    ConfigError
        It holds another one.
    """
    key, before, now = _difference(read_config(path), with_absolute_target(cfg))
    if key:
        raise ConfigError(
            f"resume: {path} holds a run with another {key} ({before}, not {now}); give this one another folder"
        )


def check_unchanged(saved: Mapping[str, Any], cfg: DictConfig, target_sha256: str | None) -> None:
    """Make sure that a run goes on as it began: its file of settings and its target are what the checkpoint knows.

    Raises
    ------
    ConfigError
        Somebody changed them.
    """
    key, before, now = _difference(OmegaConf.create(saved["config"]), cfg)
    if key:
        raise ConfigError(f"resume: the run began with another {key} ({before}, not {now}): put config.yaml right")
    if saved["target_sha256"] != target_sha256:
        raise ConfigError(
            f"resume: the target ({OmegaConf.select(cfg, 'task.target')}) is not the sound that the run began with; "
            "put it back, or begin a new run"
        )


def with_absolute_target(cfg: DictConfig) -> DictConfig:
    """The configuration with the target's absolute place, so that it is found from everywhere."""
    changed: Any = OmegaConf.create(OmegaConf.to_container(cfg, resolve=True))
    for group in ("task", "evaluation_task"):
        target = OmegaConf.select(changed, f"{group}.target")
        if isinstance(target, str) and target and (place := Path(os.path.expanduser(target))).exists():
            changed[group].target = str(place.absolute())
    return changed


def _difference(before: DictConfig, now: DictConfig) -> tuple[str, Any, Any]:
    """The first setting that differs and must not, with both values; empty where none does."""
    one, two = _settings(before), _settings(now)
    for key in sorted((one.keys() | two.keys()) - {*CHANGEABLE, "resume"}):
        if one.get(key) != two.get(key):
            return key, one.get(key), two.get(key)
    return "", None, None


def _settings(cfg: DictConfig) -> dict[str, Any]:
    """What a run's metrics may depend on; what its agent's settings were tuned on is only said of them."""
    plain: Any = OmegaConf.to_container(cfg, resolve=True)
    plain["agent"] = {key: value for key, value in plain["agent"].items() if key != "tuned_on"}
    return {str(key): value for key, value in plain.items()}


def resumed_config(path: Path, composed: DictConfig, arguments: Sequence[str]) -> DictConfig:
    """The configuration of the run in a folder, changed by the command line where that is allowed.

    Parameters
    ----------
    path : the run folder
    composed : the configuration that Hydra composed from the command line
    arguments : the command line's overrides
    """
    cfg = read_config(path)
    for override in parse(arguments):
        key = override.key_or_group
        if key.split(".")[0] in CHANGEABLE:
            OmegaConf.update(cfg, key, OmegaConf.select(composed, key), force_add=True, merge=False)
    return cfg


def read_config(path: Path) -> DictConfig:
    """The configuration of the run in a folder.

    Raises
    ------
    ConfigError
        There is none, or it cannot be read.
    """
    if not is_started(path):
        raise ConfigError(f"there is no run in {path}")
    file = RunFolder(path).config
    try:
        cfg: Any = read_yaml(file)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file} cannot be read: {error}") from error
    missing = [key for key in ("task", "agent", "reward", "observation", "seed") if key not in (cfg or ())]
    if missing:
        raise ConfigError(f"{file} is not a run's configuration: it has no {', '.join(missing)}")
    wrong = [key for key in ("task", "agent", "reward", "observation") if not isinstance(cfg[key], DictConfig)]
    if wrong:
        raise ConfigError(f"{file} is not a run's configuration: {wrong[0]} holds {cfg[wrong[0]]}, not settings")
    return cfg
