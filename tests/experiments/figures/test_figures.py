from __future__ import annotations

import re
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.text import Text
from mpl_toolkits.mplot3d import Axes3D

from experiments.config.errors import ConfigError
from experiments.figures.__main__ import main
from experiments.figures.picture import FIGURES, Picture
from experiments.figures.source import PAPER, MissingTable
from experiments.figures.style import COLUMN, DPI, SMALL, style

Draw = Callable[..., list[Picture]]
NAMES = list(FIGURES)
COMPUTED = ("surface", "sweep", "steps")
"""Made from no table."""
PLAIN = {"renders", "renders a target", "rows", "nodes", "reward", "Reward for agent", "amplitude", "mel band"}
"""What is counted or has no unit, such as samples of full scale 1."""


@pytest.fixture
def texts_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[Figure], list[Text]]:
    """Draws a figure and gives the texts that were drawn: hidden ones and ticks beyond an axis' limits are not."""
    drawn: dict[Text, None] = {}

    def note(text: Text, renderer: RendererBase) -> None:
        if text.get_visible() and text.get_text().strip():
            drawn[text] = None

    def _texts_of(figure: Figure) -> list[Text]:
        drawn.clear()
        with style(), monkeypatch.context() as patched:
            patched.setattr(Text, "draw", note)
            FigureCanvasAgg(figure).draw()
        return list(drawn)

    return _texts_of


@pytest.mark.parametrize("name", NAMES)
def test_its_text_can_be_read(name: str, draw: Draw, texts_of: Callable[[Figure], list[Text]]) -> None:
    for picture in draw(name):
        texts = texts_of(picture.figure)
        assert len(texts) > 5
        for text in texts:
            assert text.get_fontsize() >= SMALL, text
            assert "$" not in text.get_text(), f"{text}: mathematics has small exponents"
        boxes = [(text.get_text(), text.get_window_extent()) for text in texts if not isinstance(text.axes, Axes3D)]
        width, height = picture.figure.bbox.size
        for words, box in boxes:
            inside = (box.x0 >= -1, box.y0 >= -1, box.x1 <= width + 1, box.y1 <= height + 1)
            assert all(inside), f"{words!r} is cut off"
        for (words, box), (others, other) in combinations(boxes, 2):
            shared = box.intersection(box, other)
            assert shared is None or shared.width * shared.height < 1, f"{words!r} lies over {others!r}"


@pytest.mark.parametrize("name", NAMES)
def test_its_axes_have_names_and_units(name: str, draw: Draw) -> None:
    for picture in draw(name):
        labels = [
            label.get_text()
            for axis in picture.figure.findobj(Axes)
            for label in (axis.xaxis.label, axis.yaxis.label)
            if label.get_text()
        ]
        labels += [text for text in (picture.figure.get_supxlabel(), picture.figure.get_supylabel()) if text]
        assert len(labels) >= 2
        for label in labels:
            known = label in PLAIN or re.search(r" in (s|seconds|Hz|µs|dB)$|\(\w+\)|^(step \d+|reset)$", label)
            assert known or label in ("seconds", "log power", "target − attempt"), f"{label!r} has no unit"


@pytest.mark.parametrize("name", NAMES)
def test_its_files(name: str, draw: Draw, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        for picture in draw(name):
            with style():
                written = picture.save(folder, "python -m this")
            assert all(path.stat().st_size > 0 for path in written)
            assert imread(folder / f"{picture.name}.png").shape[1] == round(COLUMN * DPI)
    ends = {path.suffix for path in first.iterdir()}
    assert {".png", ".pdf", ".md"} <= ends
    for path in first.iterdir():
        assert path.read_bytes() == (second / path.name).read_bytes(), f"{path.name} differs the second time"


@pytest.mark.parametrize("name", NAMES)
def test_its_caption(name: str, draw: Draw) -> None:
    for picture in draw(name):
        caption = picture.caption("python -m this")
        assert caption.startswith(f"# {picture.name}\n")
        assert "drawn by `python -m this`" in caption
        assert re.search(r"^- seeds: \w", caption, re.MULTILINE)
        assert re.search(r"^- drawn with raveforce .*glicol_sha256 \w{64}.*matplotlib", caption, re.MULTILINE)
        if name not in COMPUTED:
            assert f"numbers by `measure {name}`" in caption or name == "sound"
            assert re.search(r"^- measured with ", caption, re.MULTILINE)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in COMPUTED])
def test_a_missing_table_is_named_with_what_makes_it(name: str, draw: Draw, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(MissingTable, match=r"empty.*python -m"):
        draw(name, tables=empty)


def test_other_figures_go_on_without_a_table(tables: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tables / "speed.json").unlink()
    out = tmp_path / "out"
    assert main(["figure=speed,match", f"tables={tables}", f"out={out}"]) == 1
    assert {path.name for path in out.iterdir()} == {"match.png", "match.pdf", "match.md"}
    said = capsys.readouterr().err
    assert "speed: left out" in said
    assert "python -m benchmarks.render" in said
    assert f"figure=match tables={tables}`" in (out / "match.md").read_text()


def test_a_broken_table_is_a_missing_one(tables: Path, draw: Draw) -> None:
    (tables / "match.json").write_text("{")
    with pytest.raises(MissingTable, match=r"match\.json cannot be read"):
        draw("match")


def test_reference_results_are_written_only_if_asked_to(tables: Path, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in PAPER.iterdir()}
    with pytest.raises(ConfigError, match="write=true"):
        main(["figure=match", f"tables={tables}", f"out={PAPER}"])
    assert main(["figure=match", f"tables={tables}", f"out={tmp_path / 'out'}"]) == 0
    assert {path: path.stat().st_mtime_ns for path in PAPER.iterdir()} == before


def test_an_unknown_figure_is_refused() -> None:
    with pytest.raises(ConfigError, match="did you mean surface"):
        main(["figure=surfaces"])


def test_drawing_leaves_matplotlibs_settings_alone() -> None:
    import matplotlib as mpl

    before = mpl.rcParams["font.size"]
    with style():
        assert mpl.rcParams["font.size"] == SMALL + 0.5
    assert mpl.rcParams["font.size"] == before
