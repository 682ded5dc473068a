"""When something that is done every so many renders is due."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Every"]


@dataclass
class Every:
    """Says when a number of renders has passed again.

    >>> every = Every(every=10)
    >>> [every.due(renders) for renders in (4, 8, 12, 16, 20, 40)]
    [False, False, True, False, True, True]
    """

    every: int
    last: int = 0

    def due(self, renders: int) -> bool:
        """Whether a multiple of ``every`` was reached or passed since it last struck; never, if that is 0."""
        if self.every <= 0 or renders // self.every <= self.last // self.every:
            return False
        self.last = renders
        return True
