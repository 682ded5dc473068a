"""The Gymnasium environment of a writer: one row."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from raveforce.env import RaveForceEnv
from raveforce.writing.episodes import WritingEpisodes

__all__ = ["WritingEnv"]


class WritingEnv(RaveForceEnv):
    """An agent writes a Glicol program token by token; see ``raveforce.tasks.write.WriteEnv``."""

    def action_masks(self) -> NDArray[np.bool_]:
        """Which tokens may follow, bool [tokens]: what sb3-contrib's masked algorithms ask for."""
        return self._writing().action_masks()[0].copy()

    def trial_action(self) -> Any:
        """A token that may follow; those of an episode make a short program."""
        return int(self._writing().shortest()[0])

    def _writing(self) -> WritingEpisodes:
        episodes: Any = self._playing("action_masks")
        assert isinstance(episodes, WritingEpisodes)
        return episodes
