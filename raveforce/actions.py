"""How an agent says what it chooses: numbers, or the places of options where a task is all choices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import gymnasium
import numpy as np
from numpy.typing import NDArray

from raveforce.parameter_space import ParameterSpace
from raveforce.parameters import Choose, ParameterError
from raveforce.registry import Registry

__all__ = [
    "ACTIONS",
    "Actions",
    "BoxActions",
    "DiscreteActions",
    "Mask",
    "MultiDiscreteActions",
    "free_mask",
    "make_actions",
]

Array = NDArray[np.float32]
Mask: TypeAlias = "NDArray[np.int8] | tuple[NDArray[np.int8], ...]"
"""Which choices may be made, as ``space.sample`` takes it: 1 for those that may; one array a choice."""

_MOST = 100_000
"""Combinations that one discrete action may number; a network has an output for each."""


class Actions(Protocol):
    """What every form of action offers."""

    @property
    def space(self) -> gymnasium.Space[Any]:
        """The space of one action."""

    @property
    def middle(self) -> Any:
        """An action near the middle of the space."""

    def to_box(self, actions: NDArray[Any]) -> Array:
        """Actions [rows, ...] as numbers in [-1, 1], float32 [rows, free parameters]."""


ACTIONS: Registry[Callable[[ParameterSpace], Actions]] = Registry("action form", group="raveforce.actions")
"""The forms of action by name."""


@ACTIONS.register("box")
@dataclass(frozen=True)
class BoxActions:
    """A number in [-1, 1] for every free parameter; any task takes it."""

    parameters: ParameterSpace

    @property
    def space(self) -> gymnasium.spaces.Box:
        """``Box(-1, 1, (free parameters,))``."""
        return gymnasium.spaces.Box(-1.0, 1.0, (len(self.parameters.free),), np.float32)

    @property
    def middle(self) -> Any:
        """Zeros."""
        return np.zeros(len(self.parameters.free), np.float32)

    def to_box(self, actions: NDArray[Any]) -> Array:
        """The actions themselves."""
        return actions


@ACTIONS.register("multi_discrete")
@dataclass(frozen=True)
class MultiDiscreteActions:
    """The place of an option for every free parameter; for tasks whose free parameters are all ``choose``.

    Raises
    ------
    ParameterError
        A free parameter that is a number on a scale.
    """

    parameters: ParameterSpace

    def __post_init__(self) -> None:
        scales = [name for name in self.parameters.free if not isinstance(self.parameters.parameters[name], Choose)]
        if scales:
            raise ParameterError(f"discrete actions need parameters that all choose among options; {scales} do not")

    @property
    def counts(self) -> tuple[int, ...]:
        """How many options each free parameter has."""
        choices = (self.parameters.parameters[name] for name in self.parameters.free)
        return tuple(len(choice.options) for choice in choices if isinstance(choice, Choose))

    @property
    def space(self) -> gymnasium.spaces.MultiDiscrete:
        """``MultiDiscrete(options of each parameter)``."""
        return gymnasium.spaces.MultiDiscrete(list(self.counts))

    @property
    def middle(self) -> Any:
        """The middle option of each."""
        return np.array(self.counts) // 2

    def to_box(self, actions: NDArray[Any]) -> Array:
        """The middle of each option's share."""
        counts = np.array(self.counts)
        chosen = np.asarray(actions)
        if chosen.ndim != 2 or chosen.shape[1] != len(counts) or ((chosen < 0) | (chosen >= counts)).any():
            raise ParameterError(f"an action is a place among {self.counts} options, got {chosen.tolist()}")
        return ((2 * chosen + 1) / counts - 1).astype(np.float32)


@ACTIONS.register("discrete")
@dataclass(frozen=True)
class DiscreteActions(MultiDiscreteActions):
    """The number of one combination of options, for agents such as DQN that take a single choice."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if np.prod(self.counts, dtype=float) > _MOST:
            raise ParameterError(
                f"options of {self.counts} combine in {np.prod(self.counts, dtype=float):.3g} ways, more than "
                f"{_MOST}: take multi_discrete actions, or box"
            )

    @property
    def space(self) -> gymnasium.spaces.Discrete:  # type: ignore[override]
        """``Discrete(combinations)``; the last parameter changes fastest."""
        return gymnasium.spaces.Discrete(int(np.prod(self.counts)))

    @property
    def middle(self) -> Any:
        """The combination of the middle options."""
        return int(np.ravel_multi_index(super().middle, self.counts))

    def to_box(self, actions: NDArray[Any]) -> Array:
        """The middle of each option's share."""
        numbers = np.asarray(actions).reshape(-1)
        if ((numbers < 0) | (numbers >= np.prod(self.counts))).any():
            raise ParameterError(f"an action is one of {np.prod(self.counts)} combinations, got {numbers.tolist()}")
        return super().to_box(np.stack(np.unravel_index(numbers.astype(int), self.counts), axis=1))


def make_actions(kind: str | Actions, parameters: ParameterSpace) -> Actions:
    """Make a form of action by name, by its path ``package.module:Class``, or take it as it is.

    Raises
    ------
    ValueError
        An unknown name, or parameters that do not go with it.

    Examples
    --------
    >>> drums = ParameterSpace({"kick": Choose((0, 1)), "hat": Choose((0, 1))})
    >>> actions = make_actions("discrete", drums)
    >>> actions.space, drums.decode(actions.to_box(np.array([2]))).tolist()
    (Discrete(4), [[1.0, 0.0]])
    """
    return ACTIONS.get(kind)(parameters) if isinstance(kind, str) else kind


def free_mask(space: gymnasium.Space[Any]) -> Mask | None:
    """The mask that allows every choice; None where actions are numbers on a scale.

    Examples
    --------
    >>> free_mask(gymnasium.spaces.MultiDiscrete([2, 3]))
    (array([1, 1], dtype=int8), array([1, 1, 1], dtype=int8))
    """
    if isinstance(space, gymnasium.spaces.MultiDiscrete):
        return tuple(np.ones(count, np.int8) for count in space.nvec.tolist())
    return np.ones(int(space.n), np.int8) if isinstance(space, gymnasium.spaces.Discrete) else None
