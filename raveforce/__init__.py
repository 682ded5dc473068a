"""RaveForce: an agent learns to make sound by filling in the blanks of live-coding programs.

>>> import raveforce
>>> sound = raveforce.render("o: sin 440 >> mul 0.5", seconds=0.1)
>>> sound.shape
(4410,)
"""

import gymnasium

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
from raveforce.imitation import Imitation, imitate
from raveforce.parameter_space import ParameterSpace
from raveforce.parameters import Choose, Exp, Lin, ParameterError, Rel
from raveforce.spec import EnvSpec
from raveforce.task import Task, define
from raveforce.tasks import ENVIRONMENTS
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

for _id, _environment in ENVIRONMENTS.items():
    gymnasium.register(
        f"raveforce/{_id}",
        entry_point="raveforce.tasks:make_env",
        vector_entry_point="raveforce.vector:make_vec",
        kwargs={"task": _environment.definition.name},
    )
