"""The search space: which settings are tried, and how a trial chooses among their values."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import optuna

from experiments.config.errors import ConfigError

__all__ = ["search_space", "suggest"]


def search_space(node: Any, path: str = "agent") -> Iterator[tuple[str, dict[str, Any]]]:
    """The settings to try, by their names in a run's configuration.

    >>> dict(search_space({"settings": {"tau": {"low": 0.01, "high": 0.1}}}))
    {'agent.settings.tau': {'low': 0.01, 'high': 0.1}}
    """
    if not isinstance(node, Mapping):
        raise ConfigError(f"tune: {path} is {node!r}, and should be low and high, or choices")
    if {"low", "high"} <= node.keys() or "choices" in node:
        extra = node.keys() - {"low", "high", "log", "choices"}
        if extra:
            raise ConfigError(f"tune: {path} has {', '.join(sorted(extra))} beside low, high, log and choices")
        yield path, dict(node)
        return
    for key, value in node.items():
        yield from search_space(value, f"{path}.{key}")


def suggest(trial: optuna.trial.BaseTrial, space: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Have a trial choose a value for each setting."""
    chosen: dict[str, Any] = {}
    for name, bounds in space.items():
        if "choices" in bounds:
            # As JSON, because Optuna keeps no lists.
            chosen[name] = json.loads(trial.suggest_categorical(name, [json.dumps(x) for x in bounds["choices"]]))
        elif isinstance(bounds["low"], int) and isinstance(bounds["high"], int):
            chosen[name] = trial.suggest_int(name, bounds["low"], bounds["high"], log=bounds.get("log", False))
        else:
            chosen[name] = trial.suggest_float(name, bounds["low"], bounds["high"], log=bounds.get("log", False))
    return chosen
