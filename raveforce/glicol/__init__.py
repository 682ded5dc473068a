"""The Glicol language and its engines; knows nothing of agents or rewards."""

from raveforce.glicol.engine import BLOCK, ENGINES, Engine, open_engine
from raveforce.glicol.errors import EngineUnavailable, GlicolError, UnsupportedProgram
from raveforce.glicol.program import Program, ProgramError, format_number
from raveforce.glicol.render import render

__all__ = [
    "BLOCK",
    "ENGINES",
    "Engine",
    "EngineUnavailable",
    "GlicolError",
    "Program",
    "ProgramError",
    "UnsupportedProgram",
    "format_number",
    "open_engine",
    "render",
]
