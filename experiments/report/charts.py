"""Where the lines and ticks of a chart lie; the page's template draws them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from experiments.report.model import Curve

__all__ = ["Chart", "Line", "chart", "ticks"]

WIDTH, HEIGHT = 420, 250
LEFT, RIGHT, TOP, BOTTOM = 58, 402, 12, 206
"""Of the area within the axes."""


@dataclass(frozen=True)
class Line:
    """A curve, how it is drawn, and whose it is.

    Attributes
    ----------
    curve : its points
    style : class of the style sheet
    of : the item that it belongs to, so that it can be told from the others
    path : once it is placed, as SVG says it
    """

    curve: Curve
    style: str
    of: str = ""
    path: str = ""


@dataclass(frozen=True)
class Chart:
    """A chart laid out: places in units of its own, from the upper left corner.

    Attributes
    ----------
    lines : with their paths, the hindmost first
    x_ticks, y_ticks : place and text
    axes : what x and y are
    reference : place and name of a level, where there is one
    description : in words
    """

    lines: Sequence[Line]
    x_ticks: Sequence[tuple[float, str]]
    y_ticks: Sequence[tuple[float, str]]
    axes: tuple[str, str]
    reference: tuple[float, str] | None
    description: str
    width: int = WIDTH
    height: int = HEIGHT
    area: tuple[int, int, int, int] = (LEFT, RIGHT, TOP, BOTTOM)


def chart(lines: Sequence[Line], axes: tuple[str, str], reference: tuple[str, float] | None = None) -> Chart:
    """Lay out lines over one another.

    Parameters
    ----------
    lines : at least one, the foremost first
    axes : what x and y are
    reference : name and value of a level
    """
    x_range = _x_range([x for line in lines for x in line.curve.x])
    y_range = _y_range([y for line in lines for y in line.curve.y], reference)
    x_at, y_at = _scale(x_range, (LEFT, RIGHT)), _scale(y_range, (BOTTOM, TOP))
    level = None
    if reference is not None and y_range[0] <= reference[1] <= y_range[1]:
        level = (y_at(reference[1]), reference[0])
    described = "; ".join(
        f"{line.curve.name} from {line.curve.y[0]:.4g} to {line.curve.y[-1]:.4g}" for line in lines[:9]
    )
    return Chart(
        lines=[Line(line.curve, line.style, line.of, _path(line.curve, x_at, y_at)) for line in reversed(lines)],
        x_ticks=[(x_at(value), f"{value:,.6g}") for value in ticks(*x_range, about=4)],
        y_ticks=[(y_at(value), f"{value:g}") for value in ticks(*y_range)],
        axes=axes,
        reference=level,
        description=f"{axes[1]} against {axes[0]}: {described}",
    )


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers between two others.

    >>> ticks(0.0, 1.0)
    [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    >>> ticks(0, 3000)
    [0.0, 500.0, 1000.0, 1500.0, 2000.0, 2500.0, 3000.0]
    """
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * min((1, 2, 5, 10), key=lambda factor: abs(math.log(factor * power / rough)))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(place * step, 12) + 0.0 for place in range(first, last + 1)]


def _x_range(xs: Sequence[float]) -> tuple[float, float]:
    low, high = min(*xs, 0.0), max(xs)
    return low, high if high > low else low + 1


def _y_range(ys: Sequence[float], reference: tuple[str, float] | None) -> tuple[float, float]:
    """From 0 to what is drawn; what lies far above the reference is cut off."""
    low, high = min(*ys, 0.0), max(ys)
    if reference is not None and reference[1] > 0:
        high = max(min(high, 2 * reference[1]), reference[1])
    return low, high + 0.05 * (high - low) if high > low else low + 1


def _scale(values: tuple[float, float], places: tuple[float, float]) -> Callable[[float], float]:
    (low, high), (start, end) = values, places
    return lambda value: round(start + (min(max(value, low), high) - low) / (high - low) * (end - start), 1)


def _path(curve: Curve, x_at: Callable[[float], float], y_at: Callable[[float], float]) -> str:
    points = [f"{x_at(x):g} {y_at(y):g}" for x, y in zip(curve.x, curve.y, strict=True)]
    # A line of no length has round ends: a point.
    return "M" + "L".join(points) + ("h0" if len(points) == 1 else "")
