"""From a draft to a program for people: numbers with as few digits as nobody hears."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from raveforce.distances import measure_rows
from raveforce.faults import silence_broken
from raveforce.writing.drafts import Draft, values_of
from raveforce.writing.elements import SEED
from raveforce.writing.layers import Structure
from raveforce.writing.objective import Judge
from raveforce.writing.player import Part
from raveforce.writing.programs import layers_text

__all__ = ["Finished", "finished"]

Floats = NDArray[np.float64]

INAUDIBLE = 0.003
"""Part of the distance that rounding may cost."""
DIGITS = (1, 2)
"""Significant digits that are tried; drafts have three."""


@dataclass(frozen=True, eq=False)
class Finished:
    """A program as it is printed.

    Attributes
    ----------
    code : its Glicol
    parameters : its numbers by layer, element and name, such as ``thump.sin sweep.decay``
    at_ends : those at an end of their scale
    """

    code: str
    parameters: dict[str, float]
    at_ends: tuple[str, ...]


def finished(judge: Judge, draft: Draft) -> Finished:
    """The program of a draft; each number has the fewest digits that alone cost less than its part of ``INAUDIBLE``.

    Parameters
    ----------
    judge : plays and measures
    draft : the program
    """
    layers = values_of(judge.player.language, draft.form, draft.places[None], row=0)
    exact = np.concatenate([values for _, values in layers])
    blanks = [blank for structure, _ in layers for blank in structure.blanks]
    columns = [column for column, blank in enumerate(blanks) if blank != SEED]
    tried = [exact]
    for column in columns:
        for digits in DIGITS:
            one = exact.copy()
            one[column] = _significant(exact[column], digits)
            tried.append(one)
    distances = _distances(judge, [structure for structure, _ in layers], np.stack(tried))
    limit = distances[0] * (1 + INAUDIBLE) + 1e-6
    fine = distances[1:].reshape(len(columns), len(DIGITS)) <= distances[0] + (limit - distances[0]) / max(
        len(columns), 1
    )
    rounded = exact.copy()
    for column, good in zip(columns, fine, strict=True):
        if good.any():
            rounded[column] = _significant(exact[column], DIGITS[int(good.argmax())])
    if _distances(judge, [structure for structure, _ in layers], rounded[None])[0] > limit:
        rounded = exact
    return _finished(layers, rounded, draft)


def _finished(layers: Sequence[tuple[Structure, Floats]], values: Floats, draft: Draft) -> Finished:
    ends = np.cumsum([len(own) for _, own in layers])[:-1]
    filled = [(structure, own) for (structure, _), own in zip(layers, np.split(values, ends), strict=True)]
    parameters = {}
    names = []
    for number, (structure, own) in enumerate(filled):
        # Each part's blanks are its own: two envelopes have two decays.
        rest = own.tolist()
        for place, part in enumerate(structure.parts):
            for blank in part.blanks:
                value = rest.pop(0)
                if blank != SEED:
                    parameters[f"{number + 1}.{place + 1} {part.name} {blank}"] = value
            names += [f"{number + 1}.{place + 1} {part.name} {name}" for name in part.numbers]
    at_ends = tuple(name for name, place in zip(names, draft.places.tolist(), strict=True) if not 0.001 < place < 0.999)
    return Finished(layers_text(filled), parameters, at_ends)


def _distances(judge: Judge, structures: Sequence[Structure], rows: Floats) -> Floats:
    """Of programs with given values [rows, all blanks]."""
    distances = np.empty(len(rows))
    for start in range(0, len(rows), 16):
        some = rows[start : start + 16]
        audio = np.zeros((len(some), len(judge.target)), np.float32)
        ends = np.cumsum([len(structure.blanks) for structure in structures])[:-1]
        values, heard = np.split(some, ends, axis=1), np.arange(len(some))
        judge.player.add([Part(*each, heard) for each in zip(structures, values, strict=True)], audio)
        audio, faults = silence_broken(audio, {})
        found = measure_rows(judge.distance, audio, judge.features)
        found[list(faults)] = np.inf
        distances[start : start + len(some)] = found
    return distances


def _significant(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")
