"""Agents: what learns to fill in the blanks. ``agents.build`` makes them, ``agents.registry`` finds them by name."""
