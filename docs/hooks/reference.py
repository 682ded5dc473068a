"""The API reference: a page for every module that others use."""

from __future__ import annotations

import pkgutil
from types import ModuleType

import agents
import raveforce

__all__ = ["ROOMS", "pages"]

ROOMS = ("raveforce", "agents", "experiments")

INNER = (
    "raveforce.cli",
    "raveforce.episodes",
    "raveforce.expressions",
    "raveforce.faults",
    "raveforce.fourier",
    "raveforce.frames",
    "agents.group_relative",
    "agents.mixture",
    "agents.noise",
)
"""What is ours to change: no pages."""

MORE = (
    "raveforce.glicol.nodes",
    "raveforce.glicol.protocol",
    "raveforce.imitation.analysis",
    "raveforce.imitation.network",
    "raveforce.imitation.policy",
    "experiments.report",
    "experiments.rollouts",
    "experiments.statistics",
)
"""What lies deeper and is used from outside; what else lies there is shown by the package above it."""

PAGE = """# {module}

::: {module}
"""


def pages() -> dict[str, str]:
    """Markdown by module's name, in the order of the navigation."""
    found = ["raveforce", *_inside(raveforce), *_inside(agents), *MORE]
    order = sorted(dict.fromkeys(found), key=lambda name: (ROOMS.index(name.split(".")[0]), name))
    return {name: PAGE.format(module=name) for name in order}


def _inside(package: ModuleType) -> list[str]:
    """The modules of a package that are for everybody."""
    names = (f"{package.__name__}.{module.name}" for module in pkgutil.iter_modules(package.__path__))
    return [name for name in names if name not in INNER and "._" not in name]
