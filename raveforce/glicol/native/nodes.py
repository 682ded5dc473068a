"""What every node becomes: instructions for the kernel, by how many inputs it is given.

The engine's nodes look at the number of their inputs, not at how they were written: an oscillator in
mid-chain takes the sound before it as its frequency, one with two inputs stays silent, and so on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from raveforce.glicol.errors import UnsupportedProgram
from raveforce.glicol.native.compounds import COMPOUNDS, Compound
from raveforce.glicol.native.graph import Builder, Graph, Part, Setting
from raveforce.glicol.native.kernel import opcodes as op
from raveforce.glicol.native.kernel.opcodes import RESONANT_STATE
from raveforce.glicol.native.parser import Argument, Chain, Node, Note, Pattern, Reference, Slot, parse
from raveforce.glicol.native.wiring import Vertex, delayed, referred, wire

__all__ = ["compile_chains"]

ENGINE_RATE = 44100.0
"""Sample rate that the engine gives its high-pass filter and its compound nodes, whatever the real one."""


INPUT = "~input"
"""Chain that every program may refer to: the sound card's input, which is silent here."""


@dataclass(frozen=True)
class Place:
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
        return tuple(buffer for _, buffer in self.sources)

    @property
    def inputs(self) -> tuple[int, ...]:
        """Buffers of the sources, each source once: what the engine counts."""
        return tuple(dict(self.sources).values())


def compile_chains(chains: Mapping[str, Chain], blanks: int, setting: Setting) -> Graph:
    """Compile a program.

    Raises
    ------
    UnsupportedProgram, GlicolError
        With the node's line and column.
    """
    builder = Builder(blanks)
    if INPUT in chains:
        node = chains[INPUT].nodes[0]
        raise unsupported(setting, node, f"the chain {INPUT} would replace the engine's own")
    final, parts = _lower_all(builder, chains, setting, {INPUT: builder.buffer()})
    return builder.finish(final, parts, list(chains.values()))


def _lower_all(
    b: Builder, chains: Mapping[str, Chain], setting: Setting, given: Mapping[str, int]
) -> tuple[int, list[Part]]:
    """Lower chains; return the buffer that is heard and where the nodes' state lies."""
    wiring = wire(chains, tuple(given), setting.code)
    bufs: dict[Vertex, int] = {(name, 0): buffer for name, buffer in given.items()}
    bufs |= {vertex: b.buffer() for vertex in wiring.order if vertex not in bufs}
    late = {source for source, _ in delayed(wiring)}
    parts = []
    for vertex in wiring.order:
        name, place = vertex
        if name in given:
            continue
        node = chains[name].nodes[place]
        main = (wiring.main[vertex],) if vertex in wiring.main else ()
        refs = tuple(each for each in wiring.references[vertex] if each != vertex)
        if node.name == "get" and not main and len(refs) == 1 and not late & {vertex, *wiring.references[vertex]}:
            # What is passed on in the same block need not be copied.
            bufs[vertex] = bufs[refs[0]]
            parts.append(Part(name, place, node.name, (), (0, 0), (0, 0), (0, 0), ()))
            continue
        before = len(b.ops), len(b.ints), len(b.floats), b.buffers
        _lower(b, setting, Place(node, bufs[vertex], tuple((each, bufs[each]) for each in (*main, *refs))))
        codes = tuple(row[op.CODE] for row in b.ops[before[0] :])
        inner = tuple(range(before[3], b.buffers))
        ranges = (before[0], len(b.ops)), (before[1], len(b.ints)), (before[2], len(b.floats))
        parts.append(Part(name, place, node.name, codes, *ranges, (bufs[vertex], *inner)))
    heard = [bufs[vertex] for vertex in wiring.heard]
    if len(heard) == 1:
        return heard[0], parts
    final = b.buffer()
    if heard:
        b.emit(Node("output", (), 1, 1), op.SUM, final, listed=(b.listed(heard), len(heard)))
    return final, parts


def _lower(b: Builder, setting: Setting, at: Place) -> None:
    lower = NODES.get(at.node.name)
    if lower is None:
        raise unsupported(setting, at.node, "")
    lower(b, setting, at)


def unsupported(setting: Setting, node: Node, why: str) -> UnsupportedProgram:
    """Error that names a node."""
    return UnsupportedProgram(node.name, code=setting.code, line=node.line, column=node.column, why=why)


def _number(setting: Setting, node: Node, argument: Argument) -> float | Slot:
    if not isinstance(argument, float | Slot):
        raise unsupported(setting, node, "it takes a number here")
    return argument


def _numbers(setting: Setting, node: Node) -> list[float | Slot]:
    return [_number(setting, node, argument) for argument in node.arguments]


def _oscillator(code: int) -> Callable[[Builder, Setting, Place], None]:
    def lower(b: Builder, setting: Setting, at: Place) -> None:
        if len(at.inputs) < 2:
            argument = at.node.arguments[0]
            frequency = 0.0 if isinstance(argument, Reference) else _number(setting, at.node, argument)
            b.emit(at.node, code, at.out, at.inputs, [frequency, setting.sample_rate], floats=[0.0, 0.0])

    return lower


def _operator(by_number: int, by_signal: int) -> Callable[[Builder, Setting, Place], None]:
    def lower(b: Builder, setting: Setting, at: Place) -> None:
        argument = at.node.arguments[0]
        if len(at.inputs) == 1:
            value = 0.0 if isinstance(argument, Reference) else _number(setting, at.node, argument)
            b.emit(at.node, by_number, at.out, at.inputs, [value])
        elif len(at.inputs) == 2:
            b.emit(at.node, by_signal, at.out, at.order)

    return lower


def _source(
    code: int, *, rate: bool = False, ints: int = 0, floats: int = 0
) -> Callable[[Builder, Setting, Place], None]:
    """A node with numbers only that asks no input for anything."""

    def lower(b: Builder, setting: Setting, at: Place) -> None:
        numbers = _numbers(setting, at.node) + ([setting.sample_rate] if rate else [])
        b.emit(at.node, code, at.out, (), numbers, [0] * ints, [0.0] * floats)

    return lower


def _shaper(code: int, *, ints: int = 0, floats: tuple[float, ...] = ()) -> Callable[[Builder, Setting, Place], None]:
    """A node with numbers and the sample rate that works on one input."""

    def lower(b: Builder, setting: Setting, at: Place) -> None:
        if len(at.inputs) == 1:
            numbers = [*_numbers(setting, at.node), setting.sample_rate]
            b.emit(at.node, code, at.out, at.inputs, numbers, [0] * ints, floats)

    return lower


def _resonant(by_number: int, by_signal: int, default: float) -> Callable[[Builder, Setting, Place], None]:
    def lower(b: Builder, setting: Setting, at: Place) -> None:
        cutoff, q = at.node.arguments
        rate = setting.sample_rate if by_number == op.LPF else ENGINE_RATE
        resonance = _number(setting, at.node, q)
        state = [0.0] * RESONANT_STATE
        if isinstance(cutoff, Pattern):
            if len(at.inputs) == 1:
                listed = _events(b, cutoff)
                numbers = [setting.bpm, rate, cutoff.span, resonance]
                b.emit(at.node, op.LPF_PATTERN, at.out, at.inputs, numbers, [0], [20.0, *state], listed)
        elif len(at.inputs) == 1:
            number = default if isinstance(cutoff, Reference) else _number(setting, at.node, cutoff)
            b.emit(at.node, by_number, at.out, at.inputs, [number, resonance, rate], (), state)
        elif len(at.inputs) == 2:
            b.emit(at.node, by_signal, at.out, at.order, [0.0, resonance, rate], (), state)

    return lower


def _events(b: Builder, pattern: Pattern) -> tuple[int, int]:
    pairs = [(b.number(time), b.number(value)) for value, time in pattern.events]
    return b.listed([each for pair in pairs for each in pair]), len(pairs)


def _constsig(b: Builder, setting: Setting, at: Place) -> None:
    (argument,) = at.node.arguments
    if isinstance(argument, Pattern):
        numbers = [setting.bpm, setting.sample_rate, argument.span]
        b.emit(at.node, op.PATTERN, at.out, (), numbers, [0], [0.0], _events(b, argument))
    else:
        b.emit(at.node, op.CONSTANT, at.out, (), [_number(setting, at.node, argument)])


def _onepole(b: Builder, setting: Setting, at: Place) -> None:
    (argument,) = at.node.arguments
    if len(at.inputs) == 1:
        rate = 0.0 if isinstance(argument, Reference) else _number(setting, at.node, argument)
        b.emit(at.node, op.ONEPOLE, at.out, at.inputs, [rate], (), [0.0])
    elif len(at.inputs) == 2:
        b.emit(at.node, op.ONEPOLE_SIGNAL, at.out, at.order, (), (), [0.0])


def _delayn(b: Builder, setting: Setting, at: Place) -> None:
    (argument,) = at.node.arguments
    if len(at.inputs) == 1:
        number = 0.0 if isinstance(argument, Reference) else _number(setting, at.node, argument)
        _ring(b, setting, at, op.DELAYN, number, 0.0)


def _delayms(b: Builder, setting: Setting, at: Place) -> None:
    (argument,) = at.node.arguments
    if len(at.inputs) == 1:
        number = 2000.0 if isinstance(argument, Reference) else _number(setting, at.node, argument)
        _ring(b, setting, at, op.DELAYMS, number, 0.0)
    elif len(at.inputs) == 2:
        _ring(b, setting, at, op.DELAYMS_SIGNAL, 2000.0, 0.0)


def _apfmsgain(b: Builder, setting: Setting, at: Place) -> None:
    argument, gain = at.node.arguments
    gain = _number(setting, at.node, gain)
    if len(at.inputs) == 1:
        number = 0.0 if isinstance(argument, Reference) else _number(setting, at.node, argument)
        _ring(b, setting, at, op.ALLPASS, number, gain)
    elif len(at.inputs) == 2:
        _ring(b, setting, at, op.ALLPASS_SIGNAL, setting.allpass_memory, gain)


def _ring(b: Builder, setting: Setting, at: Place, code: int, length: float | Slot, gain: float | Slot) -> None:
    b.emit(at.node, code, at.out, at.order, [length, gain, setting.sample_rate], [0, 0, 0], [0.0, 0.0])


def _get(b: Builder, setting: Setting, at: Place) -> None:
    if len(at.inputs) != 1:
        raise unsupported(setting, at.node, "which of its inputs it passes on is left to chance")
    b.emit(at.node, op.COPY, at.out, at.inputs)


def _mix(b: Builder, setting: Setting, at: Place) -> None:
    if at.inputs:
        b.emit(at.node, op.SUM, at.out, listed=(b.listed(at.inputs), len(at.inputs)))


def _balance(b: Builder, setting: Setting, at: Place) -> None:
    if len(at.inputs) == 2:
        b.emit(at.node, op.COPY, at.out, at.order[:1])


def _seq(b: Builder, setting: Setting, at: Place) -> None:
    names = referred(at.node)
    events: list[int] = []
    for note in at.node.arguments:
        assert isinstance(note, Note)
        what = -1 - names.index(note.what.name) if isinstance(note.what, Reference) else b.number(note.what)
        events += b.number(note.time), what
    listed = b.listed(events), len(events) // 2
    b.emit(at.node, op.SEQ, at.out, (), [setting.bpm, setting.sample_rate], [0] * 3, [1.0, 0.0], listed, at.order)


def _choose(b: Builder, setting: Setting, at: Place) -> None:
    numbers = _numbers(setting, at.node)
    listed = b.listed([b.number(number) for number in numbers]), len(numbers)
    b.emit(at.node, op.CHOOSE, at.out, (), [0.0], [setting.seed], (), listed)


def _arrange(b: Builder, setting: Setting, at: Place) -> None:
    bars = [argument for argument in at.node.arguments if not isinstance(argument, Reference)]
    if any(isinstance(each, Slot) for each in bars):
        raise unsupported(setting, at.node, "a changed number breaks the engine")
    listed = b.listed([b.number(_number(setting, at.node, each)) for each in bars]), len(bars)
    b.emit(at.node, op.ARRANGE, at.out, (), [setting.bpm, setting.sample_rate], [0], (), listed, at.order)


def _compound(compound: Compound) -> Callable[[Builder, Setting, Place], None]:
    def lower(b: Builder, setting: Setting, at: Place) -> None:
        if len(at.inputs) != 1:
            if compound.needs_input and not at.inputs:
                raise unsupported(setting, at.node, "it breaks the engine without an input")
            return
        chains = {name: _filled(chain, at.node) for name, chain in parse(compound.text).items()}
        inner = replace(setting, sample_rate=ENGINE_RATE, allpass_memory=compound.allpass_memory)
        final, _ = _lower_all(b, chains, inner, {"~in": at.inputs[0]})
        b.emit(at.node, op.COPY, at.out, [final])

    return lower


def _filled(chain: Chain, node: Node) -> Chain:
    """Put a compound node's numbers into the blanks of its program; errors name the compound."""

    def fill(argument: Argument) -> Argument:
        return node.arguments[argument.blank] if isinstance(argument, Slot) else argument

    nodes = (Node(each.name, tuple(map(fill, each.arguments)), node.line, node.column) for each in chain.nodes)
    return Chain(chain.name, tuple(nodes))


NODES: dict[str, Callable[[Builder, Setting, Place], None]] = {
    "sin": _oscillator(op.SIN),
    "saw": _oscillator(op.SAW),
    "squ": _oscillator(op.SQU),
    "tri": _oscillator(op.TRI),
    "imp": _source(op.IMP, rate=True, ints=3),
    "noise": _source(op.NOISE, ints=2, floats=1),
    "constsig": _constsig,
    "speed": _source(op.SPEED),
    "mul": _operator(op.MUL_NUMBER, op.MUL_SIGNAL),
    "add": _operator(op.ADD_NUMBER, op.ADD_SIGNAL),
    "envperc": _shaper(op.ENVPERC, ints=1, floats=(1.0,)),
    "adsr": _shaper(op.ADSR, ints=2, floats=(0.0, 0.0, 0.0)),
    "lpf": _resonant(op.LPF, op.LPF_SIGNAL, 20.0),
    "rhpf": _resonant(op.HPF, op.HPF_SIGNAL, 100.0),
    "onepole": _onepole,
    "delayn": _delayn,
    "delayms": _delayms,
    "apfmsgain": _apfmsgain,
    "get": _get,
    "mix": _mix,
    "balance": _balance,
    "seq": _seq,
    "choose": _choose,
    "arrange": _arrange,
    **{name: _compound(compound) for name, compound in COMPOUNDS.items()},
}
