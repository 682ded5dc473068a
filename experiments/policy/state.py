"""What the trainings of shipped policies keep in their folders, so that a broken-off one goes on."""

from __future__ import annotations

import logging
import os
import shlex
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Protocol

import torch

from experiments.config.errors import ConfigError
from experiments.config.options import Option

__all__ = ["command_of", "keep", "restore"]

log = logging.getLogger(__name__)

FILE = "state.pt"


class Trainer(Protocol):
    """A training that goes step by step."""

    step: int

    @property
    def steps(self) -> int:
        """All its steps."""

    def state(self) -> dict[str, Any]:
        """What ``restore`` goes on from."""

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state."""


def command_of(module: str, options: Mapping[str, Any], known: Mapping[str, Option]) -> str:
    """The command that trains with these options; those that are as usual are left out, and so is the folder."""
    given = [
        f"{name}={value}"
        for name, value in options.items()
        if name != "output" and value not in (None, known[name].default)
    ]
    return shlex.join(["python", "-m", module, *given])


def restore(
    trainer: Trainer, folder: Path, options: Mapping[str, Any], command: str, may_change: Collection[str] = ()
) -> float:
    """Go on from what a folder keeps; return the seconds that were spent. The file holds pickles.

    Raises
    ------
    ConfigError
        It holds a training with other options than those that may change.
    """
    path = folder / FILE
    if not path.exists():
        return 0.0
    state = torch.load(path, weights_only=False)
    before = state["options"]
    changed = {name for name in {*options, *before} if options.get(name) != before.get(name)} - set(may_change)
    if changed:
        raise ConfigError(
            f"{folder} holds another training, with other {', '.join(sorted(changed))} than {command}: "
            "name another output"
        )
    trainer.restore(state["trainer"])
    log.warning("going on from step %d of %d", trainer.step, trainer.steps)
    return float(state["seconds"])


def keep(trainer: Trainer, folder: Path, options: Mapping[str, Any], seconds: float) -> None:
    """Write what ``restore`` goes on from."""
    part = folder / "state.part"
    torch.save({"options": dict(options), "seconds": seconds, "trainer": trainer.state()}, part)
    os.replace(part, folder / FILE)
