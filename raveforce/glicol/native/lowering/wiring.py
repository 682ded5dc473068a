"""How chains are wired, and in which order the engine walks them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations
from math import factorial

from raveforce.glicol.errors import UnsupportedProgram
from raveforce.glicol.native.frontend.parser import Argument, Chain, Node, Note, Reference
from raveforce.glicol.wrong_text import reference_error

__all__ = ["Vertex", "Wiring", "wire"]

Vertex = tuple[str, int]
"""A node's chain and its place in it."""

DESTINATION: Vertex = ("", 0)
BROKEN_BY_THEMSELVES = ("seq", "arrange", "balance")
"""Nodes that look for each of their inputs by its place. A node that feeds itself is not among its own inputs."""
MOST_ORDERS = 120


@dataclass(frozen=True)
class Wiring:
    """What feeds what.

    Attributes
    ----------
    order : vertices in the order in which the engine computes them; what nobody hears is left out
    main : the vertex before a vertex in its chain, if there is one
    references : the vertices that a vertex refers to, in the order of its arguments
    heard : the ends of the chains that are heard
    """

    order: tuple[Vertex, ...]
    main: Mapping[Vertex, Vertex]
    references: Mapping[Vertex, tuple[Vertex, ...]]
    heard: tuple[Vertex, ...]

    @cached_property
    def delayed(self) -> frozenset[tuple[Vertex, Vertex]]:
        """Connections that carry the block before."""
        met: set[Vertex] = set()
        found: list[tuple[Vertex, Vertex]] = []
        for vertex in self.order:
            sources = self.references.get(vertex, ())
            if vertex in self.main:
                sources = (*sources, self.main[vertex])
            met.add(vertex)
            found += [(source, vertex) for source in sources if source not in met]
        return frozenset(found)


def wire(chains: Mapping[str, Chain], given: tuple[str, ...] = (), code: str = "") -> Wiring:
    """Wire chains.

    Parameters
    ----------
    chains : chains by name
    given : names that may be referred to though no chain bears them
    code : program text, for errors

    Raises
    ------
    GlicolError
        Of kind "reference": a name that no chain bears.
    UnsupportedProgram
        A node that would look for itself among its inputs; feedback whose order the engine leaves to chance.
    """
    ends = {name: (name, len(chain.nodes) - 1) for name, chain in chains.items()} | {name: (name, 0) for name in given}
    main: dict[Vertex, Vertex] = {}
    references: dict[Vertex, tuple[Vertex, ...]] = {}
    by_chance: list[Vertex] = []
    for name, chain in chains.items():
        for place, node in enumerate(chain.nodes):
            vertex = name, place
            if place:
                main[vertex] = name, place - 1
            found: list[Vertex] = []
            for reference in referred(node):
                matches = _matches(reference, ends, code)
                if len(matches) > 1:
                    by_chance.append(vertex)
                found += matches
            if vertex in found and node.name in BROKEN_BY_THEMSELVES:
                raise UnsupportedProgram(
                    node.name, code=code, line=node.line, column=node.column, why="it feeds itself"
                )
            if vertex in by_chance and node.name != "mix":
                why = "which of several chains it means is left to chance"
                raise UnsupportedProgram(node.name, code=code, line=node.line, column=node.column, why=why)
            references[vertex] = tuple(found)
    heard = tuple(ends[name] for name, chain in chains.items() if chain.heard)
    wiring = Wiring(_walk(main, references, heard), main, references, heard)
    if wiring.delayed and (len(heard) > 1 or by_chance):
        _check_order(wiring, by_chance, chains, code)
    return wiring


def referred(node: Node) -> list[str]:
    """Names that a node refers to; a ``seq`` connects to each once."""
    whats: list[Argument] = [each.what if isinstance(each, Note) else each for each in node.arguments]
    names = [what.name for what in whats if isinstance(what, Reference)]
    return list(dict.fromkeys(names)) if node.name == "seq" else names


def _matches(reference: str, ends: Mapping[str, Vertex], code: str) -> list[Vertex]:
    if ".." in reference:
        matches = [end for name, end in ends.items() if name.startswith(reference.replace("..", ""))]
    else:
        matches = [ends[reference]] if reference in ends else []
    if not matches:
        raise reference_error(code, reference)
    return matches


def _walk(
    main: Mapping[Vertex, Vertex], references: Mapping[Vertex, tuple[Vertex, ...]], heard: tuple[Vertex, ...]
) -> tuple[Vertex, ...]:
    """Depth-first post-order from the output; of a vertex's inputs the one connected first is followed first.

    References are connected before chains. In a loop the vertex met first is computed last, so it hears what
    precedes it in this block and is itself heard a block late.
    """

    def inputs(vertex: Vertex) -> tuple[Vertex, ...]:
        if vertex == DESTINATION:
            return heard
        return references.get(vertex, ()) + ((main[vertex],) if vertex in main else ())

    stack, discovered, order = [DESTINATION], set[Vertex](), dict[Vertex, None]()
    while stack:
        vertex = stack[-1]
        if vertex in discovered:
            order.setdefault(stack.pop())
        else:
            discovered.add(vertex)
            stack += [each for each in reversed(inputs(vertex)) if each not in discovered]
    del order[DESTINATION]
    return tuple(order)


def _check_order(wiring: Wiring, by_chance: list[Vertex], chains: Mapping[str, Chain], code: str) -> None:
    """Refuse feedback that would sound otherwise were the engine to walk its chains in another order."""
    variants = factorial(len(wiring.heard))
    for vertex in by_chance:
        variants *= factorial(len(wiring.references[vertex]))
    first = wiring.delayed
    agreed = variants <= MOST_ORDERS
    if agreed:
        orders: list[tuple[tuple[Vertex, ...], dict[Vertex, tuple[Vertex, ...]]]]
        orders = [(heard, dict(wiring.references)) for heard in permutations(wiring.heard)]
        for vertex in by_chance:
            orders = [
                (heard, {**references, vertex: shuffled})
                for heard, references in orders
                for shuffled in permutations(references[vertex])
            ]
        for heard, references in orders:
            other = Wiring(_walk(wiring.main, references, heard), wiring.main, references, heard)
            agreed = agreed and other.delayed == first
    if not agreed:
        chain, place = next(iter(sorted(target for _, target in first)))
        node = chains[chain].nodes[place]
        why = "in this feedback the engine leaves to chance which node comes first"
        raise UnsupportedProgram(node.name, code=code, line=node.line, column=node.column, why=why)
