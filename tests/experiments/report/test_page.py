"""The page as text: safe, small, whole. What it does in a browser is in test_browser.py."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from experiments.config.errors import ConfigError
from experiments.report import Curve, Item, Sound, page, read_run, report_page
from experiments.report.__main__ import main
from experiments.report.charts import Line, chart
from experiments.report.overview import columns
from experiments.report.sounds import encode, sound_key

NOISE = np.random.default_rng(0)


def sound(name: str, seconds: float = 0.1, *, rate: int = 44100, **more: object) -> Sound:
    audio = NOISE.uniform(-0.5, 0.5, round(seconds * rate)).astype(np.float32)
    return Sound(name, audio, rate, **more)  # type: ignore[arg-type]


def data_of(page: str) -> dict:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert found
    return json.loads(found[1])


def test_what_the_template_compiles_to_is_kept_where_that_is_possible(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def page_of_a_new_process() -> str:
        page._template.cache_clear()
        return report_page([Item("a")])

    (tmp_path / "file").touch()
    monkeypatch.setenv("RAVEFORCE_CACHE", str(tmp_path / "file"))
    plain = page_of_a_new_process()
    monkeypatch.setenv("RAVEFORCE_CACHE", str(tmp_path / "cache"))
    assert page_of_a_new_process() == plain
    kept = list((tmp_path / "cache" / "pages").iterdir())
    assert kept
    monkeypatch.setattr(page.Environment, "compile", None)  # type: ignore[attr-defined]
    assert page_of_a_new_process() == plain
    monkeypatch.undo()
    monkeypatch.setenv("RAVEFORCE_CACHE", str(tmp_path / "cache"))
    kept[0].write_bytes(b"damaged")
    assert page_of_a_new_process() == plain


def test_the_page_asks_nothing_of_the_network(make_run: Callable[..., Path], tmp_path: Path) -> None:
    page = report_page([read_run(make_run(tmp_path / "run"))])
    assert set(re.findall(r"https?://[^\"' ]+", page)) == {"https://glicol.org/"}  # a link, to be followed by hand
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=\"(?!data:)", page)
    assert "default-src 'none'" in page


def test_everything_is_escaped() -> None:
    bad = "</script><script>alert(1)</script><img src=x onerror=alert(2)>'\"&"
    item = Item(
        name=bad,
        facts={bad: bad, "task": bad, "state": bad},
        sounds=[sound("target"), sound(bad, against="target", caption=bad, program=bad, parameters=[{bad: bad}] * 2)],
        curves=[Curve(bad, [0, 1], [1, 0])],
        curve_axes=(bad, bad),
        reference=(bad, 0.5),
        distances={bad: {bad: 1.0}, "silence": {bad: 2.0}},
        trained_on=bad,
        settings={bad: bad},
        remarks=[bad],
        faults=[bad],
    )
    page = report_page([item, Item(name=f"{bad}2", facts={"task": "x"}, curves=item.curves)], title=bad)
    assert "<img" not in page
    assert "alert(1)</script>" not in page
    scripts = re.findall(r"<script>(.*?)</script>", page, re.S)
    assert len(scripts) == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page


def test_sounds_are_kept_exactly_where_there_is_room() -> None:
    sounds = [sound("target"), sound("best", against="target", rate=22050)]
    kept = encode([Item("a", sounds=sounds)])
    for one in sounds:
        held = kept[sound_key(one)]
        audio, rate = soundfile.read(io.BytesIO(base64.b64decode(held.data)), dtype="float32")
        assert held.mime == "audio/flac"
        assert rate == one.sample_rate
        np.testing.assert_allclose(audio * held.gain, one.audio, atol=1 / 32000)


def test_a_sound_beyond_full_scale_keeps_its_level() -> None:
    loud = Sound("loud", np.array([0.5, -3.0, 1.5], dtype=np.float32), 44100)
    held = encode([Item("a", sounds=[loud])])[sound_key(loud)]
    audio, _ = soundfile.read(io.BytesIO(base64.b64decode(held.data)))
    assert (held.gain, held.peak) == (3, 3)
    np.testing.assert_allclose(audio * held.gain, loud.audio, atol=1e-3)


def test_equal_sounds_are_held_once() -> None:
    target = sound("target")
    items = [Item(str(n), sounds=[target, sound("best", against="target")]) for n in range(3)]
    assert len(data_of(report_page(items))) == 4


def test_sounds_shrink_and_then_go_where_they_are_too_much() -> None:
    items = [Item(str(n), sounds=[sound("best", 2.0)]) for n in range(5)]
    whole = sum(len(held.data) for held in encode(items).values())
    smaller = encode(items, budget=whole // 2)
    assert {held.mime for held in smaller.values()} == {"audio/mpeg"}
    assert len(smaller) == 5
    few = encode(items, budget=whole // 12)
    assert 0 < len(few) < 5
    assert list(few) == [sound_key(item.sounds[0]) for item in items[: len(few)]]
    page = report_page(items, budget=whole // 12)
    assert page.count("The sounds of this run are left out") == 5 - len(few)


@pytest.mark.slow
def test_fifty_runs_of_two_second_loops_stay_below_ten_megabytes(make_run: Callable[..., Path], tmp_path: Path) -> None:
    one = read_run(make_run(tmp_path / "run"))
    loops = [
        Item(
            name=f"run {n}",
            facts=one.facts,
            sounds=[sound("target", 2.0), *(sound(name, 2.0, against="target") for name in ("best", "policy"))],
            curves=[Curve(curve.name, range(300), NOISE.uniform(size=300).tolist()) for curve in one.curves],
            distances=one.distances,
            settings={f"setting.{k}": "value" * 3 for k in range(80)},
        )
        for n in range(50)
    ]
    page = report_page(loops)
    assert len(page.encode()) < 10e6
    assert len(data_of(page)) == 150


def test_a_column_that_says_the_same_of_all_is_said_once() -> None:
    items = [Item(str(n), facts={"task": "kick", "agent": f"a{n}", "score": 0.5, "seed": n}) for n in range(2)]
    found = {column.name: column for column in columns(items)}
    assert found["task"].common == "kick"
    assert found["agent"].choices == ["a0", "a1"]
    assert found["score"].common is None
    assert (found["score"].numeric, found["seed"].numeric, found["agent"].numeric) == (True, True, False)


def test_a_chart_spans_its_lines_and_its_reference() -> None:
    laid = chart([Line(Curve("best", [0, 100], [2.0, 1.0]), "a")], ("renders", "mss"), ("silence", 1.5))
    left, right, top, bottom = laid.area
    assert laid.lines[0].path.startswith(f"M{left} ")
    assert f"L{right} " in laid.lines[0].path
    assert {text: place for place, text in laid.y_ticks}["0"] == bottom
    assert laid.reference is not None
    assert top < laid.reference[0] < bottom
    assert laid.description == "mss against renders: best from 2 to 1"


@pytest.mark.parametrize("points", [([5], [1.0]), ([0, 0], [0.0, 0.0]), ([0, 1], [-1.0, 1e9])])
def test_any_finite_line_can_be_laid_out(points: tuple[list[float], list[float]]) -> None:
    laid = chart([Line(Curve("x", *points), "a")], ("x", "y"), ("silence", 0.0))
    assert "nan" not in laid.lines[0].path


def test_items_with_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="different names"):
        report_page([Item("a"), Item("a")])
    with pytest.raises(ValueError, match="must have different names"):
        Item("a", sounds=[sound("x"), sound("x")])
    with pytest.raises(ValueError, match="NaN"):
        Sound("x", np.array([np.nan], dtype=np.float32), 44100)


def test_the_command_writes_a_page(
    make_run: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_run(tmp_path / "runs" / "one")
    make_run(tmp_path / "runs" / "two=2", agent="sac")
    main([str(tmp_path / "runs")])
    assert f"2 runs, 0.1 MB: {tmp_path / 'runs' / 'report.html'}" in capsys.readouterr().out
    main([str(tmp_path / "runs" / "two=2"), f"output={tmp_path / 'pages' / 'two.html'}", "title=Two"])
    assert "<title>Two</title>" in (tmp_path / "pages" / "two.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"), [([], "name a folder"), (["{empty}"], "there is no run in"), (["--titel=x"], "did you mean")]
)
def test_the_command_says_what_is_wrong(tmp_path: Path, arguments: list[str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        main([argument.format(empty=tmp_path) for argument in arguments])


def test_the_documentation_s_code_runs(capsys: pytest.CaptureFixture[str]) -> None:
    text = (Path(__file__).resolve().parents[3] / "docs" / "report.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        exec(block, {})  # our own documentation, not somebody's text
    assert re.fullmatch(r"(\d\.\d{3} \[\d\.\d{3}, \d\.\d{3}\]\n){2}", capsys.readouterr().out)
