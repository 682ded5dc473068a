"""Fewer lines: a template's program without what is hardly heard of it in one sound."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from raveforce.distances import measure_rows
from raveforce.glicol import GlicolError, Program, render
from raveforce.imitation.objective import Objective
from raveforce.parameter_space import ParameterSpace
from raveforce.parameters import Rel

__all__ = ["pruned", "shorter_texts"]

Floats = NDArray[np.float64]

HARDLY = 0.03
"""Part of the distance that all that is left out may cost, before the rest is tuned anew."""

LINE = re.compile(r"(~?\w+): (.+)")
REFERENCE = re.compile(r"~\w+")


def pruned(objective: Objective, action: Floats, most: int) -> tuple[Objective, Floats, int]:
    """A program of fewer lines that is nearly as near; what a line costs least for goes first.

    Parameters
    ----------
    objective : a template's
    action : the numbers of its program, float64 [dimensions] in [-1, 1]
    most : programs that may be played

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
    limit = distance * (1 + HARDLY)
    while True:
        tried = [each for each in shorter_texts(text) if _followed(objective.parameters, each)]
        if renders + len(tried) > most:
            break
        renders += len(tried)
        lines = text.count("\n")
        # What is lost, by line that is saved.
        losses = [(_distance(objective, each, values) - distance) / (lines - each.count("\n")) for each in tried]
        best = int(np.argmin(losses)) if losses else 0
        if not losses or distance + losses[best] * (lines - tried[best].count("\n")) > limit:
            break
        distance, text = distance + losses[best] * (lines - tried[best].count("\n")), tried[best]
    if text == objective.task.template:
        return objective, action, renders
    program = Program(text)
    space = ParameterSpace({name: objective.parameters.parameters[name] for name in program.blanks})
    shorter = Objective(
        objective.template, replace(objective.task, program=program, parameters=space), objective.distance
    )
    return shorter, space.encode(np.array([[values[name] for name in program.blanks]]))[0], renders


def shorter_texts(text: str) -> Iterator[str]:
    """The program without each of its voices, and without each node that hears another chain, where that saves lines.

    Chains that nobody hears then are left out too. Programs that are not written a chain a line have none.

    Examples
    --------
    >>> list(shorter_texts("~e: imp 1 >> envperc 0.01 0.1\\no: sin 60 >> mul ~e\\nhiss: noise 7 >> mul 0.1\\n"))
    ['o: sin 60\\nhiss: noise 7 >> mul 0.1\\n', 'hiss: noise 7 >> mul 0.1\\n', '~e: imp 1 >> envperc 0.01 0.1\\no: sin 60 >> mul ~e\\n']
    """
    found = [LINE.fullmatch(line) for line in text.strip().split("\n")]
    if not all(found) or not text.endswith("\n"):
        return
    chains = {line[1]: line[2].split(" >> ") for line in found if line}
    without = []
    for name, nodes in chains.items():
        without += [{**chains, name: nodes[:k] + nodes[k + 1 :]} for k in range(1, len(nodes)) if "~" in nodes[k]]
        without += [{other: rest for other, rest in chains.items() if other != name}] if name[0] != "~" else []
    for each in without:
        heard = _heard(each)
        if 0 < len(heard) < len(chains):
            yield "".join(f"{name}: {' >> '.join(nodes)}\n" for name, nodes in each.items() if name in heard)


def _heard(chains: dict[str, Sequence[str]]) -> set[str]:
    """Names of the chains that are heard, themselves or by others."""
    waiting, heard = [name for name in chains if name[0] != "~"], set()
    while waiting:
        name = waiting.pop()
        if name not in heard:
            heard.add(name)
            waiting += REFERENCE.findall(" ".join(chains[name]))
    return heard


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
