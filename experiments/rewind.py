"""An environment that can be put back to where it was, in another process too."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np

__all__ = ["Rewindable"]


class Rewindable(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Remembers how an episode began and what was done in it.

    An engine's state cannot be written down, but a program played with the same values sounds the same: an
    environment is put back by beginning its episode with the same random state and taking the same actions.
    """

    def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
        super().__init__(env)
        self._seed: int | None = None
        self._began: dict[str, Any] | None = None
        self._actions: list[Any] = []

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin an episode, and remember from which random state."""
        self._seed, self._actions = seed, []
        self._began = dict(self.unwrapped.np_random.bit_generator.state)
        return super().reset(seed=seed, options=options)

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Take a step, and remember which."""
        self._actions.append(np.array(action))
        return super().step(action)

    def snapshot(self) -> dict[str, Any]:
        """Where this environment is, as plain data that pickles."""
        return {
            "seed": self._seed,
            "began": self._began,
            "actions": list(self._actions),
            "action_space": self.action_space.np_random.bit_generator.state,
        }

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Go back to where a snapshot was taken."""
        self.action_space.np_random.bit_generator.state = snapshot["action_space"]
        if snapshot["began"] is None:
            return
        self.unwrapped.np_random.bit_generator.state = snapshot["began"]
        self.reset(seed=snapshot["seed"])
        for action in snapshot["actions"]:
            self.step(action)
