"""What all items of a report have in common, and how they compare."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.report.charts import Chart, Line, chart
from experiments.report.model import Curve, Item

__all__ = ["Column", "Panel", "columns", "overview"]

STYLES = 8
"""Colours that the style sheet has for groups."""
POINTS = 20_000
"""Of all lines of a panel together, so that a thousand runs still make a page."""


@dataclass(frozen=True)
class Column:
    """A column of the table.

    Attributes
    ----------
    name : of the fact
    numeric : all its values are numbers
    common : the value of all rows, where they have but one
    choices : the values to choose from, where they are words and few
    """

    name: str
    numeric: bool
    common: str | None
    choices: Sequence[str]


@dataclass(frozen=True)
class Panel:
    """All items of one task: their best so far, in one chart.

    Attributes
    ----------
    title : the task
    chart : a line an item
    legend : style, agent, how many items, and the median of where their lines end
    """

    title: str
    chart: Chart
    legend: Sequence[tuple[str, str, int, float]]


def columns(items: Sequence[Item]) -> list[Column]:
    """Lay out the table over items: a column for each fact that any of them has."""
    found = []
    for name in dict.fromkeys(name for item in items for name in item.facts):
        values = [item.facts.get(name) for item in items]
        present = [value for value in values if value is not None]
        numeric = bool(present) and all(isinstance(value, int | float) for value in present)
        different = list(dict.fromkeys(str(value) for value in present))
        alike = len(different) == 1 and len(present) == len(items) > 1 and not isinstance(present[0], float)
        found.append(
            Column(
                name=name,
                numeric=numeric,
                common=different[0] if alike else None,
                choices=sorted(different) if not numeric and 2 <= len(different) <= 20 else (),
            )
        )
    return [column for column in found if column.numeric or column.common is not None or _present(items, column.name)]


def overview(items: Sequence[Item], keys: Mapping[str, str]) -> list[Panel]:
    """Draw the first learning curve of all items, a panel for each task and distance, a colour for each agent.

    Parameters
    ----------
    items : of which those without curves are left out
    keys : by the items' names
    """
    groups: dict[tuple[str, tuple[str, str]], list[Item]] = {}
    for item in items:
        if item.curves:
            groups.setdefault((str(item.facts.get("task") or ""), item.curve_axes), []).append(item)
    drawn = [item for group in groups.values() for item in group]
    if len(drawn) < 2:
        return []
    agents = list(dict.fromkeys(_agent(item) for item in drawn))
    styles = {agent: f"group{place % STYLES}" for place, agent in enumerate(agents)}
    return [_panel(task, axes, group, styles, keys) for (task, axes), group in groups.items()]


def _panel(
    task: str, axes: tuple[str, str], items: Sequence[Item], styles: Mapping[str, str], keys: Mapping[str, str]
) -> Panel:
    share = max(10, POINTS // len(items))
    lines = [Line(_thinned(item.curves[0], share), styles[_agent(item)], keys[item.name]) for item in items]
    references = {item.reference for item in items}
    ends: dict[str, list[float]] = {}
    for item in items:
        ends.setdefault(_agent(item), []).append(item.curves[0].y[-1])
    return Panel(
        title=task,
        chart=chart(lines, axes, next(iter(references)) if len(references) == 1 else None),
        legend=[(styles[agent], agent, len(end), statistics.median(end)) for agent, end in ends.items()],
    )


def _thinned(curve: Curve, points: int) -> Curve:
    """Keep some of a curve's points, the first and the last among them."""
    if len(curve.x) <= points:
        return curve
    places = [round(place * (len(curve.x) - 1) / (points - 1)) for place in range(points)]
    return Curve(curve.name, [curve.x[place] for place in places], [curve.y[place] for place in places])


def _agent(item: Item) -> str:
    return str(item.facts.get("agent") or "")


def _present(items: Sequence[Item], name: str) -> Any:
    return any(item.facts.get(name) is not None for item in items)
