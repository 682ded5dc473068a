"""The Gymnasium environment of a writer: one row."""

from __future__ import annotations

from typing import Any

from raveforce.env import RaveForceEnv
from raveforce.writing.episodes import WritingEpisodes

__all__ = ["WritingEnv"]


class WritingEnv(RaveForceEnv):
    """An agent writes a Glicol program token by token; see ``raveforce.tasks.write.WriteEnv``."""

    def trial_action(self) -> Any:
        """A token that may follow; those of an episode make a short program."""
        episodes: Any = self._playing("trial_action")
        assert isinstance(episodes, WritingEpisodes)
        return int(episodes.shortest()[0])
