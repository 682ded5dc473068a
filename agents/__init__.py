"""Agents: what learns to fill in the blanks."""

from agents.sb3 import AGENTS, Agent, form_of_actions, load_agent, make_agent

__all__ = ["AGENTS", "Agent", "form_of_actions", "load_agent", "make_agent"]
