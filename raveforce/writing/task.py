"""The task of writing a program: a language, sounds to imitate, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from raveforce.parameter_space import ParameterSpace
from raveforce.targets import TargetSource
from raveforce.writing.language import Language

__all__ = ["FORBIDDEN", "WritingTask"]

FORBIDDEN = ("end", "error")
"""What a token does that may not stand where it stands.

end: the episode is over, with the worst reward and a fault, as Glicol refuses a wrong program. error: it raises, for
agents that heed the mask and should never come to it.
"""


@dataclass(frozen=True)
class WritingTask:
    """Everything that defines an episode, checked once.

    Parameters
    ----------
    language : what programs are written in
    targets : where the sounds to imitate come from
    price : what every node of the program costs, taken from the reward
    on_forbidden : one of ``FORBIDDEN``
    name : for tables and titles
    reward, observation, actions : what environments reward and show, unless they are told otherwise

    Raises
    ------
    ValueError
        Parts that do not fit together.
    """

    language: Language
    targets: TargetSource
    price: float = 0.002
    on_forbidden: str = "end"
    name: str = "write"
    reward: str | Mapping[str, Any] = field(default_factory=lambda: {"distance": "mss", "kind": "normalised"})
    observation: str | Mapping[str, Any] = "log_mel"
    actions: str = "tokens"

    template: ClassVar[str] = ""
    """The program before anything is written."""
    parameters: ClassVar[ParameterSpace] = ParameterSpace({})
    """No blanks are filled."""
    restart_each_step: ClassVar[bool] = False
    writes: ClassVar[bool] = True
    """An episode's steps write one program."""

    def __post_init__(self) -> None:
        if not 0 <= self.price < 1:
            raise ValueError(f"the price of a node is a number from 0 up to 1, not {self.price!r}")
        if self.on_forbidden not in FORBIDDEN:
            raise ValueError(f"on_forbidden is {' or '.join(FORBIDDEN)}, not {self.on_forbidden!r}")

    @property
    def sample_rate(self) -> int:
        """Hz."""
        return self.language.sample_rate

    @property
    def total_step(self) -> int:
        """Most steps in an episode."""
        return self.language.max_tokens

    @property
    def samples(self) -> int:
        """Length of the sounds, samples."""
        return self.targets.samples

    @property
    def duration(self) -> float:
        """Length of the sounds, seconds."""
        return self.samples / self.sample_rate
