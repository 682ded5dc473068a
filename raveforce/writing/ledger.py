"""What writers are rewarded: how near they came to their sounds, less what their programs' nodes cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from raveforce.rewards import Reward, RewardTarget

__all__ = ["Account", "Ledger"]

Array = NDArray[np.float32]

MOST_KEPT = 32
"""Targets of which the features are kept."""


@dataclass
class Account:
    """A row's.

    Attributes
    ----------
    target : float32 [samples]
    reference : what the reward knows of it
    distance : of what is heard now; None where it is not measured
    nodes : in closed layers
    paid : for them
    """

    target: Array
    reference: RewardTarget
    distance: float | None = None
    nodes: int = 0
    paid: float = 0.0


class Ledger:
    """The accounts of rows, one an episode.

    Parameters
    ----------
    reward : what an episode's sound is worth
    price : of a node
    most : tokens of the longest program; what ends badly pays for as many nodes

    Examples
    --------
    >>> from raveforce.rewards import make_reward
    >>> ledger = Ledger(make_reward({"distance": "mss", "kind": "normalised"}, 44100), price=0.01, most=64)
    >>> target = np.sin(np.arange(4410) / 20).astype(np.float32)
    >>> ledger.open(0, target).nodes = 3
    >>> before = ledger.measure([0], target[None])
    >>> round(ledger.reward(0, before[0]), 6)
    -0.03
    """

    def __init__(self, reward: Reward, price: float, most: int) -> None:
        self._reward, self._price, self._most = reward, price, most
        self._accounts: dict[int, Account] = {}
        self._prepared: dict[int, tuple[Array, RewardTarget]] = {}

    def __getitem__(self, row: int) -> Account:
        return self._accounts[row]

    def holds(self, row: int, target: Array) -> bool:
        """Whether a row's target is this very array."""
        known = self._accounts.get(row)
        return known is not None and known.target is target

    def open(self, row: int, target: Array) -> Account:
        """A row's new account."""
        self._accounts[row] = Account(target, self._prepare(target))
        return self._accounts[row]

    def measure(self, rows: Sequence[int], sound: Array) -> dict[int, float]:
        """Measure what some rows hear now; return what their distances were before, at first that of silence.

        Parameters
        ----------
        rows : which
        sound : of all rows, float32 [all rows, samples]
        """
        before = {}
        for same in self._by_reference(rows):
            reference = self._accounts[same[0]].reference
            measured = self._reward.measure(sound[same], reference)
            for row, distance in zip(same, measured.tolist(), strict=True):
                known = self._accounts[row].distance
                before[row] = float(self._reward.start(reference)[0]) if known is None else known
                self._accounts[row].distance = distance
        return before

    def reward(self, row: int, before: float) -> float:
        """What a row gets for what it hears now, less the price of the nodes that it has not paid yet."""
        own = self._accounts[row]
        assert own.distance is not None
        value = self._reward.compute(np.array([own.distance]), np.array([before]), own.reference)[0]
        owed = self._price * own.nodes - own.paid
        own.paid += owed
        return float(value) - owed

    def worst(self, row: int) -> float:
        """What a row gets whose episode ends badly: never more than any program's."""
        own = self._accounts[row]
        before = self._reward.start(own.reference) if own.distance is None else np.array([own.distance])
        worst = self._reward.compute(np.broadcast_to(own.reference.worst, 1), before, own.reference)[0]
        return float(worst) - (self._price * self._most - own.paid)

    def close(self) -> None:
        """Let go of the sounds that are kept for targets that come again."""
        self._prepared.clear()

    def _by_reference(self, rows: Iterable[int]) -> list[list[int]]:
        """Rows that share a target."""
        groups: dict[int, list[int]] = {}
        for row in rows:
            groups.setdefault(id(self._accounts[row].reference), []).append(row)
        return list(groups.values())

    def _prepare(self, target: Array) -> RewardTarget:
        """What the reward knows of a target; kept for the last few, as recordings come again."""
        known = self._prepared.get(id(target))
        if known is not None:
            return known[1]
        while len(self._prepared) >= MOST_KEPT:
            self._prepared.pop(next(iter(self._prepared)))
        made = self._reward.prepare(target[None])
        self._prepared[id(target)] = target, made
        return made
