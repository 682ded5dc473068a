"""Which nodes live on when the words of a program change: the engine compares chains node by node."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from raveforce.glicol.native.frontend.parser import Node
from raveforce.glicol.native.lowering.graph import Graph, NodeState

__all__ = ["surviving_nodes"]


@lru_cache(maxsize=4096)
def _common(old: tuple[str, ...], new: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    """Places of the nodes that the engine takes for the same.

    Common beginning and end first; between them a longest common subsequence which, where there are several,
    skips new nodes before it skips old ones.
    """
    if old and new and old[0] == new[0]:
        rest = _common(old[1:], new[1:])
        return ((0, 0), *((i + 1, j + 1) for i, j in rest))
    if old and new and old[-1] == new[-1]:
        return (*_common(old[:-1], new[:-1]), (len(old) - 1, len(new) - 1))
    return _subsequence(old, new)


def _subsequence(old: tuple[str, ...], new: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    lengths = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in reversed(range(len(old))):
        for j in reversed(range(len(new))):
            skip = max(lengths[i + 1][j], lengths[i][j + 1])
            lengths[i][j] = lengths[i + 1][j + 1] + 1 if old[i] == new[j] else skip
    pairs, i, j = [], 0, 0
    while i < len(old) and j < len(new):
        if old[i] == new[j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif lengths[i + 1][j] > lengths[i][j + 1]:
            i += 1
        else:
            j += 1
    return tuple(pairs)


def surviving_nodes(old: Graph, new: Graph) -> list[tuple[NodeState, NodeState]]:
    """Nodes of the old graph that go on in the new one, each with its place there."""
    old_parts = {(part.chain, part.place): part for part in old.parts}
    new_parts = {(part.chain, part.place): part for part in new.parts}
    old_chains = {chain.name: chain for chain in old.chains}
    pairs = []
    for chain in new.chains:
        if chain.name not in old_chains:
            continue
        for i, j in _common(_names(old_chains[chain.name].nodes), _names(chain.nodes)):
            pair = old_parts.get((chain.name, i)), new_parts.get((chain.name, j))
            if pair[0] is not None and pair[1] is not None:
                pairs.append((pair[0], pair[1]))
    return pairs


def _names(nodes: Sequence[Node]) -> tuple[str, ...]:
    return tuple(node.name for node in nodes)
