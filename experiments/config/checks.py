"""A command line's arguments: are there such groups, options and settings, and of that type?

Hydra says that something is wrong; this says, before Hydra is asked, what was probably meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from experiments.config.errors import ConfigError, first_line
from experiments.config.groups import CONF, check_files, config_dir, config_groups, group_file, problem_of
from experiments.config.overrides import parse, values
from experiments.config.settings import check_setting, names_of
from raveforce.registry import did_you_mean

__all__ = ["check", "is_plain"]

UNREADABLE = (HydraException, OmegaConfBaseException, YAMLError, TypeError, UnicodeDecodeError, OSError, RecursionError)
"""What Hydra raises where a file holds no settings."""
RENAMED = {
    f"agent={name}_one_step": f"agent={name} takes the settings found for a task by itself"
    for name in ("ppo", "sac", "td3", "tqc")
}
"""Options that there were, and what is said in their place."""


def is_plain(arguments: Sequence[str]) -> bool:
    """Whether a command line is right as far as it takes no composing to see, which takes a quarter of a second.

    It is where there are only groups' options and settings of ``conf/config.yaml`` itself.

    >>> is_plain(["task=kick", "debug=fast", "seed=3"]), is_plain(["seed=three"]), is_plain(["task.trim=false"])
    (True, False, False)
    """
    if any(text.startswith(("-", "+", "~")) for text in arguments):
        return False
    groups = config_groups(CONF)
    settings: Any = OmegaConf.load(CONF / "config.yaml")
    for override in parse(arguments):
        key = override.key_or_group
        if override.is_sweep_override() or override.package:
            return False
        if key in groups:
            if override.value() not in groups[key] or problem_of(CONF / key / f"{override.value()}.yaml"):
                return False
        elif not key.startswith("hydra."):
            try:
                check_setting(override, settings, set())
            except ConfigError:
                return False
    return True


def check(arguments: Sequence[str], config: str = "config") -> None:
    """Find what is wrong with a command line.

    Parameters
    ----------
    arguments : those of the command line
    config : name of the primary configuration, a file in ``conf/``

    Raises
    ------
    ConfigError
        There is no such group, option or setting, or its value has another type; the message names what is nearest.
    """
    overrides = parse(arguments)
    if not overrides:
        return
    folder = config_dir(arguments)
    extra = [] if folder is None else [f"hydra.searchpath=['file://{folder}']"]
    with initialize_config_dir(str(CONF), version_base="1.3"):
        groups = config_groups(*filter(None, (CONF, folder)))
        for group in (override.key_or_group for override in overrides):
            if group.startswith("hydra/"):  # Hydra's own, and its plug-ins'
                groups[group] = GlobalHydra.instance().config_loader().get_group_options(group)
        chosen = [override for override in overrides if override.key_or_group in groups]
        choices = [choice for override in chosen for choice in _choices(override, groups[override.key_or_group])]
        files = [group_file(parent, choice) for parent in filter(None, (CONF, folder)) for choice in choices]
        if folder is not None:  # of whoever wrote it: it may unfold to more than the memory holds
            check_files(group_file(folder, choice) for choice in choices)
        try:
            cfg = compose(config, [*extra, *choices])
            _check_groups(cfg, groups)
        except UNREADABLE as error:
            check_files(files)
            raise ConfigError(first_line(error)) from error
    names = {*names_of(cfg), *(group for group in groups if "/" not in group)}
    for override in overrides:
        if override not in chosen and not override.key_or_group.startswith("hydra"):
            check_setting(override, cfg, names)


def _check_groups(cfg: DictConfig, groups: Iterable[str]) -> None:
    wrong = [group for group in groups if group in cfg and not isinstance(cfg._get_node(group), DictConfig)]
    if wrong:
        raise TypeError(f"{wrong[0]} holds {cfg._get_node(wrong[0])}, not settings (key: value)")


def _choices(override: Override, options: Sequence[str]) -> list[str]:
    """Check one override that chooses an option; return it with the first of its options, as text."""
    group, given = override.key_or_group, list(values(override))
    for option in given:
        if isinstance(option, list | dict):
            raise ConfigError(f"{group} is the name of an option ({', '.join(options)}), and not {option}")
        if isinstance(option, str) and option not in options and "${" not in option:
            if f"{group}={option}" in RENAMED:
                raise ConfigError(f"there is no {group}={option} any more: {RENAMED[f'{group}={option}']}")
            hint = did_you_mean(option, options)
            raise ConfigError(f"there is no {group}={option}{hint} (the options are {', '.join(options)})")
    if override.is_delete():
        return []
    package = f"@{override.package}" if override.package else ""
    first = "null" if given[0] is None else given[0]
    return [f"{'+' if override.is_add() else ''}{group}{package}={first}"]
