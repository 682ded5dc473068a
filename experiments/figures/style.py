"""How figures look: a column's width, fonts that can be read there, colours that all readers can tell apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure, SubFigure

__all__ = [
    "COLUMN",
    "DPI",
    "GREY",
    "OKABE_ITO",
    "SEQUENTIAL",
    "SMALL",
    "Look",
    "log_ticks",
    "looks",
    "new_figure",
    "panels",
    "plain_name",
    "style",
]

COLUMN = 3.4
"""Width of a figure, inches: one column of a page of two."""
DPI = 300
SMALL = 7.0
"""The smallest font, points; ordinary text has half a point more."""
GREY = "#7f7f7f"

OKABE_ITO = {
    "black": "#000000",
    "orange": "#E69F00",
    "sky blue": "#56B4E9",
    "bluish green": "#009E73",
    "blue": "#0072B2",
    "vermilion": "#D55E00",
    "reddish purple": "#CC79A7",
}
"""Colours that colour-blind readers tell apart: Okabe and Ito, *Color Universal Design* (2008), without its yellow,
which is too faint for lines on white."""

SEQUENTIAL = "cividis"
"""Colours of maps, which look alike to all readers: Nuñez, Anderton and Renslow, PLOS ONE 13 (2018)."""

_RC: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so that figures are the same everywhere
    "font.size": SMALL + 0.5,
    "axes.titlesize": SMALL + 0.5,
    "axes.labelsize": SMALL + 0.5,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "legend.fontsize": SMALL,
    "figure.titlesize": SMALL + 1,
    "axes.linewidth": 0.6,
    "grid.linewidth": 0.4,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlepad": 3.0,
    "axes.labelpad": 2.0,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.minor.size": 1.5,
    "ytick.minor.size": 1.5,
    "xtick.major.pad": 2.0,
    "ytick.major.pad": 2.0,
    "lines.linewidth": 1.0,
    "lines.markersize": 3.0,
    "legend.frameon": False,
    "legend.handlelength": 1.5,
    "legend.columnspacing": 1.0,
    "figure.constrained_layout.h_pad": 0.03,
    "figure.constrained_layout.w_pad": 0.03,
    "savefig.dpi": DPI,
    "pdf.fonttype": 42,  # text stays text
    "image.cmap": SEQUENTIAL,
}


@contextmanager
def style() -> Iterator[None]:
    """Draw and save in the figures' style, whatever matplotlib's settings are."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_RC)
        yield


def new_figure(height: float, width: float = COLUMN) -> Figure:
    """Make an empty figure, outside pyplot's register.

    Parameters
    ----------
    height, width : inches
    """
    return Figure(figsize=(width, height), layout="constrained")


@dataclass(frozen=True)
class Look:
    """What a thing looks like in every figure: colour, mark and line."""

    colour: str
    marker: str
    line: str | tuple[int, tuple[int, ...]] = "-"


# Search is grey, black and dashed, so that learning stands out.
_AGENTS = {
    "random": Look(GREY, "o", (0, (1, 1))),
    "cma": Look(OKABE_ITO["black"], "s", (0, (4, 1))),
    "de": Look(OKABE_ITO["sky blue"], "^", (0, (4, 1))),
    "ga": Look(OKABE_ITO["bluish green"], "v", (0, (4, 1))),
    "refine": Look(OKABE_ITO["vermilion"], "P", (0, (4, 1))),
    "ppo": Look(OKABE_ITO["vermilion"], "D"),
    "recurrent_ppo": Look(OKABE_ITO["vermilion"], "d", (0, (3, 1, 1, 1))),
    "sac": Look(OKABE_ITO["blue"], "o"),
    "td3": Look(OKABE_ITO["bluish green"], "^"),
    "tqc": Look(OKABE_ITO["sky blue"], "v"),
    "dqn": Look(OKABE_ITO["orange"], "X"),
    "gcsl": Look(OKABE_ITO["reddish purple"], "*"),
    "policy": Look(OKABE_ITO["blue"], "*"),
    "best_of": Look(OKABE_ITO["reddish purple"], "D"),
    "imitate": Look(OKABE_ITO["orange"], "X"),
}
_OTHERS = [
    Look(OKABE_ITO[name], marker, (0, (3, 1, 1, 1, 1, 1)))
    for marker in ("h", "p")
    for name in ("reddish purple", "orange", "sky blue", "bluish green", "blue", "vermilion")
]


def plain_name(agent: str) -> str:
    """An agent's name without what its settings are for.

    >>> plain_name("sac_one_step")
    'sac'
    """
    return agent.removesuffix("_one_step")


def looks(agents: Iterable[str]) -> dict[str, Look]:
    """What agents look like, by their names; those that are well known look the same in every figure."""
    names = list(dict.fromkeys(agents))
    unknown = [name for name in names if plain_name(name) not in _AGENTS]
    more = {name: _OTHERS[place % len(_OTHERS)] for place, name in enumerate(unknown)}
    return {name: more.get(name) or _AGENTS[plain_name(name)] for name in names}


def log_ticks(axis: Axis, *, powers: bool = False) -> None:
    """Label a logarithmic axis with about four round numbers, written out: exponents would be too small to read.

    Parameters
    ----------
    axis : with its limits as they are to stay
    powers : only powers of ten, where that makes two
    """
    low, high = axis.get_view_interval()
    for digits in ((1,), (1, 3), (1, 2, 3, 5, 7)) if powers else ((1, 2, 3, 5, 7),):
        numbers = [digit * 10.0**power for power in range(-4, 8) for digit in digits]
        inside = [number for number in numbers if low <= number <= high]
        if len(inside) > 1:
            break
    shown = inside[:: max(1, -(-len(inside) // 5))]
    axis.set_ticks(shown, [f"{number / 1000:g}k" if number >= 1000 else f"{number:g}" for number in shown])
    axis.set_ticks([], minor=True)


def panels(figure: Figure | SubFigure, count: int, columns: int, *, xlabel: str = "", **options: Any) -> list[Axes]:
    """Divide a figure into panels, row by row; the lowest of each column shows what x is.

    Parameters
    ----------
    figure : where
    count : of the panels, at least as many as columns
    columns : panels in a row
    xlabel : what x is, and its unit
    **options : of ``Figure.subplots``, such as ``sharey``
    """
    rows = -(-count // columns)
    grid = figure.subplots(rows, columns, sharex=True, squeeze=False, **options)
    for axis in grid.flat[count:]:
        axis.remove()
    used = list(grid.flat[:count])
    for axis in used[-columns:]:
        axis.set_xlabel(xlabel)
        axis.tick_params(labelbottom=True)
    return used
