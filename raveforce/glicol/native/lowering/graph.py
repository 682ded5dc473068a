"""From chains to instructions for the kernel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from raveforce.glicol.block import BLOCK
from raveforce.glicol.native.frontend.parser import Chain, Node, Number, Slot, Symbol
from raveforce.glicol.native.kernel import opcodes as op
from raveforce.glicol.native.lowering.precision import choose_precision
from raveforce.glicol.nodes import Instruction

__all__ = ["Builder", "Context", "Graph", "NodeState", "symbol_of"]


@dataclass(frozen=True)
class Context:
    """What nodes take for granted.

    Attributes
    ----------
    sample_rate : Hz
    bpm, seed : the engine's
    engine_rate : sample rate that the engine gives its high-pass filter and its compound nodes, whatever the real one
    allpass_memory : milliseconds that an all-pass filter with a modulated delay remembers
    code : program text, for errors
    """

    sample_rate: float
    bpm: float
    seed: int
    engine_rate: float = 44100.0
    allpass_memory: float = 0.0
    code: str = ""


@dataclass(frozen=True)
class NodeState:
    """Where a node's state lies, so that it can move on when a word changes the program around it.

    Attributes
    ----------
    heard : false of a delay that nobody hears, which is made all the same
    """

    chain: str
    place: int
    name: str
    codes: tuple[int, ...]
    ops: tuple[int, int]
    ints: tuple[int, int]
    floats: tuple[int, int]
    bufs: tuple[int, ...]
    heard: bool = True


@dataclass(frozen=True)
class Graph:
    """A program ready for the kernel.

    Attributes
    ----------
    ops, lists : instructions, see opcodes
    constants : parameters that follow the blanks
    ints, floats : state at the start
    buffers : how many buffers a row needs
    final : the buffer that is heard
    nodes : for each instruction the node it belongs to
    parts : the nodes' state
    whole : blanks that take integers only
    chains : as parsed
    work : most samples that a block of one row takes to compute, over all instructions
    code : the text, a character of its own for each blank
    """

    ops: NDArray[np.int64]
    lists: NDArray[np.int64]
    constants: NDArray[np.float32]
    ints: NDArray[np.int64]
    floats: NDArray[np.float32]
    buffers: int
    final: int
    nodes: tuple[Node, ...]
    parts: tuple[NodeState, ...]
    whole: tuple[int, ...]
    chains: tuple[Chain, ...]
    work: int
    code: str

    @property
    def samples(self) -> tuple[str, ...]:
        """Samples that the program names, heard or not, as it spells them."""
        nodes = (node for chain in self.chains for node in chain.nodes if node.name == "sp")
        return tuple(dict.fromkeys(symbol_of(node) for node in nodes))


def symbol_of(node: Node) -> str:
    r"""The sample that an ``sp`` names, as it spells it."""
    (symbol,) = node.arguments
    assert isinstance(symbol, Symbol)
    return symbol.text


@dataclass
class Builder:
    """Collects instructions and lays out parameters, state and buffers."""

    blanks: int
    ops: list[list[int]] = field(default_factory=list)
    lists: list[int] = field(default_factory=list)
    constants: dict[float, int] = field(default_factory=dict)
    ints: list[int] = field(default_factory=list)
    floats: list[float] = field(default_factory=list)
    buffers: int = 0
    nodes: list[Node] = field(default_factory=list)
    whole: set[int] = field(default_factory=set)

    def number(self, value: Number) -> int:
        """Return the parameter that holds a number of the program."""
        if isinstance(value, Slot):
            if value.whole:
                self.whole.add(value.blank)
            return value.blank
        return self.blanks + self.constants.setdefault(value, len(self.constants))

    def buffer(self) -> int:
        """Return a new buffer."""
        self.buffers += 1
        return self.buffers - 1

    def _listed(self, values: Sequence[int]) -> int:
        """Store a list of integers and return where."""
        self.lists += values
        return len(self.lists) - len(values)

    def emit(
        self,
        node: Node,
        instruction: Instruction,
        out: int,
        inputs: Sequence[int] = (),
        numbers: Sequence[Number] = (),
        *,
        ints: Sequence[int] | None = None,
        listed: Sequence[Sequence[int]] = (),
        order: Sequence[int] = (),
    ) -> None:
        """Add an instruction with its initial state; ``listed`` and ``order`` are its lists."""
        row = [0] * op.COLUMNS
        row[op.CODE], row[op.FAMILY], row[op.OUT] = instruction.code, instruction.family, out
        row[op.IN0 : op.IN1 + 1] = (*inputs, -1, -1)[:2]
        row[op.TRACK] = row[op.MUTE] = -1
        row[op.INT], row[op.FLOAT] = len(self.ints), len(self.floats)
        if numbers:
            row[op.P0 : op.P0 + len(numbers)] = map(self.number, numbers)
        row[op.LIST], row[op.COUNT] = self._listed([each for item in listed for each in item]), len(listed)
        row[op.ORDER], row[op.INPUTS] = self._listed(order), len(order)
        self.ints += instruction.ints if ints is None else ints
        self.floats += instruction.floats
        self.ops.append(row)
        self.nodes.append(node)

    def finish(self, final: int, parts: Sequence[NodeState], chains: Sequence[Chain], code: str) -> Graph:
        """Return the graph built."""
        self.number(0.0)  # instructions read parameter 0 even if they take none
        ops = np.array(self.ops, np.int64).reshape(-1, op.COLUMNS)
        lists = np.array([*self.lists, 0], np.int64)
        numbers = {self.blanks + place: value for value, place in self.constants.items()}
        choose_precision(ops, lists, numbers, final)
        return Graph(
            ops=ops,
            lists=lists,
            constants=np.array(list(self.constants), np.float32),
            ints=np.array([*self.ints, 0], np.int64),
            floats=np.array([*self.floats, 0], np.float32),
            buffers=max(self.buffers, 1),
            final=final,
            nodes=tuple(self.nodes),
            parts=tuple(parts),
            whole=tuple(sorted(self.whole)),
            chains=tuple(chains),
            # A list may be gone through for every sample; handing the block out is work too.
            work=BLOCK * (1 + sum([1 + row[op.COUNT] for row in self.ops])),
            code=code,
        )
