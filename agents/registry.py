"""Agents by name: algorithms, search, those of installed packages, and any class by its path."""

from __future__ import annotations

from typing import Any

from raveforce.registry import Registry

__all__ = ["AGENTS", "AgentRegistry"]

ALGORITHMS = {
    "ppo": "stable_baselines3:PPO",
    "sac": "stable_baselines3:SAC",
    "td3": "stable_baselines3:TD3",
    "tqc": "sb3_contrib:TQC",
    "dqn": "stable_baselines3:DQN",
    "recurrent_ppo": "sb3_contrib:RecurrentPPO",
    "maskable_ppo": "sb3_contrib:MaskablePPO",
    "a2c": "stable_baselines3:A2C",
    "crossq": "sb3_contrib:CrossQ",
    "trpo": "sb3_contrib:TRPO",
    "ars": "sb3_contrib:ARS",
    "qrdqn": "sb3_contrib:QRDQN",
    "gcsl": "agents.gcsl:GCSL",
    "grpo": "agents.grpo:GRPO",
}
"""Imported when they are used: each brings PyTorch and more."""


class AgentRegistry(Registry[type[Any]]):
    """Finds the classes of agents, and imports algorithms only when they are asked for.

    Examples
    --------
    >>> AGENTS.get("random").__name__, AGENTS.get("stable_baselines3:A2C").__name__
    ('RandomSearch', 'A2C')
    >>> AGENTS.get("sca")
    Traceback (most recent call last):
    raveforce.registry.UnknownName: unknown agent 'sca'; did you mean sac? the agents are ppo, sac, td3, ...
    """

    def get(self, name: str) -> type[Any]:
        """The class of this name, or at this path ``package.module:Class``.

        Raises
        ------
        UnknownName
            There is none.
        """
        return super().get(ALGORITHMS.get(name, name))

    def names(self) -> list[str]:
        """All names: of algorithms, of searches, and of entry points."""
        return [*dict.fromkeys([*ALGORITHMS, *super().names()])]


SEARCHES = ("agents.search", "agents.evolution", "agents.refine")

AGENTS = AgentRegistry("agent", group="raveforce.agents", modules=SEARCHES)
"""The agents' classes by name."""
