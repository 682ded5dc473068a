"""What stands out about the sounds of a run: worse than silence, at a bound, too loud, with clicks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raveforce.parameter_space import ParameterSpace
from raveforce.parameters import Exp, Lin

__all__ = ["at_bounds", "levels", "remarks"]

NEAR_BOUND = 0.01
"""A value within this part of its range from a bound stands at it."""
CLICK = 0.5
"""A jump between neighbouring samples (full scale is 1) that is heard as a click, unless the target has such too."""


def levels(audio: NDArray[np.float32]) -> dict[str, float]:
    """Peak of a sound [samples], and its largest jump from one sample to the next; full scale is 1."""
    jumps = np.abs(np.diff(audio, prepend=np.float32(0)))
    return {"peak": float(np.abs(audio).max()), "largest_jump": float(jumps.max())}


def at_bounds(parameters: Sequence[Mapping[str, float | str]], space: ParameterSpace) -> dict[str, str]:
    """Parameters that stand at a bound of their range in more than half of an episode's steps: "low" or "high".

    >>> space = ParameterSpace({"freq": Exp(10, 1000), "gain": Lin(0, 1)})
    >>> at_bounds([{"freq": 1000.0, "gain": 0.5}], space)
    {'freq': 'high'}
    """
    counts: Counter[tuple[str, str]] = Counter()
    for step in parameters:
        for name, kind in space.parameters.items():
            if isinstance(kind, (Lin, Exp)):
                place = float(kind.encode(np.array([step[name]], dtype=float))[0])
                if min(place, 1 - place) < NEAR_BOUND:
                    counts[name, "low" if place < 0.5 else "high"] += 1
    return {name: bound for (name, bound), count in counts.items() if 2 * count > len(parameters)}


def remarks(summary: Mapping[str, Any], space: ParameterSpace) -> list[str]:
    """What a summary holds that its reader should not miss, a line each; what is so of both sounds is said once."""
    best, policy = summary["best"], summary["policy"]
    found: dict[str, list[str]] = {}
    if best is not None:
        for text in _of_sound(best, best["score"], space):
            found.setdefault(text, []).append("best")
    if policy is not None:
        for text in _of_sound(policy["example"], summary["score"], space):
            found.setdefault(text, []).append("policy")
    return [f"{' and '.join(names)}: {text}" for text, names in found.items()]


def _of_sound(sound: Mapping[str, Any], score: float, space: ParameterSpace) -> Iterator[str]:
    if score < 0:
        yield f"worse than silence (score {score:.3f}): can this program make such a sound?"
    bounds = at_bounds(sound["parameters"], space)
    if bounds:
        listed = ", ".join(f"{parameter} ({bound})" for parameter, bound in bounds.items())
        yield f"at a bound of its range: {listed}; a wider range may come nearer"
    level, target = sound["level"], sound["target_level"]
    if level["peak"] > 1:
        yield f"peaks at {level['peak']:.2f}; players that clip at 1 distort it"
    elif level["peak"] < 0.7 * target["peak"]:
        yield f"quieter than its target (peak {level['peak']:.2f} against {target['peak']:.2f})"
    if level["largest_jump"] > max(CLICK, 2 * target["largest_jump"]):
        yield (
            f"clicks (a jump of {level['largest_jump']:.2f} between two samples; "
            f"the target's largest is {target['largest_jump']:.2f})"
        )
