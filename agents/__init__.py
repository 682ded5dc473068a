"""Agents: what learns to fill in the blanks."""

from agents.build import Agent, form_of_actions, load_agent, make_agent
from agents.registry import AGENTS

__all__ = ["AGENTS", "Agent", "form_of_actions", "load_agent", "make_agent"]
