"""One setting: is there such a one, is its value of the type of the usual one, and in its range?"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.override_parser.types import Override
from omegaconf import DictConfig, OmegaConf

from experiments.config.errors import ConfigError
from experiments.config.groups import CONF
from experiments.config.overrides import values
from experiments.config.ranges import range_error
from experiments.config.spelling import nearest_path
from raveforce.registry import UnknownName, did_you_mean

__all__ = ["SETTINGS", "check_setting", "names_of", "with_changes"]

SETTINGS = "agent.settings."
_WORDS = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    list: "a list",
    dict: "a group",
}


def check_setting(override: Override, cfg: DictConfig, names: set[str]) -> None:
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
        check_value(cfg, key, value)


def check_value(cfg: DictConfig, key: str, value: Any) -> None:
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
            raise ConfigError(f"the run has no setting {key}{nearest_path(key, [*names_of(changed), *options])}")
        if _has(changed, key):
            check_value(changed, key, value)
        OmegaConf.update(changed, key, value, force_add=True)
    return changed


def names_of(cfg: Any, prefix: str = "") -> Iterator[str]:
    """All settings by dotted name."""
    for key in cfg:
        yield f"{prefix}{key}"
        node = cfg._get_node(key)
        if isinstance(node, DictConfig) and not node._is_none():
            yield from names_of(node, f"{prefix}{key}.")


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
