"""Programs as chains of nodes, and the same sound in fewer lines."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

__all__ = ["REFERENCE", "Chains", "chains_of", "heard", "inlined", "multiplied_out", "text_of"]

Chains: TypeAlias = Mapping[str, Sequence[str]]
"""Nodes of chains by name."""

LINE = re.compile(r"(~?\w+): (.+)")
REFERENCE = re.compile(r"~\w+")


def chains_of(text: str) -> dict[str, list[str]]:
    r"""Nodes of chains by name; nothing where the text is not a chain a line.

    Examples
    --------
    >>> chains_of("~e: imp 1 >> envperc 0.01 0.1\no: noise 7 >> mul ~e\n")
    {'~e': ['imp 1', 'envperc 0.01 0.1'], 'o': ['noise 7', 'mul ~e']}
    """
    found = [LINE.fullmatch(line) for line in text.strip().split("\n")]
    return {line[1]: line[2].split(" >> ") for line in found if line} if all(found) else {}


def text_of(chains: Chains) -> str:
    """The program of chains, a line each."""
    return "".join(f"{name}: {' >> '.join(nodes)}\n" for name, nodes in chains.items())


def heard(chains: Chains) -> dict[str, Sequence[str]]:
    """The chains that are heard, themselves or by others."""
    waiting, known = [name for name in chains if name[0] != "~"], set[str]()
    while waiting:
        name = waiting.pop()
        if name not in known:
            known.add(name)
            waiting += REFERENCE.findall(" ".join(chains[name]))
    return {name: nodes for name, nodes in chains.items() if name in known}


def inlined(text: str) -> str:
    r"""The program with chains of one node, without blanks, written where others begin with them.

    Examples
    --------
    >>> inlined("~hit: imp 1\n~e: ~hit >> envperc 0.01 0.1\no: sin 60 >> mul ~e\n")
    '~e: imp 1 >> envperc 0.01 0.1\no: sin 60 >> mul ~e\n'
    """
    chains = chains_of(text)
    for name, nodes in list(chains.items()):
        elsewhere = [node for other in chains.values() for node in other if node != name]
        if name[0] == "~" and len(nodes) == 1 and not re.search("[~{]", nodes[0]) and not _hears(elsewhere, name):
            del chains[name]
            chains = {other: [nodes[0] if node == name else node for node in rest] for other, rest in chains.items()}
    return text_of(chains) if chains else text


def multiplied_out(text: str) -> str:
    r"""The program without chains that are nothing but products of others, where those can be written instead.

    The sound is the same, but for the order in which factors are multiplied.

    Examples
    --------
    >>> print(multiplied_out("~e: imp 1 >> envperc 0.01 0.1\n~squared: ~e >> mul ~e\no: noise 7 >> mul ~squared\n"))
    ~e: imp 1 >> envperc 0.01 0.1
    o: noise 7 >> mul ~e >> mul ~e
    <BLANKLINE>
    """
    chains = chains_of(text)
    for name in list(chains):
        factors = [node.removeprefix("mul ") for node in chains[name]]
        product = name[0] == "~" and all(REFERENCE.fullmatch(factor) for factor in factors)
        elsewhere = [(other, node) for other, nodes in chains.items() for node in nodes if other != name]
        if product and all(node in (name, f"mul {name}") for _, node in elsewhere if _hears([node], name)):
            instead = {name: chains[name], f"mul {name}": [f"mul {factor}" for factor in factors]}
            del chains[name]
            chains = {
                other: [new for node in nodes for new in instead.get(node, [node])] for other, nodes in chains.items()
            }
    return text_of(chains) if len(chains) < len(chains_of(text)) else text


def _hears(nodes: Sequence[str], name: str) -> bool:
    """Whether one of the nodes takes a chain."""
    return name in REFERENCE.findall(" ".join(nodes))


def is_envelope(name: str, nodes: Sequence[str]) -> bool:
    """Whether a chain is one, from a click."""
    return name[0] == "~" and bool(re.fullmatch(r"imp \S+ >> envperc [^~]*", " >> ".join(nodes)))
