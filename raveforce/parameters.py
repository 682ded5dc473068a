"""What an agent chooses: the kinds of parameters, each a map between [0, 1] and its values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import Any, TypeAlias

import cloudpickle
import numpy as np
from numpy.typing import NDArray

from raveforce.expressions import evaluate
from raveforce.glicol.program import format_number

__all__ = ["Choose", "Exp", "Lin", "Parameter", "ParameterError", "Rel", "parameter"]

Floats: TypeAlias = NDArray[np.float64]


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
        if not all(isinstance(option, str | Real) for option in options):
            raise ParameterError(f"choose takes finite numbers or words, got {options}")
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
    listed = len(arguments) == 1 and isinstance(arguments[0], Iterable) and not isinstance(arguments[0], str | Mapping)
    if kind == "choose" and listed:
        return Choose(tuple(arguments[0]))
    raise ParameterError(
        f"cannot read the parameter {spec!r}; the kinds are ('lin', low, high), ('exp', low, high), "
        "('rel', other, rule) and ('choose', [options])"
    )
