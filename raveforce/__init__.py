"""RaveForce: an agent learns to make sound by filling in the blanks of live-coding programs.

>>> import raveforce
>>> sound = raveforce.render("o: sin 440 >> mul 0.5", seconds=0.1)
>>> sound.shape
(4410,)
"""

from raveforce._console import end_briefly, is_command

if is_command():
    end_briefly()  # before all that takes long to import

import importlib
import importlib.util
from typing import TYPE_CHECKING, Any

import gymnasium

from raveforce.ids import IDS

if TYPE_CHECKING:
    from raveforce.distances import measure
    from raveforce.env import RaveForceEnv, make
    from raveforce.glicol import (
        EngineUnavailable,
        GlicolError,
        Program,
        ProgramError,
        UnsupportedProgram,
        open_engine,
    )
    from raveforce.glicol.render import render
    from raveforce.imitation.imitate import Imitation, imitate
    from raveforce.parameter_space import ParameterSpace
    from raveforce.parameters import Choose, Exp, Lin, ParameterError, Rel
    from raveforce.spec import EnvSpec
    from raveforce.task import Task, define
    from raveforce.vector import RaveForceVectorEnv, make_vec

__version__ = "1.0.0.dev0"

__all__ = [
    "Choose",
    "EngineUnavailable",
    "EnvSpec",
    "Exp",
    "GlicolError",
    "Imitation",
    "Lin",
    "ParameterError",
    "ParameterSpace",
    "Program",
    "ProgramError",
    "RaveForceEnv",
    "RaveForceVectorEnv",
    "Rel",
    "Task",
    "UnsupportedProgram",
    "define",
    "imitate",
    "make",
    "make_vec",
    "measure",
    "open_engine",
    "render",
]

_MODULES = {
    "distances": ("measure",),
    "env": ("RaveForceEnv", "make"),
    "glicol": (
        *("EngineUnavailable", "GlicolError", "Program", "ProgramError", "UnsupportedProgram"),
        *("open_engine", "render"),
    ),
    "imitation": ("Imitation", "imitate"),
    "parameter_space": ("ParameterSpace",),
    "parameters": ("Choose", "Exp", "Lin", "ParameterError", "Rel"),
    "spec": ("EnvSpec",),
    "task": ("Task", "define"),
    "vector": ("RaveForceVectorEnv", "make_vec"),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}


if not TYPE_CHECKING:  # else no misspelt name would be found

    def __getattr__(name: str) -> Any:
        """Load a name, or a module of the package, when it is first used: whoever only plays waits for nothing else."""
        if name in _HOMES:
            found = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
        elif not name.startswith("_") and importlib.util.find_spec(f"{__name__}.{name}"):
            found = importlib.import_module(f"{__name__}.{name}")
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


for _id, _task in IDS.items():
    gymnasium.register(
        f"raveforce/{_id}",
        entry_point="raveforce.tasks:make_env",
        vector_entry_point="raveforce.vector:make_vec",
        kwargs={"task": _task},
    )
