"""The command lines of ``run.py`` and ``experiments.tune``, before Hydra sees them: quoting, spelling, folders."""

from __future__ import annotations

import os
import string
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from omegaconf import OmegaConf

from experiments.config.checks import check, is_plain
from experiments.config.errors import ConfigError
from experiments.config.groups import CONF, config_dir, config_groups
from experiments.config.overrides import parse
from experiments.config.resume import AUTO, CHANGEABLE, is_started, with_run_dir
from experiments.config.tuned import with_tuned_settings
from experiments.records.texts import read_yaml
from raveforce._console import brief
from raveforce._places import check_new_folder
from raveforce.registry import Registry

__all__ = [
    "check_folder_is_free",
    "check_place",
    "fixed_settings",
    "for_hydra",
    "help_text",
    "in_a_line",
    "prepare",
    "quote_path",
    "wants_help",
    "where",
    "with_quoted_paths",
    "with_registered_names",
]

PATHS = ("task.target", "evaluation_task.target", "resume", "hydra.run.dir", "hydra.sweep.dir")
"""Settings whose values are paths, which may hold characters that Hydra's grammar takes for something else."""

ANY_NAME = {
    "agent": ("sb3", "agent.algorithm"),
    "task": ("custom", "task.name"),
    "reward": ("task", "reward.distance"),
    "observation": ("task", "observation.kind"),
}
"""By group: the option that takes any name that is registered, and the setting that says it."""

PLACES = {"config": "results/runs", "tune": "results/tune"}
"""Where runs and studies go by default, as ``conf/`` has it."""

MULTIRUN = {"-m", "--multirun"}
READING = {"-sc", "--shell-completion", "-c", "--cfg", "-i", "--info", "--hydra-help", "--version"}
"""Hydra's options with which it writes nothing."""


def prepare(arguments: Sequence[str], config: str = "config") -> list[str]:
    """Find what is wrong with a command line; return it as Hydra is to have it.

    Raises
    ------
    ConfigError
        There is no such setting, or the run's folder is not free.
    """
    prepared = for_hydra(arguments)
    if config != "config" or not is_plain(prepared):
        check(prepared, config)
    if config == "config" and not wants_help(arguments):
        prepared = with_run_dir(prepared)
        check_folder_is_free(prepared)
    if not wants_help(arguments):
        check_place(prepared, config)
    return prepared


def for_hydra(arguments: Sequence[str]) -> list[str]:
    """A command line as Hydra is to have it, whatever is wrong with it."""
    return with_tuned_settings(with_registered_names(with_quoted_paths(arguments)))


def where(error: Exception) -> str:
    """The file that an error's settings come from, as words to append; nothing where the command line changed them."""
    group = error.group if isinstance(error, ConfigError) else ""
    if not group or not HydraConfig.initialized():
        return ""
    hydra = HydraConfig.get()
    if hydra.output_subdir is None:  # a run that goes on has its settings in its folder
        return f" (in {Path(hydra.runtime.output_dir) / 'config.yaml'})"
    if any(text.lstrip("+~").startswith(f"{group}.") for text in hydra.overrides.task):
        return ""
    folders = [Path(source.path) for source in hydra.runtime.config_sources if source.schema == "file"]
    files = [folder / group / f"{hydra.runtime.choices.get(group)}.yaml" for folder in folders]
    return next((f" (in {file})" for file in files if file.is_file()), "")


@contextmanager
def in_a_line(name: str, problems: tuple[type[Exception], ...]) -> Iterator[None]:
    """End the process with a line where what Hydra calls meets a problem; Hydra would print a traceback.

    Parameters
    ----------
    name : of the command
    problems : errors whose messages are for users; what ``brief`` explains is said as well
    """
    try:
        yield
    except problems as error:
        sys.exit(f"{name}: {error}{where(error)}")
    except (ImportError, MemoryError) as error:
        why = brief(error)
        if why is None:
            raise
        sys.exit(f"{name}: {why}")


def wants_help(arguments: Sequence[str]) -> bool:
    """Whether a command line asks what there is."""
    return bool({"--help", "-h"} & set(arguments))


def help_text(arguments: Sequence[str], config: str = "config") -> str:
    """What ``--help`` prints: the template of the configuration, with all groups and settings.

    Hydra's own help says the same after a second, most of which it takes to list the groups.
    """
    folder = config_dir(arguments)
    texts = [str(override.input_line) for override in parse(arguments) if not override.is_sweep_override()]
    search = [] if folder is None else [f"hydra.searchpath=['file://{folder}']"]
    with initialize_config_dir(str(CONF), version_base="1.3"):
        cfg = compose(config, [*search, *texts], return_hydra_config=True)
    groups = config_groups(*filter(None, (CONF, folder)))
    lines = [f"{group}: {', '.join(options)}" for group, options in sorted(groups.items())]
    template = string.Template(cfg.hydra.help.template)
    settings = OmegaConf.masked_copy(cfg, [str(key) for key in cfg if key != "hydra"])
    return template.substitute(APP_CONFIG_GROUPS="\n".join(lines), CONFIG=OmegaConf.to_yaml(settings))


def with_quoted_paths(arguments: Sequence[str]) -> list[str]:
    """Quote paths that Hydra would not read as they stand, and expand ``~``.

    >>> with_quoted_paths(["task.target=808", "task.target=Schläge/kick.wav", "seed=3"])
    ["task.target='808'", "task.target='Schläge/kick.wav'", 'seed=3']
    """
    return [_with_quoted_path(argument) for argument in arguments]


def _with_quoted_path(argument: str) -> str:
    key, equals, value = argument.partition("=")
    if not equals or key.lstrip("+") not in PATHS or not value or value[0] in "'\"[" or "${" in value:
        return argument
    try:
        override = OverridesParser.create().parse_override(argument)
        if override.is_sweep_override() or override.value() is None:
            return argument
        if isinstance(override.value(), str) and not value.startswith("~"):
            return argument
    except HydraException:
        pass
    return f"{key}={quote_path(value)}"


def quote_path(path: str | Path) -> str:
    """A path as a value for Hydra."""
    text = os.path.expanduser(path).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{text}'"


def with_registered_names(arguments: Sequence[str]) -> list[str]:
    """Take names of installed plug-ins, and paths ``package.module:Class``, where an option of a group is chosen.

    An algorithm that is named by its path has its own settings, not those of the default agent.
    """
    overrides = {override.key_or_group: override for override in parse(arguments)}
    changed = list(arguments)
    if "agent.algorithm" in overrides and not {"agent", "experiment"} & overrides.keys():
        changed.append("agent=sb3")
    for group, (option, setting) in ANY_NAME.items():
        override = overrides.get(group)
        if override is None or override.is_sweep_override() or not isinstance(override.value(), str):
            continue
        name: Any = override.value()
        if not (CONF / group / f"{name}.yaml").exists() and (":" in name or name in _registry(group)):
            changed[changed.index(str(override.input_line))] = f"{group}={option}"
            changed.append(f"{setting}={name}")
    return changed


def _registry(group: str) -> Registry[Any]:
    """Where the names of a group are found; what is in it is loaded here."""
    from agents.registry import AGENTS
    from raveforce.distances import DISTANCES
    from raveforce.observations import OBSERVATIONS
    from raveforce.tasks import TASKS

    found: dict[str, Registry[Any]] = {
        "agent": AGENTS,
        "task": TASKS,
        "reward": DISTANCES,
        "observation": OBSERVATIONS,
    }
    return found[group]


def check_folder_is_free(arguments: Sequence[str]) -> None:
    """Refuse a folder that holds a run or a sweep already, before Hydra writes into it.

    Raises
    ------
    ConfigError
        It holds one, and the command does not say to go on with it.
    """
    overrides = {override.key_or_group: override for override in parse(arguments)}
    many = bool(MULTIRUN & set(arguments))
    setting = "hydra.sweep.dir" if many else "hydra.run.dir"
    if setting not in overrides:  # then its name holds the time
        return
    resume: Any = overrides["resume"].value() if "resume" in overrides else None
    path = _folder(arguments, setting)
    if not many and resume is None and is_started(path):
        raise ConfigError(
            f"{path} holds a run already; go on with it (resume={path}), or give this one another hydra.run.dir"
        )
    if many:
        _check_sweep(path, arguments, resume)


def check_place(arguments: Sequence[str], config: str = "config") -> None:
    """Refuse a place that nothing can be written into, before Hydra tries to.

    Raises
    ------
    ConfigError
        It is a file, lies below one, or may not be written.
    """
    if READING & set(arguments):
        return
    setting = "hydra.sweep.dir" if MULTIRUN & set(arguments) else "hydra.run.dir"
    given = [override.value() for override in parse(arguments) if override.key_or_group == setting]
    path = str(given[-1]) if given else PLACES[config]
    if "${" in path:  # what is put together later lies in a folder that is named here
        path = os.path.dirname(path.partition("${")[0])
    try:
        check_new_folder(Path(path))
    except ValueError as error:
        raise ConfigError(f"{setting}: {error}") from error


def _check_sweep(path: Path, arguments: Sequence[str], resume: Any) -> None:
    record = path / "multirun.yaml"
    if not record.is_file() and not any(path.glob("*/config.yaml")):
        return
    if resume != AUTO:
        if is_started(path):
            raise ConfigError(f"{path} holds a run, not a sweep; name another hydra.sweep.dir")
        raise ConfigError(
            f"{path} holds a sweep already; do what is left of it (resume=auto), or name another hydra.sweep.dir"
        )
    if not record.is_file():
        return
    try:
        before = OmegaConf.select(read_yaml(record), "hydra.overrides.task") or []
    except (OSError, ValueError) as error:
        raise ConfigError(f"{record} cannot be read: {error}; give this sweep another hydra.sweep.dir") from error
    then, now = (fixed_settings(list(texts)) for texts in (before, arguments))
    # What one of both sweeps over may have grown; each job is compared with its own record.
    swept = {override.key_or_group for override in parse([*before, *arguments]) if override.is_sweep_override()}
    changed = sorted(key for key in (then.keys() | now.keys()) - swept if then.get(key) != now.get(key))
    if changed:
        key = changed[0]
        raise ConfigError(
            f"{path} holds a sweep with {key}={then.get(key, '(its default)')}, not {now.get(key, '(its default)')}: "
            "give this one another hydra.sweep.dir"
        )


def fixed_settings(arguments: Sequence[str]) -> dict[str, str]:
    """The settings that all jobs of a sweep share and that their results depend on.

    >>> fixed_settings(["-m", "task=kick", "seed=0,1", "agent.tuned=false", "tracking=none", "hydra.sweep.dir=x"])
    {'task': 'kick', 'tuned': 'none'}
    """
    return {
        override.key_or_group: str(override.value())
        for override in parse(for_hydra(arguments))
        if not override.is_sweep_override()
        and override.key_or_group.split(".")[0] not in (*CHANGEABLE, "resume")
        and not override.key_or_group.startswith("hydra")
    }


def _folder(arguments: Sequence[str], setting: str) -> Path:
    """The folder that Hydra would take."""
    singles = [text for text in arguments if "=" in text and not text.startswith("-")]
    overrides = [override for override in parse(singles) if not override.is_sweep_override()]
    given = next((override.value() for override in reversed(overrides) if override.key_or_group == setting), None)
    if isinstance(given, str) and "${" not in given:  # composing takes a quarter of a second
        return Path(given)
    texts = [str(override.input_line) for override in overrides]
    extra = config_dir(arguments)
    search = [] if extra is None else [f"hydra.searchpath=['file://{extra}']"]
    with initialize_config_dir(str(CONF), version_base="1.3"):
        cfg = compose("config", [*search, *texts], return_hydra_config=True)
    before = HydraConfig.instance().cfg
    try:
        HydraConfig.instance().set_config(cfg)
        return Path(OmegaConf.select(cfg, setting))
    finally:
        HydraConfig.instance().cfg = before
