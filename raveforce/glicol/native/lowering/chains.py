"""What every node becomes: instructions for the kernel, by how many inputs it is given.

The engine's nodes look at the number of their inputs, not at how they were written: an oscillator in
mid-chain takes the sound before it as its frequency, one with two inputs stays silent, and so on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from raveforce.glicol.compounds import Compound
from raveforce.glicol.errors import UnsupportedProgram
from raveforce.glicol.native.frontend.parser import (
    Argument,
    Chain,
    Node,
    Note,
    Number,
    Pattern,
    Reference,
    Slot,
    Symbol,
    parse,
    slot_character,
)
from raveforce.glicol.native.kernel import opcodes as op
from raveforce.glicol.native.lowering.graph import Builder, Context, Graph, NodeState
from raveforce.glicol.native.lowering.scripts import ScriptError, emit_map
from raveforce.glicol.native.lowering.wiring import Vertex, Wiring, referred, wire
from raveforce.glicol.nodes import ANY, INSTRUCTIONS, NODES, Instruction

__all__ = ["compile_chains", "lower_chains"]

INPUT = "~input"
"""Chain that every program may refer to: the sound card's input, which is silent here."""


@dataclass(frozen=True)
class NodeInputs:
    """A node about to be lowered.

    Attributes
    ----------
    node : as written
    out : its buffer
    sources : what feeds it, with the buffer each is read from: the node before it in the chain, if there is one, then
        the ends of the chains it refers to, in order. Two of them may share a buffer, as an alias does with what it
        stands for.
    """

    node: Node
    out: int
    sources: tuple[tuple[Vertex, int], ...]

    @property
    def order(self) -> tuple[int, ...]:
        """Buffers of all sources."""
        return tuple([buffer for _, buffer in self.sources])

    @property
    def inputs(self) -> tuple[int, ...]:
        """Buffers of the sources, each source once: what the engine counts."""
        return tuple(dict(self.sources).values())


def compile_chains(chains: Mapping[str, Chain], blanks: int, context: Context) -> Graph:
    """Compile a program.

    Raises
    ------
    UnsupportedProgram, GlicolError
        With the node's line and column.
    """
    builder = Builder(blanks)
    if INPUT in chains:
        node = chains[INPUT].nodes[0]
        raise _unsupported(context, node, f"the chain {INPUT} would replace the engine's own")
    final, parts = lower_chains(builder, chains, context, {INPUT: builder.buffer()})
    return builder.finish(final, parts, list(chains.values()), context.code)


def lower_chains(
    b: Builder, chains: Mapping[str, Chain], context: Context, given: Mapping[str, int]
) -> tuple[int, list[NodeState]]:
    """Lower chains; return the buffer that is heard and where the nodes' state lies."""
    wiring = wire(chains, tuple(given), context.code)
    bufs: dict[Vertex, int] = {(name, 0): buffer for name, buffer in given.items()}
    bufs |= {vertex: b.buffer() for vertex in wiring.order if vertex not in bufs}
    late = {source for source, _ in wiring.delayed}
    parts = []
    for vertex in wiring.order:
        name, place = vertex
        if name in given:
            continue
        node = chains[name].nodes[place]
        sources = _sources(vertex, wiring)
        if node.name == "get" and len(sources) == 1 and sources[0] not in late and vertex not in late:
            # What is passed on in the same block need not be copied.
            bufs[vertex] = bufs[sources[0]]
            parts.append(NodeState(name, place, node.name, (), (0, 0), (0, 0), (0, 0), ()))
            continue
        before = _sizes(b)
        _lower(b, context, NodeInputs(node, bufs[vertex], tuple([(each, bufs[each]) for each in sources])))
        parts.append(_state(b, before, vertex, node, bufs[vertex]))
    parts += _lower_unheard(b, chains, context, wiring)
    heard = [bufs[vertex] for vertex in wiring.heard]
    if len(heard) == 1:
        return heard[0], parts
    final = b.buffer()
    if heard:
        b.emit(Node("output", (), 1, 1), INSTRUCTIONS[op.SUM], final, listed=[[each] for each in heard])
    return final, parts


def _sources(vertex: Vertex, wiring: Wiring) -> tuple[Vertex, ...]:
    """What feeds a vertex: the vertex before it in its chain, then what it refers to; itself left out."""
    main = (wiring.main[vertex],) if vertex in wiring.main else ()
    return (*main, *[each for each in wiring.references[vertex] if each != vertex])


def _sizes(b: Builder) -> tuple[int, int, int, int]:
    return len(b.ops), len(b.ints), len(b.floats), b.buffers


def _state(b: Builder, before: tuple[int, int, int, int], vertex: Vertex, node: Node, out: int) -> NodeState:
    """Where the state of a node lies that was lowered into a buffer since the builder had these sizes."""
    ops, ints, floats, buffers = zip(before, _sizes(b), strict=True)
    codes = tuple([row[op.CODE] for row in b.ops[ops[0] :]])
    return NodeState(*vertex, node.name, codes, ops, ints, floats, (out, *range(*buffers)))


def _lower_unheard(b: Builder, chains: Mapping[str, Chain], context: Context, wiring: Wiring) -> Iterator[NodeState]:
    """Refuse what is not played also where nobody hears it; delays are made there too, and may break.

    The engine makes every node, and so tells what is wrong with it, but computes only what is heard.
    """
    unheard = wiring.references.keys() - set(wiring.order)
    for vertex in sorted(unheard):
        name, place = vertex
        node, elsewhere = chains[name].nodes[place], Builder(b.blanks)
        at = NodeInputs(node, 0, tuple((each, 0) for each in _sources(vertex, wiring)))
        _lower(elsewhere, context, at)
        b.whole |= elsewhere.whole
        if any(row[op.FAMILY] == op.RING_BUFFER for row in elsewhere.ops) and NODES[node.name].compound is None:
            at, before = replace(at, out=b.buffer()), _sizes(b)
            _lower_idle(b, context, at)
            yield replace(_state(b, before, vertex, node, at.out), heard=False)


def _lower(b: Builder, context: Context, at: NodeInputs) -> None:
    node = NODES[at.node.name]
    if at.node.name == "meta":
        _lower_meta(b, context, at)
    elif "native" not in node.engines:
        raise _unsupported(context, at.node, "")
    elif node.compound is not None:
        _lower_compound(b, context, at, node.compound)
    elif at.node.name in SPECIAL:
        SPECIAL[at.node.name](b, context, at)
    else:
        _lower_plain(b, context, at)


def _lower_plain(b: Builder, context: Context, at: NodeInputs) -> None:
    """One instruction, which the table of nodes names by the number of inputs."""
    node, inputs = NODES[at.node.name], at.inputs
    count = len(inputs)
    if count > 1:
        inputs = at.order
    if node.pattern is not None and isinstance(at.node.arguments[0], Pattern):
        if ANY in node.instructions or count == 1:
            _lower_pattern(b, context, at, node.pattern, at.node.arguments[0])
        return
    if ANY in node.instructions:
        _emit(b, context, at, node.instructions[ANY])
    elif count in node.instructions:
        _emit(b, context, at, node.instructions[count], inputs)
    elif any(made.family == op.RING_BUFFER for made in node.instructions.values()):
        _lower_idle(b, context, at)


def _lower_idle(b: Builder, context: Context, at: NodeInputs) -> None:
    """A delay that hears nothing: it is made, and remade when its number changes, either of which may break."""
    _emit(b, context, at, NODES[at.node.name].instructions[1])


def _emit(b: Builder, context: Context, at: NodeInputs, made: Instruction, inputs: tuple[int, ...] = ()) -> None:
    b.emit(at.node, made, at.out, inputs, [_value(context, at.node, each) for each in made.numbers])


def _value(context: Context, node: Node, number: int | float | str) -> Number:
    """What a number of an instruction stands for: a setting by name, an argument by place, or itself."""
    if isinstance(number, str):
        return float(getattr(context, number))
    if isinstance(number, float):
        return number
    argument = node.arguments[number]
    if isinstance(argument, Reference):
        return NODES[node.name].default
    if not isinstance(argument, float | Slot):
        raise _unsupported(context, node, "it takes a number here")
    return argument


def _lower_pattern(b: Builder, context: Context, at: NodeInputs, made: Instruction, pattern: Pattern) -> None:
    numbers = [*(_value(context, at.node, each) for each in made.numbers), pattern.span]
    numbers += [_value(context, at.node, place) for place in range(1, len(at.node.arguments))]
    events = [(b.number(time), b.number(value)) for value, time in pattern.events]
    b.emit(at.node, made, at.out, at.inputs[:1], numbers, listed=events)


def _lower_get(b: Builder, context: Context, at: NodeInputs) -> None:
    if len(at.inputs) != 1:
        raise _unsupported(context, at.node, "which of its inputs it passes on is left to chance")
    _emit(b, context, at, NODES["get"].instructions[1], at.inputs)


def _lower_mix(b: Builder, context: Context, at: NodeInputs) -> None:
    if at.inputs:
        b.emit(at.node, NODES["mix"].instructions[1], at.out, listed=[[each] for each in at.inputs])


def _lower_balance(b: Builder, context: Context, at: NodeInputs) -> None:
    if len(at.inputs) == 2:
        _emit(b, context, at, NODES["balance"].instructions[2], at.order[:1])


def _lower_seq(b: Builder, context: Context, at: NodeInputs) -> None:
    names = referred(at.node)
    events: list[tuple[int, int]] = []
    for note in at.node.arguments:
        assert isinstance(note, Note)
        what = -1 - names.index(note.what.name) if isinstance(note.what, Reference) else b.number(note.what)
        events.append((b.number(note.time), what))
    b.emit(at.node, INSTRUCTIONS[op.SEQ], at.out, (), [context.bpm, context.sample_rate], listed=events, order=at.order)


def _lower_choose(b: Builder, context: Context, at: NodeInputs) -> None:
    options = [[b.number(_value(context, at.node, place))] for place in range(len(at.node.arguments))]
    b.emit(at.node, INSTRUCTIONS[op.CHOOSE], at.out, (), [0.0], ints=[context.seed], listed=options)


def _lower_arrange(b: Builder, context: Context, at: NodeInputs) -> None:
    if any(isinstance(each, Slot) for each in at.node.arguments):
        raise _unsupported(context, at.node, "a changed number breaks the engine")
    bars = [[b.number(each)] for each in at.node.arguments if isinstance(each, float)]
    numbers = [context.bpm, context.sample_rate]
    b.emit(at.node, INSTRUCTIONS[op.ARRANGE], at.out, (), numbers, listed=bars, order=at.order)


def _lower_meta(b: Builder, context: Context, at: NodeInputs) -> None:
    (script,) = at.node.arguments
    assert isinstance(script, Symbol)
    if len(at.inputs) != 1:
        raise _unsupported(context, at.node, "it runs a script without an input")
    try:
        emit_map(b, at.node, script.text, at.inputs[0], at.out)
    except ScriptError as error:
        raise _unsupported(context, at.node, str(error)) from None


SPECIAL: dict[str, Callable[[Builder, Context, NodeInputs], None]] = {
    "get": _lower_get,
    "mix": _lower_mix,
    "balance": _lower_balance,
    "seq": _lower_seq,
    "choose": _lower_choose,
    "arrange": _lower_arrange,
}
"""Nodes whose instructions take lists."""


def _lower_compound(b: Builder, context: Context, at: NodeInputs, compound: Compound) -> None:
    """The small program that a node is, around what comes in."""
    if len(at.inputs) != 1:
        if compound.needs_input and not at.inputs:
            raise _unsupported(context, at.node, "it breaks the engine without an input")
        return
    text = compound.text.replace("A", slot_character(0)).replace("B", slot_character(1))
    chains = {name: _filled(chain, at.node) for name, chain in parse(text).items()}
    inner = replace(context, sample_rate=context.engine_rate, allpass_memory=compound.allpass_memory)
    final, _ = lower_chains(b, chains, inner, {"~in": at.inputs[0]})
    b.emit(at.node, INSTRUCTIONS[op.COPY], at.out, [final])


def _filled(chain: Chain, node: Node) -> Chain:
    """Put a compound node's numbers into the blanks of its program; errors name the compound."""

    def fill(argument: Argument) -> Argument:
        return node.arguments[argument.blank] if isinstance(argument, Slot) else argument

    nodes = (Node(each.name, tuple(map(fill, each.arguments)), node.line, node.column) for each in chain.nodes)
    return Chain(chain.name, tuple(nodes))


def _unsupported(context: Context, node: Node, why: str) -> UnsupportedProgram:
    """Error that names a node."""
    return UnsupportedProgram(node.name, code=context.code, line=node.line, column=node.column, why=why)
