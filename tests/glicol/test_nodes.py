"""The table of nodes is what the grammar, the kernel and the docs go by."""

import re
from pathlib import Path

import pytest

from raveforce.glicol import GlicolError, Program, UnsupportedProgram, open_engine
from raveforce.glicol.native.frontend.parser import parse
from raveforce.glicol.native.kernel import opcodes as op
from raveforce.glicol.nodes import INSTRUCTIONS, NODES, RESERVED, WORDS, Parameter
from raveforce.glicol.wasm.boundedness import is_bounded

ROOT = Path(__file__).parents[2]
KERNEL = ROOT / "raveforce" / "glicol" / "native" / "kernel"

WRITTEN = {
    "number": "0.5",
    "integer": "3",
    "signal": "0.5",
    "number or pattern": '"1@0.0 2@0.5"(1)',
    "signal or pattern": '"300@0.0 900@0.5"(1)',
    "pattern": '"\\bd@0.0"(1)',
    "steps": "60 _~a",
    "reference": "~a",
    "sample": "\\bd",
    "code": "`1.0`",
}


def written(word: str, parameters: tuple[Parameter, ...], times: int = 1) -> str:
    source = "" if word == "get" else "imp 9 >> "
    node = " ".join([word, *[WRITTEN[each.kind] for each in parameters] * times])
    return f"o: {source}{node}\n~a: sin 1"


def refusal(code: str, kind: str) -> str | None:
    """Why an engine does not play a program: the kind of the error, or the node that it lacks."""
    try:
        open_engine(Program.literal(code), kind=kind, samples={"bd": [0.0, 1.0]}).play([[]], 10)
    except UnsupportedProgram as error:
        return error.node
    except GlicolError as error:
        return error.kind
    return None


LISTED = [(word, node) for word, node in WORDS.items() if node.parameters]


@pytest.mark.parametrize(("word", "node"), LISTED, ids=[word for word, _ in LISTED])
def test_the_grammar_takes_what_the_table_says(word, node):
    times = 2 if node.repeated else 1
    code = written(word, node.parameters, times)
    parsed = parse(code)["o"].nodes[-1]
    assert parsed.name == node.name
    assert refusal(code, "wasm") in (None, "trap")  # it may break, but the text is right
    required = tuple(each for each in node.parameters if not each.optional)
    if word != "get":  # which is a reference, without one
        with pytest.raises(GlicolError):
            parse(written(word, required[:-1]))


@pytest.mark.parametrize("node", NODES.values(), ids=NODES)
def test_the_native_engine_plays_what_the_table_says(node):
    code = written(node.name, node.parameters) if node.parameters else "o: [0.0=>1.0, 1/2=>0.5]"
    assert refusal(code, "native") == (None if "native" in node.engines else node.name)


def test_every_instruction_is_dispatched_and_none_is_left_over():
    declared = re.search(r"# Codes\..*?\((.*?)\) = range\((\d+)\)", (KERNEL / "opcodes.py").read_text(), re.DOTALL)
    assert declared is not None
    names = re.findall(r"\w+", declared[1])
    assert {getattr(op, name) for name in names} == set(INSTRUCTIONS)
    sources = "".join(path.read_text() for path in KERNEL.glob("*.py") if path.name != "opcodes.py")
    default = {"TRI", "LPF_PATTERN", "DELAYN", "DELAYMS", "SAMPLER"}  # what is left when all others are ruled out
    for name in names:
        assert name in default or re.search(rf"== op\.{name}\b", sources), f"{name} is not dispatched"


def test_no_opcode_is_compared_by_order():
    for path in [*KERNEL.glob("*.py"), *KERNEL.parent.rglob("*.py")]:
        assert not re.search(r"[<>]=? op\.(?!FAR|QUARTER)[A-Z]+\b|op\.[A-Z]+ [<>]=? (op)?code", path.read_text()), path


def test_reserved_words_cover_the_nodes():
    free = {"get", "points"}  # the one is taken for a reference too, the other is no word
    assert all(word.startswith(RESERVED) for word in set(WORDS) - free)


def test_bounded_nodes_are_bounded_and_others_are_not():
    for word, node in WORDS.items():
        if node.parameters and node.name != "get":
            assert is_bounded(Program(f"o: {word} 1")) == node.bounded, word


def test_the_pages_of_the_docs_list_the_table():
    page = (ROOT / "docs" / "nodes.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert rows == [
        f"| `{node.usage}` | {node.summary} | {', '.join(node.aliases)} | "
        f"{' and '.join(node.engines) or 'nobody: it breaks this build'} |"
        for node in NODES.values()
    ]


def test_the_page_on_adding_a_node_names_what_is_there():
    page = (ROOT / "docs" / "adding-a-node.md").read_text(encoding="utf-8")
    for path in re.findall(r"`((?:raveforce|tests)/[\w/.]+)`", page):
        assert (ROOT / path).exists(), path
    for path in re.findall(r"`(kernel/\w+\.py)`", page):
        assert (KERNEL.parent / path).exists(), path
    table = (ROOT / "raveforce" / "glicol" / "nodes.py").read_text(encoding="utf-8")
    dispatch, filters = (KERNEL / "dispatch.py").read_text(), (KERNEL / "filters.py").read_text()
    quoted = [block.strip() for block in re.findall(r"(?:^    .*\n)+", page, re.MULTILINE)]
    squeezed = [re.sub(r"\s+", " ", text) for text in (table, dispatch, filters)]
    for block, text in zip(quoted[:3], (squeezed[0], squeezed[2], squeezed[1]), strict=True):
        assert re.sub(r"\s+", " ", block.removesuffix("...").strip()) in text, block
