"""The command line's ``key=value`` arguments: are there such groups, options and settings, and of that type?

Hydra says that something is wrong; this says, before Hydra is asked, what was probably meant.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException, OverrideParseException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from experiments.config.errors import ConfigError
from experiments.config.ranges import range_error
from experiments.config.spelling import nearest_path
from experiments.records.texts import read_yaml
from raveforce.registry import UnknownName, did_you_mean

__all__ = ["CONF", "check", "config_dir", "config_groups", "is_plain", "parse", "values", "with_changes"]

CONF = Path(__file__).resolve().parents[2] / "conf"
SETTINGS = "agent.settings."
UNREADABLE = (HydraException, OmegaConfBaseException, YAMLError, TypeError, UnicodeDecodeError, OSError, RecursionError)
"""What Hydra raises where a file holds no settings."""
RENAMED = {
    f"agent={name}_one_step": f"agent={name} takes the settings found for a task by itself"
    for name in ("ppo", "sac", "td3", "tqc")
}
"""Options that there were, and what is said in their place."""
_WORDS = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    list: "a list",
    dict: "a group",
}


def parse(arguments: Sequence[str]) -> list[Override]:
    """The overrides among the arguments; options of Hydra's own (``-m``, ``--cfg job``) are left out.

    Raises
    ------
    ConfigError
        An argument is not of the form key=value.
    """
    if {"-sc", "--shell-completion"} & set(arguments):  # install=bash is Hydra's own
        return []
    texts = [text for text in arguments if not text.startswith("-") and ("=" in text or text.startswith("~"))]
    try:
        return OverridesParser.create().parse_overrides(texts)
    except OverrideParseException as error:
        key, _, value = str(error.override).partition("=")
        hint = f"""; if that is a text, quote it: "{key}='{value}'" """.rstrip() if value else ""
        raise ConfigError(f"{error.override}: {_first_line(error)}{hint}") from error


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
            if override.value() not in groups[key] or _problem(CONF / key / f"{override.value()}.yaml"):
                return False
        elif not key.startswith("hydra."):
            try:
                _check_setting(override, settings, set())
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
        files = [_file(parent, choice) for parent in filter(None, (CONF, folder)) for choice in choices]
        if folder is not None:  # of whoever wrote it: it may unfold to more than the memory holds
            _check_files(_file(folder, choice) for choice in choices)
        try:
            cfg = compose(config, [*extra, *choices])
            _check_groups(cfg, groups)
        except UNREADABLE as error:
            _check_files(files)
            raise ConfigError(_first_line(error)) from error
    names = {*_names(cfg), *(group for group in groups if "/" not in group)}
    for override in overrides:
        if override not in chosen and not override.key_or_group.startswith("hydra"):
            _check_setting(override, cfg, names)


def _check_files(files: Iterable[Path]) -> None:
    broken = next(filter(None, map(_problem, filter(Path.is_file, files))), "")
    if broken:
        raise ConfigError(broken)


def _check_groups(cfg: DictConfig, groups: Iterable[str]) -> None:
    wrong = [group for group in groups if group in cfg and not isinstance(cfg._get_node(group), DictConfig)]
    if wrong:
        raise TypeError(f"{wrong[0]} holds {cfg._get_node(wrong[0])}, not settings (key: value)")


def _file(folder: Path, choice: str) -> Path:
    """Where the option lies that ``group=option`` chooses."""
    group, _, option = choice.lstrip("+").partition("=")
    return folder / group.partition("@")[0] / f"{option}.yaml"


def _first_line(error: BaseException) -> str:
    """What an error says first; its type where it says nothing."""
    return next(iter(str(error).splitlines()), type(error).__name__)


def _problem(file: Path) -> str:
    """Why a file holds no settings; empty where it does."""
    try:
        found = read_yaml(file)
    except UnicodeDecodeError:
        return f"{file} is no text in UTF-8"
    except OSError as error:
        return f"{file} cannot be read: {error.strerror}"
    except ValueError as error:
        return f"{file} is no YAML of settings: {error}"
    return "" if isinstance(found, DictConfig) else f"{file} holds a list, not settings (key: value)"


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


def _check_setting(override: Override, cfg: DictConfig, names: set[str]) -> None:
    """Check one override that sets a value."""
    key = override.key_or_group
    if override.is_delete():
        return
    if override.is_add() or override.is_force_add():
        problem = next((error for value in values(override) if (error := range_error(key, value))), "")
        if problem:
            raise ConfigError(problem)
        return
    if "/" in key or not _has(cfg, key):
        parent = key.rpartition(".")[0]
        hint = f" (to add one: +{key}=...)" if parent and _has(cfg, parent) else ""
        raise ConfigError(f"there is no setting {key}{nearest_path(key, names)}{hint}")
    for value in values(override):
        _check_value(cfg, key, value)


def _check_value(cfg: DictConfig, key: str, value: Any) -> None:
    """Compare a setting's new value with the type of its usual one, and with its range."""
    usual = _usual(cfg, key)
    allowed = _annotated(cfg, key) or (() if usual is None else (_kind(usual),))
    if allowed and not _fits(value, allowed):
        wanted = " or ".join(_WORDS[kind] for kind in _WORDS if kind in allowed)
        raise ConfigError(f"{key} is {wanted}, such as {usual}, and not {value!r}")
    problem = range_error(key, value)
    if problem:
        raise ConfigError(problem)


def with_changes(cfg: DictConfig, changes: Mapping[str, Any], options: Iterable[str] = ()) -> DictConfig:
    """A run's configuration with some settings changed: options of groups by name (``engine=wasm``), values by key.

    Parameters
    ----------
    cfg : the run's
    changes : new values by their place
    options : of the command itself, which may have been meant where there is no such setting

    Raises
    ------
    ConfigError
        There is no such setting or option, or its value has another type.
    """
    changed: Any = OmegaConf.create(OmegaConf.to_container(cfg, resolve=True))
    for key, value in changes.items():
        if isinstance(value, str) and isinstance(OmegaConf.select(changed, key), DictConfig) and "." not in key:
            choices = sorted(path.stem for path in (CONF / key).glob("*.yaml"))
            if value not in choices:
                raise ConfigError(f"there is no {key}={value}{did_you_mean(value, choices)}")
            with initialize_config_dir(str(CONF), version_base="1.3"):
                changed[key] = compose("config", [f"{key}={value}"])[key]
            continue
        parent = key.rpartition(".")[0]
        if not _has(changed, parent or key):
            raise ConfigError(f"the run has no setting {key}{nearest_path(key, [*_names(changed), *options])}")
        if _has(changed, key):
            _check_value(changed, key, value)
        OmegaConf.update(changed, key, value, force_add=True)
    return changed


def _fits(value: Any, allowed: tuple[type, ...]) -> bool:
    if value is None or (isinstance(value, str) and "${" in value):
        return True
    kind = _kind(value)
    return kind in allowed or (kind is int and float in allowed) or (kind in (int, float) and str in allowed)


def _kind(value: Any) -> type:
    for kind in (bool, int, float):
        if isinstance(value, kind):
            return kind
    if isinstance(value, dict | DictConfig):
        return dict
    return str if not isinstance(value, list) and not OmegaConf.is_list(value) else list


def _annotated(cfg: DictConfig, key: str) -> tuple[type, ...]:
    """What an agent's own signature says of a setting; nothing where it says nothing plain."""
    name = key.removeprefix(SETTINGS)
    if name == key:
        return ()
    from agents.registry import AGENTS

    try:
        algorithm = AGENTS.get(OmegaConf.select(cfg, "agent.algorithm", throw_on_missing=False) or "")
    except UnknownName:  # said where the agent is built
        return ()
    if name not in inspect.signature(algorithm).parameters:
        return ()
    hint = inspect.signature(algorithm).parameters[name].annotation
    union = typing.get_origin(hint) in (typing.Union, types.UnionType)
    hints = typing.get_args(hint) if union else (hint,)
    return tuple(kind for kind in _WORDS if any(kind is (typing.get_origin(hint) or hint) for hint in hints))


def values(override: Override) -> Iterator[Any]:
    """An override's value, or all that a sweep tries."""
    if override.is_sweep_override():
        for text in override.sweep_string_iterator():
            yield OverridesParser.create().parse_override(f"key={text}").value()
    else:
        yield override.value()


def _usual(cfg: DictConfig, key: str) -> Any:
    """A setting's usual value; None for one that is put together of others."""
    parent, _, leaf = key.rpartition(".")
    node: Any = OmegaConf.select(cfg, parent) if parent else cfg
    return None if OmegaConf.is_interpolation(node, leaf) else OmegaConf.select(cfg, key)


def _has(cfg: DictConfig, key: str) -> bool:
    node: Any = cfg
    for part in key.split("."):
        if not isinstance(node, DictConfig) or part not in set(node):  # ``in`` alone overlooks what is ???
            return False
        node = node._get_node(part)
    return True


def _names(cfg: Any, prefix: str = "") -> Iterator[str]:
    """All settings by dotted name."""
    for key in cfg:
        yield f"{prefix}{key}"
        node = cfg._get_node(key)
        if isinstance(node, DictConfig) and not node._is_none():
            yield from _names(node, f"{prefix}{key}.")


def config_dir(arguments: Sequence[str]) -> Path | None:
    """The folder of further configurations that ``--config-dir`` names."""
    for index, text in enumerate(arguments):
        option, _, value = text.partition("=")
        if option in ("--config-dir", "-cd"):
            return Path(value or "".join(arguments[index + 1 : index + 2])).resolve()
    return None


def config_groups(*folders: Path) -> dict[str, list[str]]:
    """The options of the groups in folders of configurations; ``tuned=kick/sac`` chooses one of a folder below.

    Read from the folders, since Hydra takes a second to list them.

    >>> config_groups(CONF)["engine"]
    ['auto', 'native', 'wasm', 'wasmer']
    """
    groups: dict[str, list[str]] = {}
    for folder in folders:
        for file in sorted(folder.rglob("*.yaml")):
            path = file.relative_to(folder).with_suffix("")
            if len(path.parts) > 1 and path.parts[0] != "hydra":
                groups.setdefault(path.parts[0], []).append("/".join(path.parts[1:]))
    return groups
