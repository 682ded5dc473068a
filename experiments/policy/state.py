"""What the trainings of shipped policies keep in their folders, so that a broken-off one goes on."""

from __future__ import annotations

import logging
import pickle
import shlex
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

import torch

from experiments.config.errors import ConfigError
from experiments.config.options import Option
from experiments.records.run_folder import RunFolder

__all__ = ["command_of", "held", "keep", "restore"]

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


def held(folder: str) -> AbstractContextManager[None]:
    """Make a training's folder, and keep other processes out for as long as this one is at it.

    Raises
    ------
    RunFolderError
        Another process is.
    """
    Path(folder).mkdir(parents=True, exist_ok=True)
    return RunFolder(Path(folder)).held()


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
        It holds a training with other options than those that may change, or one that cannot be read.
    """
    path = folder / FILE
    if not path.exists():
        return 0.0
    try:
        state = torch.load(path, weights_only=False)
        before = state["options"]
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, EOFError, pickle.UnpicklingError) as error:
        raise ConfigError(
            f"{path} cannot be read ({type(error).__name__}: {error}): name another output, or delete it to begin anew"
        ) from error
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
    """Write what ``restore`` goes on from; a training whose disk is full goes on, with what was written before."""
    state = {"options": dict(options), "seconds": seconds, "trainer": trainer.state()}
    try:
        RunFolder(folder).write(FILE, lambda path: torch.save(state, path))
    except (OSError, RuntimeError) as error:  # PyTorch tells of a full disk with a RuntimeError
        log.warning("step %d cannot be kept, the training goes on: %s", trainer.step, error)
