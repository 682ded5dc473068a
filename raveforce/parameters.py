"""What an agent chooses: parameters of a program, and the map between actions and their values.

An action is one number in [-1, 1] a free parameter. ``rel`` parameters follow from another one and are not chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import cloudpickle
import numpy as np
from numpy.typing import ArrayLike, NDArray

from raveforce.expressions import evaluate
from raveforce.glicol.program import Program, format_number

__all__ = ["Choose", "Exp", "Lin", "Parameter", "ParameterError", "ParameterSpace", "Rel", "parameter"]

Floats: TypeAlias = NDArray[np.float64]

# Actions come in float32, so a bound may be overstepped by its rounding.
_ACTION_SLACK = 1e-6


class ParameterError(ValueError):
    """A parameter is declared wrongly, or a value or action lies outside its range."""


@dataclass(frozen=True)
class Lin:
    """A number between two bounds, on a linear scale."""

    low: float
    high: float

    def __post_init__(self) -> None:
        _check_bounds(self)

    def decode(self, unit: Floats) -> Floats:
        """Map [0, 1] to values."""
        return np.clip(self.low + unit * (self.high - self.low), self.low, self.high)

    def encode(self, values: Floats) -> Floats:
        """Map values back to [0, 1]."""
        return (values - self.low) / (self.high - self.low)


@dataclass(frozen=True)
class Exp:
    """A number between two positive bounds, on a logarithmic scale: equal actions are equal ratios."""

    low: float
    high: float

    def __post_init__(self) -> None:
        _check_bounds(self)
        if self.low <= 0:
            raise ParameterError(f"exp needs positive bounds, got {self.low} to {self.high}; lin takes any")

    def decode(self, unit: Floats) -> Floats:
        """Map [0, 1] to values."""
        return np.clip(self.low * (self.high / self.low) ** unit, self.low, self.high)

    def encode(self, values: Floats) -> Floats:
        """Map values back to [0, 1]."""
        return np.log(values / self.low) / np.log(self.high / self.low)


@dataclass(frozen=True)
class Choose:
    """One of several options: numbers, or words such as ``sin`` and ``saw``.

    If any option is a word, all are taken as text, and the value is the index of the option.
    """

    options: tuple[float | str, ...]

    def __post_init__(self) -> None:
        options = tuple(self.options)
        if not options:
            raise ParameterError("choose needs at least one option")
        if any(isinstance(option, str) for option in options):
            options = tuple(option if isinstance(option, str) else format_number(option) for option in options)
        elif not all(np.isfinite(option) for option in options):
            raise ParameterError(f"choose takes finite numbers or words, got {options}")
        else:
            options = tuple(float(option) for option in options)
        if len(set(options)) != len(options):
            raise ParameterError(f"choose has an option twice: {options}")
        object.__setattr__(self, "options", options)

    @property
    def words(self) -> tuple[str, ...] | None:
        """The options if they are words, else None."""
        return self.options if isinstance(self.options[0], str) else None  # type: ignore[return-value]

    @property
    def _values(self) -> Floats:
        return np.arange(len(self.options), dtype=float) if self.words else np.array(self.options, dtype=float)

    def decode(self, unit: Floats) -> Floats:
        """Map [0, 1] to values: each option takes an equal share."""
        count = len(self.options)
        return self._values[np.minimum((unit * count).astype(int), count - 1)]

    def encode(self, values: Floats) -> Floats:
        """Map values back to [0, 1], to the middle of their option's share."""
        matches = values[:, None] == self._values
        if not matches.any(axis=1).all():
            stray = values[~matches.any(axis=1)][0]
            raise ParameterError(f"{stray} is not among the options {self.options}")
        return (matches.argmax(axis=1) + 0.5) / len(self.options)


@dataclass(frozen=True)
class Rel:
    """A number that follows from another parameter.

    Parameters
    ----------
    other : name or place of the parameter it follows, which stands before it
    rule : function of that parameter's value, or an expression in ``x`` (and ``constants``)
    constants : names an expression may use, such as ``duration`` (seconds)
    """

    other: str | int
    rule: Callable[[float], float] | str
    constants: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not (callable(self.rule) or isinstance(self.rule, str)):
            raise ParameterError(f"rel needs a function or an expression in x, got {self.rule!r}")

    def follow(self, values: Floats) -> Floats:
        """Values of this parameter for values [N] of the other."""
        if isinstance(self.rule, str):
            return np.array([evaluate(self.rule, {**self.constants, "x": value}) for value in values.tolist()])
        # A rule may branch on its argument, so it gets plain numbers, not arrays.
        return np.array([float(self.rule(value)) for value in values.tolist()])

    def __reduce__(self) -> tuple[Any, ...]:
        # Rules are often lambdas, which plain pickle cannot take to a worker process.
        return _restore_rel, (self.other, cloudpickle.dumps(self.rule), dict(self.constants))


def _restore_rel(other: str | int, rule: bytes, constants: dict[str, float]) -> Rel:
    return Rel(other, cloudpickle.loads(rule), constants)


Parameter: TypeAlias = Lin | Exp | Choose | Rel


def _check_bounds(parameter: Lin | Exp) -> None:
    kind = type(parameter).__name__.lower()
    for name in ("low", "high"):
        bound = getattr(parameter, name)
        if isinstance(bound, bool) or not isinstance(bound, (int, float, np.number)) or not np.isfinite(bound):
            raise ParameterError(f"{kind} needs finite numbers as bounds, got {bound!r}")
        object.__setattr__(parameter, name, float(bound))
    if not parameter.low < parameter.high:
        raise ParameterError(f"{kind} needs low < high, got {parameter.low} and {parameter.high}")


def parameter(spec: Parameter | Sequence[Any], constants: Mapping[str, float] | None = None) -> Parameter:
    """Read a parameter from the short form: ``("lin", 0, 1)``, ``("rel", 0, lambda x: 1 - x)`` ...

    Parameters
    ----------
    spec : a parameter, or its kind followed by its arguments, as a tuple or (from YAML) a list.
        Bounds and rules may be expressions: ``["lin", 0.0001, "duration - 0.0001"]``.
    constants : names the expressions may use

    Examples
    --------
    >>> parameter(("exp", 10, 10000))
    Exp(low=10.0, high=10000.0)
    >>> parameter(["lin", 0, "duration / 2"], {"duration": 0.5})
    Lin(low=0.0, high=0.25)
    """
    if isinstance(spec, (Lin, Exp, Choose, Rel)):
        return spec
    if isinstance(spec, str) or not isinstance(spec, Sequence) or not spec:
        raise ParameterError(f"a parameter looks like ('lin', 0, 1), got {spec!r}")
    names = dict(constants or {})
    kind, *arguments = spec
    if kind in ("lin", "exp") and len(arguments) == 2:
        low, high = (evaluate(bound, names) if isinstance(bound, str) else bound for bound in arguments)
        return Lin(low, high) if kind == "lin" else Exp(low, high)
    if kind == "rel" and len(arguments) == 2:
        return Rel(arguments[0], arguments[1], names)
    if kind == "choose" and len(arguments) == 1 and not isinstance(arguments[0], str):
        return Choose(tuple(arguments[0]))
    raise ParameterError(
        f"cannot read the parameter {spec!r}; the kinds are ('lin', low, high), ('exp', low, high), "
        "('rel', other, rule) and ('choose', [options])"
    )


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
                    f"the parameters do not fit the blanks {blanks}: missing {missing}, unknown {unknown}"
                )
            specs = [named[name] for name in blanks]
        if len(specs) != len(blanks):
            raise ParameterError(
                f"the program has {len(blanks)} blanks {blanks} but {len(specs)} parameters were given"
            )
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
            raise ParameterError(
                f"the action for {self.free[column]!r} is {unit[row, column]}; actions lie in [-1, 1]: clip them first"
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
