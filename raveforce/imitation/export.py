"""From a search's answer to a program for people: numbers that can be read."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from raveforce.imitation.objective import Objective
from raveforce.parameter_space import ParameterSpace
from raveforce.parameters import Choose, Exp, Lin, Rel

__all__ = ["Rounded", "at_bounds", "rounded", "shortened"]

Floats = NDArray[np.float64]

DIGITS = (2, 3, 4, 5)
"""Significant digits that are tried."""
FOLLOWERS = 6
"""Significant digits of a number that follows from another."""
INAUDIBLE = 0.003
"""Part of the distance that rounding may cost."""


@dataclass(frozen=True, eq=False)
class Rounded:
    """Values of a program with few digits.

    Attributes
    ----------
    values : float64 [parameters]
    audio : float32 [samples]
    distance : of the rounded program
    """

    values: Floats
    audio: NDArray[np.float32]
    distance: float


def rounded(objective: Objective, action: Floats) -> Rounded:
    """The program of an action with as few digits as nobody hears, by the objective's distance.

    Each number gets the fewest digits that alone cost less than its part of ``INAUDIBLE``. Where they cost more
    together, all get more, and where no rounding is good enough there is none.
    """
    space = objective.parameters
    exact = space.decode(action[None])[0]
    tried = [exact]
    numbers = {c: kind for c, kind in enumerate(space.parameters.values()) if isinstance(kind, (Lin, Exp))}
    for column, kind in numbers.items():
        for digits in DIGITS:
            one = exact.copy()
            one[column] = _shortened(kind, exact[column], digits)
            tried.append(_followed(space, one))
    distances = objective.of_values(np.stack(tried))[1]
    limit = distances[0] * (1 + INAUDIBLE) + 1e-6
    apart = distances[1:].reshape(len(numbers), len(DIGITS)) - distances[0]
    fine = apart <= (limit - distances[0]) / max(len(numbers), 1)
    fewest = np.where(fine.any(axis=1), fine.argmax(axis=1), len(DIGITS) - 1)
    programs = []
    for more in range(len(DIGITS)):
        values = exact.copy()
        for (column, kind), place in zip(numbers.items(), fewest.tolist(), strict=True):
            values[column] = _shortened(kind, exact[column], DIGITS[min(place + more, len(DIGITS) - 1)])
        programs.append(_followed(space, values))
    programs.append(exact)
    audio, distances = objective.of_values(np.stack(programs))
    good = distances <= limit
    first = int(good.argmax()) if good.any() else len(programs) - 1
    return Rounded(programs[first], audio[first], float(distances[first]))


def shortened(space: ParameterSpace, values: Floats, digits: int) -> Floats:
    """Values [parameters] with so many significant digits, inside their ranges; what follows from others still does.

    Examples
    --------
    >>> space = ParameterSpace({"attack": Lin(0, 0.5), "decay": Rel("attack", lambda x: 0.5 - x)})
    >>> shortened(space, np.array([0.1234567, 0.3765433]), 2).tolist()
    [0.12, 0.38]
    """
    short = values.copy()
    for column, kind in enumerate(space.parameters.values()):
        if isinstance(kind, (Lin, Exp)):
            short[column] = _shortened(kind, values[column], digits)
    return _followed(space, short)


def _significant(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")


def _shortened(kind: Lin | Exp, value: float, digits: int) -> float:
    """A value with so many digits, inside its range."""
    step = 10.0 ** (math.floor(math.log10(abs(value) or 1)) + 1 - digits)
    nearest = _significant(value, digits)
    inside = (near for near in (nearest, nearest - step, nearest + step) if kind.low <= near <= kind.high)
    return _significant(next(inside, value), FOLLOWERS)


def _followed(space: ParameterSpace, values: Floats) -> Floats:
    """Values whose followers are computed anew."""
    computed = space.decode(space.encode(values[None]))[0]
    for column, kind in enumerate(space.parameters.values()):
        if isinstance(kind, Rel):
            values[column] = _significant(computed[column], FOLLOWERS)
    return values


def at_bounds(space: ParameterSpace, values: Floats) -> tuple[str, ...]:
    """Names of the parameters that ended at an end of their range: a wider one may come nearer."""
    named = zip(space.parameters.items(), values, strict=True)
    return tuple(
        name
        for (name, kind), value in named
        if not isinstance(kind, (Rel, Choose)) and abs(kind.encode(np.array([value]))[0] - 0.5) > 0.499
    )
