"""Agents: what learns to fill in the blanks."""

from agents.sb3 import AGENTS, load_agent, make_agent

__all__ = ["AGENTS", "load_agent", "make_agent"]
