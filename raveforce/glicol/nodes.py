"""The table of nodes: what the language takes, and what the native engine makes of it.

The grammar, the other names of a node, the lists in the docs, which programs are bounded, the instructions of the
native engine and how exactly they must be computed all come from here.

Examples
--------
>>> NODES["lpf"].usage
'lpf CUTOFF Q'
>>> [node.name for node in NODES.values() if "native" not in node.engines][:3]
['eval', 'expr', 'meta']
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from raveforce.glicol.compounds import COMPOUNDS, Compound
from raveforce.glicol.native.kernel import opcodes as op

__all__ = ["ANY", "INSTRUCTIONS", "NODES", "RESERVED", "WORDS", "Instruction", "Node", "Parameter", "Scale"]

ANY = -1
"""Any number of inputs, of which none is read."""

# What an instruction's block holds at most.
UNKNOWN, UNIT, NUMBER, INPUT, ENVELOPE, PRODUCT, TOTAL, NOTES = (
    "unknown", "1", "its number", "its input", "its input, or 1", "a product", "a sum", "its highest note",
)  # fmt: skip


@dataclass(frozen=True)
class Scale:
    """Numbers that make sense for a parameter of a one-shot sound, from which a writer of programs chooses.

    Attributes
    ----------
    low, high : the least and the greatest
    logarithmic : whether equal steps are equal ratios
    whole : whether the numbers are whole
    """

    low: float
    high: float
    logarithmic: bool = True
    whole: bool = False


@dataclass(frozen=True)
class Parameter:
    r"""What is written behind a node's name.

    Attributes
    ----------
    name : what it is
    kind : "number", "integer", "signal" (a number or a reference), "number or pattern", "signal or pattern", "pattern",
        "steps" (of a ``seq``), "reference", "sample" (``\name``), "code" (in backticks)
    unit : of a number
    optional : whether it may be left out
    scale : what a writer of programs chooses from; None where it does not choose
    """

    name: str
    kind: str = "number"
    unit: str = ""
    optional: bool = False
    scale: Scale | None = None


@dataclass(frozen=True)
class Instruction:
    """What the native engine does for a node.

    Attributes
    ----------
    code, family : see ``opcodes``
    numbers : its parameters: the place of an argument, a constant, or the name of a setting
    ints, floats : its state at birth
    level : what its block holds at most
    linear : whether a difference in its inputs is merely scaled and added up
    most_gain : largest gain of it, up to the output, with which it may be computed quickly: the less exact, the smaller
    """

    code: int
    family: int = op.PLAIN
    numbers: tuple[int | float | str, ...] = ()
    ints: tuple[int, ...] = ()
    floats: tuple[float, ...] = ()
    level: str = UNKNOWN
    linear: bool = False
    most_gain: float = 0.0


@dataclass(frozen=True)
class Node:
    """A node of the language.

    Attributes
    ----------
    name : what the engine calls it
    summary : what it does
    parameters : what is written behind its name
    aliases : its other names
    repeated : whether the parameters may be written several times
    bounded : whether a block of it takes little time, whatever its parameters and inputs
    breaks : whether it always breaks this build of the engine
    default : what the engine takes for a reference until it is heard
    instructions : what the native engine does, by the number of inputs that the node is given; with another number it
        is silent
    pattern : what it does where the first argument is a pattern
    compound : the small program that the node is
    written : the word that a writer of programs has for it; empty where it has none
    """

    name: str
    summary: str
    parameters: tuple[Parameter, ...] = ()
    aliases: tuple[str, ...] = ()
    repeated: bool = False
    bounded: bool = False
    breaks: bool = False
    default: float = 0.0
    instructions: Mapping[int, Instruction] = field(default_factory=dict)
    pattern: Instruction | None = None
    compound: Compound | None = None
    written: str = ""

    @property
    def is_source(self) -> bool:
        """Whether it sounds without an input."""
        return ANY in self.instructions or 0 in self.instructions

    @property
    def engines(self) -> tuple[str, ...]:
        """Engines that play it."""
        if self.breaks:
            return ()
        return ("native", "wasm") if self.instructions or self.compound else ("wasm",)

    @property
    def words(self) -> tuple[str, ...]:
        """All its names."""
        return self.name, *self.aliases

    @property
    def usage(self) -> str:
        """How it is written."""
        names = [each.name.upper().replace(" ", "_") for each in self.parameters]
        shown = [f"[{name}]" if each.optional else name for name, each in zip(names, self.parameters, strict=True)]
        return " ".join([self.name, *shown, *(["..."] if self.repeated else [])])


def _signal(name: str, unit: str = "", scale: Scale | None = None) -> Parameter:
    return Parameter(name, "signal", unit, scale=scale)


def _number(name: str, unit: str = "", scale: Scale | None = None) -> Parameter:
    return Parameter(name, "number", unit, scale=scale)


def _oscillator(name: str, summary: str, code: int, most_gain: float = 0.0) -> Node:
    numbers, state = (0, "sample_rate"), (0.0, 0.0)
    made = Instruction(code, op.OSCILLATOR, numbers, floats=state, level=UNIT, most_gain=most_gain)
    frequency = _signal("frequency", "Hz", Scale(25, 12_000))
    return Node(name, summary, (frequency,), bounded=True, instructions={0: made, 1: made}, written=name)


def _resonant(
    name: str, summary: str, codes: tuple[int, int], rate: str, default: float, lowest: float, **more: object
) -> Node:
    number, signal = (
        Instruction(code, op.RESONANT, numbers, floats=_BIQUAD, level=INPUT, most_gain=2.0)
        for code, numbers in zip(codes, ((0, 1, rate), (0.0, 1, rate)), strict=True)
    )
    kind = "signal or pattern" if "pattern" in more else "signal"
    taken = Parameter("cutoff", kind, "Hz", scale=Scale(lowest, 16_000)), _number("q", scale=Scale(0.4, 4))
    instructions = {1: number, 2: signal}
    return Node(name, summary, taken, bounded=True, default=default, instructions=instructions, **more)  # type: ignore[arg-type]


def _synth(shape: str) -> Node:
    """A compound with an envelope, played by a ``seq``."""
    times = _number("attack", "s"), _number("decay", "s")
    name = f"{shape}synth"
    return Node(name, f"a {shape} note for every note", times, bounded=True, compound=COMPOUNDS[name])


def _drum(name: str, summary: str) -> Node:
    return Node(name, summary, (_number("decay", "s"),), bounded=True, compound=COMPOUNDS[name])


def _ring(code: int, *numbers: int | float | str) -> Instruction:
    return Instruction(code, op.RING_BUFFER, (*numbers, "sample_rate"), (0, 0, 0), (0.0, 0.0))


_BIQUAD = (0.0,) * op.RESONANT_STATE
_COPY = Instruction(op.COPY, level=INPUT, linear=True)
_SUM = Instruction(op.SUM, linear=True)
_ENVELOPE = Instruction(
    op.ENVPERC, op.PLAIN, (0, 1, "sample_rate"), (0,), (1.0,), level=ENVELOPE, most_gain=16.0
)  # fmt: skip
_PATTERN = Instruction(op.PATTERN, op.BEAT, ("bpm", "sample_rate"), (0,), (0.0,))
_SWEEP = Instruction(op.LPF_PATTERN, op.BEAT, ("bpm", "sample_rate"), (0,), (20.0, *_BIQUAD))
_CODE = Parameter("script", "code")

_TABLE = (
    _oscillator("sin", "sine", op.SIN, most_gain=3.0),
    _oscillator("saw", "sawtooth", op.SAW),
    _oscillator("squ", "square wave", op.SQU),
    _oscillator("tri", "triangle wave", op.TRI),
    Node("imp", "impulses of one sample", (_number("frequency", "Hz"),), bounded=True, written="imp",
         instructions={ANY: Instruction(op.IMP, op.PLAIN, (0, "sample_rate"), (0, 0, 0), level=UNIT)}),
    Node("noise", "white noise", (_number("seed"),), ("noiz",), bounded=True, written="noise",
         instructions={ANY: Instruction(op.NOISE, op.PLAIN, (0,), (0, 0), (0.0,), level=UNIT)}),
    Node("constsig", "a constant, or values at times of a bar", (Parameter("value", "number or pattern"),), ("sig",),
         bounded=True, instructions={ANY: Instruction(op.CONSTANT, op.HELD, (0,), level=NUMBER)}, pattern=_PATTERN),
    Node("speed", "how fast a seq goes", (_number("factor"),), bounded=True,
         instructions={ANY: Instruction(op.SPEED, op.HELD, (0,))}),
    Node("seq", "notes of a bar: numbers of MIDI, rests _, references ~a; 60 is the value 1",
         (Parameter("steps", "steps"),), repeated=True, bounded=True,
         instructions={ANY: Instruction(op.SEQ, op.BEAT, ("bpm", "sample_rate"), (0, 0, 0), (1.0, 0.0), level=NOTES)}),
    Node("choose", "one of the numbers, by chance", (Parameter("notes", "integer"),), repeated=True, bounded=True,
         instructions={ANY: Instruction(op.CHOOSE, op.BEAT, (0.0,))}),
    Node("arrange", "one chain after another, each for its bars",
         (Parameter("chain", "reference"), _number("length", "bars")), repeated=True,
         instructions={ANY: Instruction(op.ARRANGE, op.BEAT, ("bpm", "sample_rate"), (0,))}),
    Node("mul", "product", (_signal("factor", scale=Scale(0.01, 2)),), bounded=True, written="mul",
         instructions={1: Instruction(op.MUL_NUMBER, op.PLAIN, (0,), level=PRODUCT, linear=True),
                       2: Instruction(op.MUL_SIGNAL, level=PRODUCT, linear=True)}),
    Node("add", "sum", (_signal("summand"),), bounded=True,
         instructions={1: Instruction(op.ADD_NUMBER, op.PLAIN, (0,), level=TOTAL, linear=True),
                       2: Instruction(op.ADD_SIGNAL, level=TOTAL, linear=True)}),
    _resonant("lpf", "resonant low-pass filter", (op.LPF, op.LPF_SIGNAL), "sample_rate", 20.0, 40.0,
              pattern=_SWEEP, written="lpf"),
    # With a low cutoff this one lets lower tones through, many times louder.
    _resonant("rhpf", "resonant high-pass filter", (op.HPF, op.HPF_SIGNAL), "engine_rate", 100.0, 2000.0,
              aliases=("hpf",), written="hpf"),
    Node("onepole", "one-pole low-pass filter", (_signal("rate", scale=Scale(0.001, 0.3)),), bounded=True,
         written="onepole",
         instructions={1: Instruction(op.ONEPOLE, op.PLAIN, (0,), floats=(0.0,)),
                       2: Instruction(op.ONEPOLE_SIGNAL, floats=(0.0,))}),
    Node("apfmsgain", "all-pass filter",
         (_signal("delay", "ms", Scale(0.5, 30)), _number("gain", scale=Scale(0.2, 0.8, logarithmic=False))),
         ("apfgain",), written="apfmsgain",
         instructions={1: _ring(op.ALLPASS, 0, 1), 2: _ring(op.ALLPASS_SIGNAL, "allpass_memory", 1)}),
    Node("delayn", "delay by samples", (_signal("delay", "samples", Scale(32, 2048, whole=True)),), bounded=True,
         written="delayn",
         instructions={1: _ring(op.DELAYN, 0, 0.0)}),
    Node("delayms", "delay by milliseconds", (_signal("delay", "ms"),), default=2000.0,
         instructions={1: _ring(op.DELAYMS, 0, 0.0), 2: _ring(op.DELAYMS_SIGNAL, 2000.0, 0.0)}),
    Node("plate", "plate reverberation", (_number("mix"),), bounded=True, compound=COMPOUNDS["plate"]),
    Node("envperc", "percussive envelope, begun by every positive sample",
         (_number("attack", "s", Scale(0.0003, 0.1)), _number("decay", "s", Scale(0.005, 3))), bounded=True,
         instructions={1: _ENVELOPE}),
    Node("adsr", "envelope that lasts as long as its input is positive",
         (_number("attack", "s"), _number("decay", "s"), _number("sustain"), _number("release", "s")), bounded=True,
         instructions={1: Instruction(op.ADSR, op.PLAIN, (0, 1, 2, 3, "sample_rate"), (0, 0), (0.0, 0.0, 0.0))}),
    _drum("bd", "bass drum"),
    _drum("sn", "snare drum"),
    _drum("hh", "hi-hat"),
    _synth("saw"),
    _synth("squ"),
    _synth("tri"),
    Node("get", "another chain; the word may be left out", (Parameter("chain", "reference"),), bounded=True,
         instructions={1: _COPY}),
    Node("mix", "sum of other chains; ~a.. means all whose names begin so", (Parameter("chain", "reference"),),
         repeated=True, bounded=True, instructions={1: _SUM}),
    Node("balance", "two chains, left and right", (Parameter("left", "reference"), Parameter("right", "reference")),
         bounded=True, instructions={2: _COPY}),
    Node("sp", "a recording, begun by every positive sample, at the speed that it says",
         (Parameter("sample", "sample"),), ("sampler",),
         instructions={1: Instruction(op.SAMPLER, op.RECORDED, ("sample_rate",), (0, 0, 0, 0))}),
    Node("psampler", "recordings at times of a bar", (Parameter("samples", "pattern"),)),
    Node("meta", "a script of each block", (_CODE,), ("script",)),
    Node("eval", "an expression of each sample", (_CODE,)),
    Node("expr", "an expression of each sample", (_CODE,), breaks=True),
    Node("points", "break points, as in [0.0=>1.0, 1/2=>0.5]"),
    Node("msgsynth", "notes sent from outside",
         (Parameter("sample", "sample"), _number("attack", "s"), _number("decay", "s"))),
    Node("pattern_synth", "a sine that follows a pattern", (_CODE, Parameter("span", optional=True)),
         ("psynth", "p_synth")),
    Node("pan", "place between left and right", (_signal("position"),), breaks=True),
    Node("reverb", "reverberation", tuple(map(_number, ("damping", "diffusion", "bandwidth", "decay", "mix"))),
         breaks=True),
    Node("sendpass", "sends to other chains", (Parameter("chain", "reference"),), repeated=True, breaks=True),
)  # fmt: skip

NODES: Mapping[str, Node] = {node.name: node for node in sorted(_TABLE, key=lambda node: node.name)}
"""Nodes by name."""

WORDS: Mapping[str, Node] = {word: node for node in NODES.values() for word in node.words}
"""Nodes by each of their names."""

INSTRUCTIONS: Mapping[int, Instruction] = {
    made.code: made
    for node in NODES.values()
    for made in (*node.instructions.values(), *((node.pattern,) if node.pattern else ()))
}
"""Instructions by code."""

RESERVED = tuple(
    """
    add adsr amplfo apfdecay apfgain apfmsgain arrange balance bd buf choose closure comb const_sig constsig delay
    envperc eval expr freeverb hh hpf imp kick ks linrange lpf meta mix monosum msgsynth mul noise noiz onepole p_synth
    pan pattern_synth pha plate psampler psynth r sampler saw script sendpass seq shape sig sin sn sp squ state sum
    synth tri
    """.split()  # noqa: SIM905, a list of strings would be six times as long
)
"""How a reference may not begin where a node could stand, unless ``~`` or ``_`` leads it."""
