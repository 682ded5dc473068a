"""What one row of a vector environment has to show."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from raveforce import frames
from raveforce.env import RaveForceEnv
from raveforce.spec import EnvSpec

__all__ = ["Row"]


class Row:
    """One row of a vector environment, with what a ``RaveForceEnv`` has to show, but for ``reset`` and ``step``.

    What all rows have in common, such as the task, comes from the environment's spec.

    Parameters
    ----------
    envs : the ``RaveForceVectorEnv``
    index : which row of it
    """

    metadata = RaveForceEnv.metadata

    def __init__(self, envs: Any, index: int) -> None:
        self._envs = envs
        self._index = index

    @property
    def audio(self) -> NDArray[np.float32]:
        """What was heard so far, float32 [samples so far]."""
        return self._envs.audio[self._index]

    @property
    def target(self) -> NDArray[np.float32]:
        """The sound to imitate, float32 [samples]."""
        return self._envs.targets[self._index]

    @property
    def code(self) -> str:
        """The program as last played; before the first step, with its blanks."""
        return self._envs.codes[self._index]

    @property
    def spec(self) -> gymnasium.envs.registration.EnvSpec | None:
        """Gymnasium's entry; None unless Gymnasium made the environment."""
        return self._envs.spec

    @property
    def env_spec(self) -> EnvSpec:
        """What the environment is made of."""
        return self._envs.env_spec

    @property
    def engine_kind(self) -> str:
        """The engine that plays: "wasm", or whatever "auto" took."""
        return self._envs.engine_kind

    @property
    def np_random(self) -> np.random.Generator:
        """What the row draws its targets from."""
        return self._envs.np_random[self._index]

    @property
    def np_random_seed(self) -> int:
        """What ``np_random`` was begun with."""
        return self._envs.np_random_seed[self._index]

    def trial_action(self) -> Any:
        """An action to try the environment with: the middle of the space, or a token that may follow."""
        if self._envs.task.writes:
            return int(self._envs._playing("trial_action").shortest()[self._index])
        return self._envs.env_spec.actions.middle

    def render(self) -> Any:
        """The program, or target and attempt as a picture."""
        if self._envs.render_mode == "ansi":
            return self.code
        return frames.frame(self.audio, self.target, self._envs.task.sample_rate)

    def __getattr__(self, name: str) -> Any:
        if name == "action_masks":
            masks = self._envs.action_masks()
            return lambda: masks[self._index]
        try:
            return getattr(self._envs.env_spec, name)
        except AttributeError:
            raise AttributeError(f"rows of a RaveForceVectorEnv have no {name!r}") from None
