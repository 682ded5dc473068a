"""A figure with what belongs to it, and how it is kept: PNG, PDF, caption, tables."""

from __future__ import annotations

import csv
import io
import shutil
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from experiments.figures.source import Source
from experiments.figures.style import DPI
from experiments.records.provenance import versions
from raveforce.registry import Registry

__all__ = ["FIGURES", "Draw", "Picture", "save_png"]


@dataclass(frozen=True)
class Picture:
    """A figure and what is said of it.

    Attributes
    ----------
    name : of its files
    figure : as drawn
    shows : what it shows, in sentences; line breaks do not count
    seeds : which seeds are in it
    measured : how its numbers came to be, where they were not computed just now: ``command``, ``versions`` ...
    tables : numbers that are kept beside it, rows by name of the file
    sources : files that it was made from and that are kept beside it, by the name that they get
    """

    name: str
    figure: Figure
    shows: str
    seeds: str
    measured: Mapping[str, Any] = field(default_factory=dict)
    tables: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    sources: Mapping[str, Path] = field(default_factory=dict)

    def caption(self, command: str) -> str:
        """What it shows, the command that draws it, seeds, versions: Markdown."""
        shows = textwrap.fill(" ".join(self.shows.split()), 110, break_long_words=False, break_on_hyphens=False)
        lines = [f"# {self.name}", "", shows, "", f"- drawn by `{command}`"]
        if "command" in self.measured:
            lines.append(f"- numbers by `{self.measured['command']}`")
        lines.append(f"- seeds: {self.seeds}")
        theirs = dict(self.measured.get("versions") or self.measured.get("machine") or {})
        ours = {**versions(), "matplotlib": mpl.__version__}
        if theirs:
            lines.append(f"- measured with {_listed(theirs)}")
        lines.append(f"- drawn with {_listed(ours)}")
        return "\n".join(lines) + "\n"

    def save(self, folder: Path, command: str) -> list[Path]:
        """Write PNG, PDF, caption and tables.

        Parameters
        ----------
        folder : must be there
        command : that draws it, for the caption

        Returns
        -------
        the files
        """
        stem = folder / self.name
        png, pdf, caption = (stem.with_name(f"{self.name}{end}") for end in (".png", ".pdf", ".md"))
        # Laid out once, so that both files look the same; doing it again would move things by a hair.
        FigureCanvasAgg(self.figure).draw()
        self.figure.set_layout_engine("none")
        # No dates or versions in the files: the same numbers give the same bytes.
        save_png(self.figure, png)
        self.figure.savefig(pdf, dpi=DPI, metadata={"CreationDate": None, "Creator": None, "Producer": None})
        caption.write_text(self.caption(command), encoding="utf-8")
        written = [png, pdf, caption]
        for name, rows in self.tables.items():
            written.append(folder / f"{name}.csv")
            with written[-1].open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, dict.fromkeys(key for row in rows for key in row), lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)
        for name, path in self.sources.items():
            if path.resolve() != (folder / name).resolve():
                written.append(shutil.copyfile(path, folder / name))
        return written


Draw: TypeAlias = "Callable[[Source], Sequence[Picture]]"
"""Makes a figure's pictures from its source; raises ``MissingTable`` where that is not there."""

FIGURES: Registry[Draw] = Registry(
    "figure",
    group="raveforce.figures",
    modules=[
        f"experiments.figures.{name}"
        for name in (
            "surface",
            "writing",
            "sweep",
            "sound",
            "steps",
            "speed",
            "match",
            "drums",
            "learning",
            "table",
            "profiles",
            "rewards",
        )
    ],
)
"""The figures by name."""


def save_png(figure: Figure, path: Path, dpi: int = DPI) -> None:
    """Write a figure with a palette of 256 colours: a third of the size, with colours off by less than can be seen."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi)
    with Image.open(buffer) as image:
        # Of Pillow's methods the one that keeps small marks, such as a cross on a map.
        method = Image.Quantize.MAXCOVERAGE
        reduced = image.convert("RGB").quantize(256, method=method, dither=Image.Dither.NONE)
    reduced.save(path, optimize=True, dpi=(dpi, dpi))


def _listed(named: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in named.items())
