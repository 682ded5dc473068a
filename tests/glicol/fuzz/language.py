"""Programs of the whole language, as nobody would write them: every node anywhere, any reference, any number."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from raveforce.glicol import Program
from raveforce.glicol.nodes import NODES, Node, Parameter

__all__ = ["Case", "cases"]

CHAINS = ("~a", "~b", "~c", "o", "p")

USUAL = ("0.5", "1.0", "2", "60", "440", "3.7", "0.01", "100", "1000.5", "-0.3", "0.9", "30", "12.5", "5000")
EXTREME = (
    *("0", "0.0", "-1", "-440.5", "0.000001", "0.6", "-0.00001", "44100", "50000", "48700", "65536", "1000000"),
    *("16777217", "4294967296", "10000000000000000", "-10000000000000000", "100000000000000.0", "-100000000"),
    *("1000000000000000000000000000000000000000000.0", "0.0000000000000000000000000000000000000000000001"),
)
NUMBERS = st.one_of(st.sampled_from(USUAL), st.sampled_from(USUAL), st.sampled_from(USUAL), st.sampled_from(EXTREME))
"""Texts of numbers; one in four is far from what anybody would hear."""
INTEGERS = st.sampled_from(["60", "67", "48", "0", "-5", "127", "72", "12348", "99999999999"])
STEPS = st.sampled_from(["60", "67", "_", "60_67", "72_", "_~a", "~b", "~c~a_", "0", "-5", "12348", "60_63_67_70"])
# A figure stands for one of the program's chains, seldom for the one that it is in.
REFERENCES = st.sampled_from([*("<0>", "<1>", "<2>") * 12, "~a..", "~..", "~input", "~x"])
TIMES = st.sampled_from(["0", "0.0", "0.01", "0.25", "0.5", "0.999", "1", "7.5", "-0.1"])
SAMPLES = st.sampled_from([*(r"\bd", "'bd'", r"\stereo", r"\slow") * 9, r"\missing"])
ARITHMETIC = st.sampled_from(["x * 0.1", "0.5*x+1", "1.0 - x", "-x", "x * x", "(x + 1) * 2.5 - x", "x / 4.0", "x"])
SCRIPTS = st.tuples(st.sampled_from(["`output = input.map(|x| %s); output`", "`input.map(|x|%s)`"]), ARITHMETIC).map(
    lambda each: each[0] % each[1]
)
SPANS = st.sampled_from(["(1)", "(0.5)", "()", "(2)", "(0)", "(-1)", "(0.001)"])


def argument(parameter: Parameter) -> st.SearchStrategy[str]:
    """What a parameter takes, in any of its ways."""
    pair = st.tuples(NUMBERS, TIMES).map("@".join)
    patterns = st.tuples(st.lists(pair, min_size=1, max_size=3).map(" ".join), SPANS).map(
        lambda each: f'"{each[0]}"{each[1]}'
    )
    ways = {
        "number": NUMBERS,
        "integer": INTEGERS,
        "signal": st.one_of(NUMBERS, REFERENCES),
        "number or pattern": st.one_of(NUMBERS, NUMBERS, patterns),
        "signal or pattern": st.one_of(NUMBERS, REFERENCES, patterns),
        "pattern": patterns,
        "steps": STEPS,
        "reference": REFERENCES,
        "sample": SAMPLES,
        "code": st.just("`1.0`"),
    }
    return ways[parameter.kind]


def written(node: Node) -> st.SearchStrategy[str]:
    """A node with its parameters."""
    if not node.parameters:
        return st.just("[0.0=>1.0, 1/2=>0.5]")
    once = st.tuples(*map(argument, node.parameters)).map(" ".join)
    arguments = st.lists(once, min_size=1, max_size=4).map(" ".join) if node.repeated else once
    return st.tuples(st.sampled_from(node.words), arguments).map(" ".join)


PLAYED = st.one_of(
    *[written(node) for node in NODES.values() if "native" in node.engines and node.name != "get"],
    SCRIPTS.map(lambda script: f"meta {script}"),
)
OTHERS = st.one_of(*[written(node) for node in NODES.values() if "native" not in node.engines])
FIRST = st.sampled_from([PLAYED] * 40 + [REFERENCES] * 16 + [OTHERS])
NEXT = st.sampled_from([PLAYED] * 60 + [REFERENCES] + [OTHERS])
"""Sorts of nodes, at the start of a chain and further on: mostly those that the native engine plays."""


@dataclass(frozen=True)
class Case:
    """A program, and what it is played with.

    Attributes
    ----------
    template : with blanks
    steps : values of the blanks, and for how many samples they are played
    words : that the blank ``{w}``, which comes last, chooses from; empty if there is none
    another : whether the recording ``bd`` is replaced after the first step
    """

    template: str
    steps: tuple[tuple[tuple[float, ...], int], ...]
    words: tuple[str, ...] = ()
    another: bool = False

    @property
    def program(self) -> Program:
        """The program."""
        return Program(self.template, {"w": self.words} if self.words else {})


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw a program and numbers that change while it plays."""
    names = draw(st.lists(st.sampled_from(CHAINS), min_size=2, max_size=4, unique=True))
    if all("~" in name for name in names):
        names.append("o")
    lines = []
    for own, name in enumerate(names):
        nodes = [draw(draw(NEXT if place else FIRST)) for place in range(draw(st.integers(1, 4)))]
        line = f"{name}: {' >> '.join(nodes)}"
        for figure in range(3):
            line = line.replace(f"<{figure}>", names[(own + 1 + figure) % len(names)])
        lines.append(line)
    text = "\n".join(lines).replace("{", "{{").replace("}", "}}")
    choice: tuple[str, ...] = ()
    if draw(st.integers(0, 5)) == 0:
        choice = tuple(draw(PLAYED) for _ in range(2))
        for figure in range(3):
            choice = tuple(node.replace(f"<{figure}>", names[figure % len(names)]) for node in choice)
        text += " >> {w}"
    changing: list[float] = []
    words = text.split(" ")
    for i, word in enumerate(words):
        number, rest = word.partition("\n")[0], word.partition("\n")[1:]
        if len(changing) < 3 and _is_number(number) and draw(st.integers(0, 4)) == 0 and _takes_any(words, i):
            changing.append(float(number))
            words[i] = "".join(("{}", *rest))
    values = [tuple(changing)]
    for _ in range(draw(st.integers(0, 2)) if changing else 0):
        values.append(tuple(float(draw(NUMBERS)) for _ in changing))
    lengths = st.integers(1, 1500)
    clipped = [tuple(max(min(each, 3e38), -3e38) for each in row) for row in values]
    if choice:
        clipped = [(*row, index) for index, row in enumerate((clipped * 2)[:2])]
    steps = tuple((row, draw(lengths)) for row in clipped)
    return Case(" ".join(words), steps, choice, another=len(steps) > 1 and draw(st.booleans()))


def _is_number(word: str) -> bool:
    return word.lstrip("+-").replace(".", "", 1).isdigit()


def _takes_any(words: list[str], i: int) -> bool:
    """Whether no list of notes stands there, where a number has to be whole."""
    before = [word for word in " ".join(words[:i]).replace("\n", " >> ").split(" ") if word]
    heads = [place for place, word in enumerate(before) if word in (">>",) or word.endswith(":")]
    head = before[heads[-1] + 1] if heads and heads[-1] + 1 < len(before) else ""
    return head not in ("seq", "choose")
