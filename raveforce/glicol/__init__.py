"""The Glicol language and its engines; knows nothing of agents or rewards."""

from raveforce.glicol.engine import ENGINES, open_engine
from raveforce.glicol.errors import EngineUnavailable, GlicolError, UnsupportedProgram
from raveforce.glicol.program import Program, ProgramError, format_number
from raveforce.glicol.protocol import BLOCK, Engine, EngineSettings
from raveforce.glicol.render import render

__all__ = [
    "BLOCK",
    "ENGINES",
    "Engine",
    "EngineSettings",
    "EngineUnavailable",
    "GlicolError",
    "Program",
    "ProgramError",
    "UnsupportedProgram",
    "format_number",
    "open_engine",
    "render",
]
