"""Fewer lines: a template's program without what is hardly heard of it in one sound."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from raveforce.distances import measure_rows
from raveforce.glicol import GlicolError, Program, render
from raveforce.imitation.objective import Objective
from raveforce.parameter_space import ParameterSpace
from raveforce.parameters import Rel

__all__ = ["inlined", "multiplied_out", "pruned", "shorter_texts"]

Floats = NDArray[np.float64]

HARDLY = 0.03
"""Part of the distance that all that is left out may cost where the rest is tuned anew."""

LINE = re.compile(r"(~?\w+): (.+)")
REFERENCE = re.compile(r"~\w+")


def pruned(objective: Objective, action: Floats, most: int, loss: float = HARDLY) -> tuple[Objective, Floats, int]:
    """A program of fewer lines that is nearly as near; what a line costs least for goes first.

    Parameters
    ----------
    objective : a template's
    action : the numbers of its program, float64 [dimensions] in [-1, 1]
    most : programs that may be played
    loss : part of the distance that all that is left out may cost

    Returns
    -------
    objective, action : of the shorter program; those given where there is none
    renders : programs played
    """
    values = dict(zip(objective.parameters.parameters, objective.parameters.decode(action[None])[0], strict=True))
    text = objective.task.template
    if objective.task.program.words:
        return objective, action, 0
    distance, renders = _distance(objective, text, values), 1
    limit = distance * (1 + loss)
    while True:
        tried = [each for each in shorter_texts(text) if _followed(objective.parameters, each)]
        if renders + len(tried) > most:
            break
        renders += len(tried)
        lines = text.count("\n")
        found = [(_distance(objective, each, values), each) for each in tried]
        found = [each for each in found if each[0] <= limit]
        if not found:
            break
        # The least is lost for a line that is saved.
        distance, text = min(found, key=lambda each: (each[0] - distance) / (lines - each[1].count("\n")))
    text = inlined(text)
    if text == objective.task.template:
        return objective, action, renders
    program = Program(text)
    space = ParameterSpace({name: objective.parameters.parameters[name] for name in program.blanks})
    shorter = Objective(
        objective.template, replace(objective.task, program=program, parameters=space), objective.distance
    )
    return shorter, space.encode(np.array([[values[name] for name in program.blanks]]))[0], renders


def shorter_texts(text: str) -> Iterator[str]:
    r"""The program without each of its voices, and without each node that hears another chain, where that saves lines.

    Chains that nobody hears then are left out too. Programs that are not written a chain a line have none.

    Examples
    --------
    >>> for text in shorter_texts("~e: imp 1 >> envperc 0.01 0.1\no: sin 60 >> mul ~e\nhiss: noise 7\n"):
    ...     print(text.replace("\n", "; ").strip())
    o: sin 60; hiss: noise 7;
    hiss: noise 7;
    ~e: imp 1 >> envperc 0.01 0.1; o: sin 60 >> mul ~e;
    """
    chains = _chains(text)
    without: list[dict[str, list[str]]] = []
    for name, nodes in chains.items():
        without += [{**chains, name: nodes[:k] + nodes[k + 1 :]} for k in range(1, len(nodes)) if "~" in nodes[k]]
        without += [{other: rest for other, rest in chains.items() if other != name}] if name[0] != "~" else []
    for each in without:
        heard = _heard(each)
        if 0 < len(heard) < len(chains):
            yield _text({name: nodes for name, nodes in each.items() if name in heard})


def inlined(text: str) -> str:
    r"""The program with chains of one node, without blanks, written where others begin with them.

    Examples
    --------
    >>> inlined("~hit: imp 1\n~e: ~hit >> envperc 0.01 0.1\no: sin 60 >> mul ~e\n")
    '~e: imp 1 >> envperc 0.01 0.1\no: sin 60 >> mul ~e\n'
    """
    chains = _chains(text)
    for name, nodes in list(chains.items()):
        elsewhere = [node for other in chains.values() for node in other if node != name]
        if name[0] == "~" and len(nodes) == 1 and not re.search("[~{]", nodes[0]) and not _hears(elsewhere, name):
            del chains[name]
            chains = {other: [nodes[0] if node == name else node for node in rest] for other, rest in chains.items()}
    return _text(chains) if chains else text


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
    chains = _chains(text)
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
    return _text(chains) if len(chains) < len(_chains(text)) else text


def _chains(text: str) -> dict[str, list[str]]:
    """Nodes of chains by name; nothing where the text is not a chain a line."""
    found = [LINE.fullmatch(line) for line in text.strip().split("\n")]
    return {line[1]: line[2].split(" >> ") for line in found if line} if all(found) else {}


def _text(chains: Mapping[str, Sequence[str]]) -> str:
    return "".join(f"{name}: {' >> '.join(nodes)}\n" for name, nodes in chains.items())


def _heard(chains: Mapping[str, Sequence[str]]) -> set[str]:
    """Names of the chains that are heard, themselves or by others."""
    waiting, heard = [name for name in chains if name[0] != "~"], set[str]()
    while waiting:
        name = waiting.pop()
        if name not in heard:
            heard.add(name)
            waiting += REFERENCE.findall(" ".join(chains[name]))
    return heard


def _hears(nodes: Sequence[str], name: str) -> bool:
    """Whether one of the nodes takes a chain."""
    return name in REFERENCE.findall(" ".join(nodes))


def _followed(space: ParameterSpace, text: str) -> bool:
    """Whether numbers that follow from others still have those."""
    blanks = Program(text).blanks
    kinds = [space.parameters[name] for name in blanks]
    return len(blanks) > 0 and all(kind.other in blanks for kind in kinds if isinstance(kind, Rel))


def _distance(objective: Objective, text: str, values: dict[str, float]) -> float:
    """Of a program with given values; infinite where it breaks."""
    task, program = objective.task, Program(text)
    code = program.fill([values[name] for name in program.blanks])
    try:
        audio = render(code, len(objective.target) / task.sample_rate, task.sample_rate, samples=task.sample_bank)
    except GlicolError:
        return np.inf
    features = objective.distance.features(objective.target[None])
    found = float(measure_rows(objective.distance, audio[None], features)[0])
    return np.inf if np.isnan(found) else found
