"""The parameters of a program together, and the map between an agent's actions and their values.

An action is one number in [-1, 1] a free parameter. ``rel`` parameters follow from another one and are not chosen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from raveforce.glicol.program import Program
from raveforce.parameters import Choose, Exp, Lin, Parameter, ParameterError, Rel, parameter

__all__ = ["ParameterSpace"]

Floats: TypeAlias = NDArray[np.float64]

# Actions come in float32, so a bound may be overstepped by its rounding.
_ACTION_SLACK = 1e-6


@dataclass(frozen=True)
class ParameterSpace:
    """The parameters of a program, by blank, and the map between actions and values.

    Examples
    --------
    >>> space = ParameterSpace({"attack": Lin(0, 1), "decay": Rel("attack", lambda x: 1 - x), "freq": Exp(10, 1000)})
    >>> values = space.decode([[-1, 0]])
    >>> values.tolist()
    [[0.0, 1.0, 100.0]]
    >>> space.encode(values).tolist()
    [[-1.0, 0.0]]
    """

    parameters: Mapping[str, Parameter]

    def __post_init__(self) -> None:
        object.__setattr__(self, "parameters", dict(self.parameters))
        for name, follower in self.parameters.items():
            if isinstance(follower, Rel):
                self._check_rel(name, follower)

    @classmethod
    def for_program(
        cls,
        program: Program,
        specs: Sequence[Any] | Mapping[str, Any],
        constants: Mapping[str, float] | None = None,
    ) -> ParameterSpace:
        """Match parameters to the blanks of a program: a list in their order, or a mapping by name."""
        blanks = program.blanks
        if isinstance(specs, Mapping):
            named = {str(name): spec for name, spec in specs.items()}
            if set(named) != set(blanks):
                missing, unknown = sorted(set(blanks) - set(named)), sorted(set(named) - set(blanks))
                raise ParameterError(
                    f"the parameters do not fit the code's blanks {blanks}: missing {missing}, unknown {unknown}"
                )
            specs = [named[name] for name in blanks]
        if len(specs) != len(blanks):
            raise ParameterError(f"the code has {len(blanks)} blanks {blanks} but {len(specs)} parameters were given")
        parameters = {}
        for name, spec in zip(blanks, specs, strict=True):
            try:
                parameters[name] = parameter(spec, constants)
            except ValueError as error:
                raise ParameterError(f"parameter {name!r}: {error}") from error
        return cls(parameters)

    @property
    def free(self) -> tuple[str, ...]:
        """Names of the parameters that an action chooses, in order."""
        return tuple(name for name, p in self.parameters.items() if not isinstance(p, Rel))

    @property
    def words(self) -> dict[str, tuple[str, ...]]:
        """Words of the parameters that choose among words, by name."""
        return {n: p.words for n, p in self.parameters.items() if isinstance(p, Choose) and p.words is not None}

    def decode(self, actions: ArrayLike) -> Floats:
        """Map actions to the values of all parameters.

        Parameters
        ----------
        actions : array [N, free parameters] in [-1, 1]

        Returns
        -------
        float64 array [N, parameters]; words as their index

        Raises
        ------
        ParameterError
            Wrong shape, NaN, or an action outside [-1, 1].
        """
        unit = self._check(actions, self.free, "action")
        outside = ~(np.abs(unit) <= 1 + _ACTION_SLACK)
        if outside.any():
            row, column = np.argwhere(outside)[0]
            if np.isnan(unit[row, column]):
                raise ParameterError(
                    f"the action for {self.free[column]!r} is NaN: the policy that chose it has broken down (its "
                    "networks may hold NaN; a smaller learning rate may help)"
                )
            raise ParameterError(
                f"the action for {self.free[column]!r} is {unit[row, column]}; actions lie in [-1, 1]: clip them first "
                "(gymnasium.wrappers.ClipAction)"
            )
        unit = np.clip((unit + 1) / 2, 0, 1)
        values: dict[str, Floats] = {}
        column = 0
        for name, kind in self.parameters.items():
            if isinstance(kind, Rel):
                values[name] = self._follow(name, kind, values)
            else:
                values[name] = kind.decode(unit[:, column])
                column += 1
        return np.stack(list(values.values()), axis=1) if values else np.zeros((len(unit), 0))

    def encode(self, values: ArrayLike) -> Floats:
        """Map values of all parameters back to the actions that choose them.

        Parameters
        ----------
        values : array [N, parameters]; words as their index. What ``rel`` parameters hold is not looked at.

        Returns
        -------
        float64 array [N, free parameters] in [-1, 1]

        Raises
        ------
        ParameterError
            Wrong shape, or a value outside its parameter's range.
        """
        rows = self._check(values, tuple(self.parameters), "value")
        columns = []
        for column, (name, kind) in enumerate(self.parameters.items()):
            if isinstance(kind, Rel):
                continue
            chosen = rows[:, column]
            if isinstance(kind, (Lin, Exp)) and not np.all((chosen >= kind.low) & (chosen <= kind.high)):
                raise ParameterError(f"a value for {name!r} lies outside {kind.low} to {kind.high}: {chosen}")
            columns.append(kind.encode(chosen) * 2 - 1)
        return np.clip(np.stack(columns, axis=1), -1, 1) if columns else np.zeros((len(rows), 0))

    def named(self, values: Floats) -> dict[str, float | str]:
        """One row of values as a dictionary, words as words."""
        shown: dict[str, float | str] = {}
        for (name, kind), value in zip(self.parameters.items(), values.tolist(), strict=True):
            words = kind.words if isinstance(kind, Choose) else None
            shown[name] = words[int(value)] if words else value
        return shown

    def _name_of(self, other: str | int) -> str | None:
        names = list(self.parameters)
        if isinstance(other, int):
            return names[other] if 0 <= other < len(names) else None
        return other if other in names else None

    def _check_rel(self, name: str, follower: Rel) -> None:
        names = list(self.parameters)
        other = self._name_of(follower.other)
        if other is None or names.index(other) >= names.index(name):
            raise ParameterError(
                f"parameter {name!r} is relative to {follower.other!r}, which must be one of those before it: "
                f"{names[: names.index(name)]}"
            )
        followed = self.parameters[other]
        if isinstance(followed, Choose) and followed.words:
            raise ParameterError(f"parameter {name!r} is relative to {other!r}, which is a word, not a number")

    def _follow(self, name: str, follower: Rel, values: Mapping[str, Floats]) -> Floats:
        other = self._name_of(follower.other)
        assert other is not None  # checked once, when the space was made
        followed = follower.follow(values[other])
        if not np.isfinite(followed).all():
            raise ParameterError(f"the rule of parameter {name!r} gives {followed} for {other} = {values[other]}")
        return followed

    def _check(self, rows: ArrayLike, names: tuple[str, ...], what: str) -> Floats:
        array = np.asarray(rows, dtype=np.float64)
        if array.ndim != 2 or array.shape[1] != len(names):
            raise ParameterError(f"{what}s have the shape [N, {len(names)}] for {names}, got {list(array.shape)}")
        return array
