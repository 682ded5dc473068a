from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

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
from experiments.figures.rewards import matrix
from experiments.figures.source import PAPER, MissingTable, Source, stored_name
from experiments.figures.style import COLUMN, DPI, SMALL, style

Draw = Callable[..., list[Picture]]
Drawn = Callable[[str], list[Picture]]
NAMES = list(FIGURES)
COMPUTED = ("surface", "sweep", "steps", "writing")
"""Made from no table."""
PLAIN = re.compile(
    r"renders|renders a target|rows|nodes|reward|Reward for agent|amplitude|mel band|log power|target − attempt|"
    r"reset|step \d+|score, by task|mean score,\n\d tasks|score τ|share of runs with a score > τ|"
    r"times the least of the column|.*distance \(\w+\)|measured with \(share of silence\)|trained on \(reward\)",
    re.DOTALL,
)
"""What is counted or has no unit, such as samples of full scale 1; and distances, whose name is their unit."""


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
def test_its_text_can_be_read(name: str, drawn: Drawn, texts_of: Callable[[Figure], list[Text]]) -> None:
    for picture in drawn(name):
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
def test_its_axes_have_names_and_units(name: str, drawn: Drawn) -> None:
    for picture in drawn(name):
        labels = [
            label.get_text()
            for axis in picture.figure.findobj(Axes)
            for label in (axis.xaxis.label, axis.yaxis.label)
            if label.get_text()
        ]
        labels += [text for text in (picture.figure.get_supxlabel(), picture.figure.get_supylabel()) if text]
        assert len(labels) >= 2
        for label in labels:
            unit = re.search(r" in (s|seconds|Hz|µs|dB)$|^seconds$", label)
            assert unit or PLAIN.fullmatch(label), f"{label!r} has no unit"


@pytest.mark.parametrize("name", NAMES)
def test_its_files(name: str, drawn: Drawn, tmp_path: Path) -> None:
    for picture in drawn(name):
        with style():
            written = picture.save(tmp_path, "python -m this")
        assert {path.name for path in written} >= {f"{picture.name}{end}" for end in (".png", ".pdf", ".md")}
        assert all(path.stat().st_size > 0 for path in written)
        assert imread(tmp_path / f"{picture.name}.png").shape[1] == round(COLUMN * DPI)


@pytest.mark.parametrize("name", ["surface", "learning"])
def test_the_same_numbers_give_the_same_files(name: str, draw: Draw, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        for picture in draw(name):
            with style():
                picture.save(folder, "python -m this")
    for path in first.iterdir():
        assert path.read_bytes() == (second / path.name).read_bytes(), f"{path.name} differs the second time"


@pytest.mark.parametrize("name", NAMES)
def test_its_caption(name: str, drawn: Drawn) -> None:
    for picture in drawn(name):
        caption = picture.caption("python -m this")
        assert caption.startswith(f"# {picture.name}\n")
        assert "drawn by `python -m this`" in caption
        assert re.search(r"^- seeds: \w", caption, re.MULTILINE)
        assert re.search(r"^- drawn with raveforce .*glicol_sha256 \w{64}.*matplotlib", caption, re.MULTILINE)
        if name not in COMPUTED:
            assert re.search(
                r"^- numbers by `(measure \w+|python -m experiments.study study=\w+)`$", caption, re.MULTILINE
            )
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
        draw("match", tables=tables)


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


def write_table(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def test_a_study_without_scores_says_so(tables: Path, draw: Draw) -> None:
    (tables / "agents_statistics.json").write_text('{"seed": 0, "groups": {}}')
    for name in ("table", "profiles"):
        with pytest.raises(MissingTable, match="random search is not in that study"):
            draw(name, tables=tables)


def test_a_study_of_one_reward_makes_no_matrix(tables: Path, draw: Draw) -> None:
    shutil.copy(tables / "agents_runs.csv", tables / "rewards_runs.csv")
    with pytest.raises(MissingTable, match="two rewards"):
        draw("rewards", tables=tables)


def test_a_studys_tables_are_stored_with_its_figures(stored: Path, tmp_path: Path) -> None:
    study, out = tmp_path / "mine", tmp_path / "out"
    study.mkdir()
    for file in ("runs.csv", "learning.csv", "statistics.json"):
        shutil.copy(stored / stored_name("agents", file), study / file)
    assert main(["figure=learning,table", f"study={study}", f"out={out}"]) == 0
    again = tmp_path / "again"
    assert main(["figure=learning,table", f"tables={out}", f"out={again}"]) == 0
    for name in ("learning.png", "table.png", "table.csv", "agents_runs.csv", "agents_learning.csv"):
        assert (out / name).read_bytes() == (again / name).read_bytes()


def test_learning_curves_come_from_the_runs_where_there_is_no_table_of_them(stored: Path, tmp_path: Path) -> None:
    study = tmp_path / "mine"
    run = study / "sweep" / "kick_cma_0"
    run.mkdir(parents=True)
    (run / "metrics.csv").write_text("renders,best/distance,evaluation/distance\n50,0.5,0.6\n100,0.4,0.4\n")
    row = {"task": "kick", "agent": "cma", "reward": "mss", "seed": 0, "folder": "sweep/kick_cma_0", "state": "done"}
    write_table(study / "runs.csv", [row])
    with style():
        (picture,) = FIGURES.get("learning")(Source(study=study))
    assert picture.tables["agents_learning"] == [
        {"task": "kick", "agent": "cma", "reward": "mss", "seed": 0, "renders": 50, "best": 0.5, "policy": 0.6},
        {"task": "kick", "agent": "cma", "reward": "mss", "seed": 0, "renders": 100, "best": 0.4, "policy": 0.4},
    ]


def test_the_matrix_holds_shares_of_silence() -> None:
    runs = [
        {"reward": reward, "policy.mss": mss, "silence.mss": 2.0, "policy.log_mel": 1.0, "silence.log_mel": 4.0}
        for reward, mss in (("log_mel", 1.0), ("mss", 0.2), ("mss", 0.4), ("mss", 9.0))
    ]
    trained, measured, shares = matrix(runs)
    assert (trained, measured) == (["mss", "log_mel"], ["mss", "log_mel"])
    assert shares.tolist() == [[0.2, 0.25], [0.5, 0.25]]


def test_what_made_a_study_is_quoted(tables: Path, draw: Draw) -> None:
    about = {"command": "python -m experiments.study study=agents by_seed=false", "versions": {"raveforce": "9.9"}}
    (tables / "agents_study.json").write_text(json.dumps(about))
    (picture,) = draw("table", tables=tables)
    caption = picture.caption("python -m this")
    assert "numbers by `python -m experiments.study study=agents by_seed=false`" in caption
    assert "measured with raveforce 9.9\n" in caption
    assert set(picture.sources) == {"agents_runs.csv", "agents_statistics.json", "agents_study.json"}
