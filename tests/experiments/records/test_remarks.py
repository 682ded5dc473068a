"""What is said about a run's sounds."""

from __future__ import annotations

from typing import Any

from experiments.records.remarks import remarks
from raveforce.parameter_space import ParameterSpace
from raveforce.parameters import Exp

SPACE = ParameterSpace({"freq": Exp(10, 1000)})
TARGET = {"peak": 0.9, "largest_jump": 0.1}


def sound(freq: float, peak: float, jump: float = 0.1) -> dict[str, Any]:
    return {
        "parameters": [{"freq": freq}],
        "level": {"peak": peak, "largest_jump": jump},
        "target_level": TARGET,
        "score": 0.5,
    }


def test_what_is_so_of_both_sounds_is_said_once() -> None:
    both = {"score": 0.5, "best": sound(1000, 0.3), "policy": {"example": sound(1000, 0.2)}}
    assert remarks(both, SPACE) == [
        "best and policy: at a bound of its range: freq (high); a wider range may come nearer",
        "best: quieter than its target (peak 0.30 against 0.90)",
        "policy: quieter than its target (peak 0.20 against 0.90)",
    ]


def test_nothing_is_said_of_a_sound_that_is_not_there_or_is_well() -> None:
    assert remarks({"score": 0.5, "best": None, "policy": None}, SPACE) == []
    assert remarks({"score": 0.5, "best": sound(100, 0.9), "policy": None}, SPACE) == []
    loud = {"score": 0.5, "best": None, "policy": {"example": sound(100, 1.5, 2.0)}}
    assert [text.split("(")[0] for text in remarks(loud, SPACE)] == [
        "policy: peaks at 1.50; players that clip at 1 distort it",
        "policy: clicks ",
    ]
