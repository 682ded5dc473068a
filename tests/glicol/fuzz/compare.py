"""Playing a program with both engines, and what counts as the same."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from raveforce.glicol import GlicolError, UnsupportedProgram, open_engine
from tests.glicol.fuzz.language import Case

__all__ = ["difference", "play"]

CLOSE = 1e-4
LOUD = 10.0
"""Beyond this a sound counts as exploded, and what comes after is not compared."""
DEADLINE = 0.3
SAMPLES = {
    "bd": np.cos(np.linspace(0, 6, 300)),
    "stereo": np.stack([np.cos(np.linspace(0, 30, 150)), np.sin(np.linspace(0, 9, 150))]),
    "slow": (np.cos(np.linspace(1, 9, 90)), 11025),
}

Outcome = NDArray[np.float32] | str


def play(case: Case, kind: str) -> Outcome | None:
    """The sound, or the kind of the error; None where the engine lacks a node."""
    played = []
    try:
        engine = open_engine(case.program, kind=kind, samples=SAMPLES, deadline=DEADLINE)
        for step, (values, samples) in enumerate(case.steps):
            if step == 1 and case.another:
                engine.add_sample("bd", SAMPLES["slow"])
            played.append(engine.play([values], samples)[0])
    except UnsupportedProgram:
        return None
    except GlicolError as error:
        return error.kind
    return np.concatenate(played)


def difference(case: Case) -> str:
    """How the native engine differs from the real one; empty if it does not."""
    native = play(case, "native")
    if native is None:
        return ""
    wasm = play(case, "wasm")
    assert wasm is not None
    if isinstance(wasm, str) and wasm == "deadline" and not isinstance(native, str):
        return ""  # slow there, quick here
    if isinstance(native, str) and isinstance(wasm, str):
        return ""  # of several things that are wrong each names one
    if isinstance(native, str) and native in ("reference", "syntax") and case.words:
        return ""  # a word that the real engine did not come to; auto lets it play until then
    if isinstance(native, str) or isinstance(wasm, str):
        said = [outcome if isinstance(outcome, str) else "plays" for outcome in (native, wasm)]
        return f"native: {said[0]}, wasm: {said[1]}"
    differs = _sounds(native, wasm)
    return "" if differs and _is_chaotic(case, wasm) else differs


def _is_chaotic(case: Case, wasm: NDArray[np.float32]) -> bool:
    """Whether the real engine differs from itself as much when every number changes in its last digit.

    So it does where feedback enlarges every rounding, as in a plate of 5000 that hears itself.
    """
    nodes = re.split(r"(>>|:|\n)", case.template)
    for i, node in enumerate(nodes):
        if not re.match(r"\s*(seq|choose)\b", node):
            nodes[i] = re.sub(r"(?<=[ \"])-?\d+(\.\d+)?(?=[ @]|$)", _nudged, node)
    numbers = len(case.program.blanks) - bool(case.words)  # the index of a word is none of them
    steps = tuple(
        ((*(each * (1 + 2**-22) for each in values[:numbers]), *values[numbers:]), samples)
        for values, samples in case.steps
    )
    other = play(Case("".join(nodes), steps, case.words, case.another), "wasm")
    return isinstance(other, str) or other is None or bool(_sounds(other, wasm))


def _nudged(number: re.Match[str]) -> str:
    value = float(number[0]) * (1 + 2**-22)
    return f"{value:.40f}" if value else number[0]


def _sounds(native: NDArray[np.float32], wasm: NDArray[np.float32]) -> str:
    """Compare up to where one explodes, which the other does there too."""
    exploded = [~(np.abs(sound) <= LOUD) for sound in (native, wasm)]
    first = [int(np.argmax(each)) if each.any() else len(wasm) for each in exploded]
    at = min(first)
    if at < len(wasm) and not all(~(np.abs(sound[at]) <= LOUD * (1 - CLOSE)) for sound in (native, wasm)):
        return f"native: {native[at]:.6g}, wasm: {wasm[at]:.6g} at sample {at}"
    if at and np.abs(native[:at] - wasm[:at]).max() > CLOSE:
        worst = int(np.argmax(np.abs(native[:at] - wasm[:at])))
        return f"native: {native[worst]:.6g}, wasm: {wasm[worst]:.6g} at sample {worst}"
    return ""
