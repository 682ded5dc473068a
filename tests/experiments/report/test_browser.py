"""The page in a browser, opened as a file: players, keys, sorting, filtering, copying, on wide and narrow screens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments.report import Item, Sound, read_run, report_page

# One browser serves them all.
pytestmark = pytest.mark.xdist_group("browser")

SHOWN = "article.item:not([hidden])"
PLAYING = f"{SHOWN} figure.playing"
DRAWN = f"{SHOWN}:not(:has(figure.sound:not([data-drawn])))"


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What the browser complains about; nothing, at the end."""
    heard: list[str] = []
    yield heard
    assert heard == []


@pytest.fixture
def open_page(browser: Any, complaints: list[str], tmp_path: Path) -> Iterator[Callable[..., Any]]:
    contexts = []

    def _open(items: list[Item], **options: Any) -> Any:
        path = tmp_path / "page.html"
        path.write_text(report_page(items, title="Runs"), encoding="utf-8")
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("console", lambda message: complaints.append(message.text) if message.type != "log" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(f"a dialog: {dialog.message}"))
        page.on("request", lambda request: complaints.append(request.url) if request.url[:4] == "http" else None)
        page.goto(path.as_uri())
        page.wait_for_selector(DRAWN)
        return page

    yield _open
    for context in contexts:
        context.close()


@pytest.fixture
def runs(make_run: Callable[..., Path], tmp_path: Path) -> list[Item]:
    made = [("a", "cma", 0.7, 2.0), ("b", "random", 0.2, 2.0), ("c", "sac", 0.9, 1.0)]
    return [
        read_run(make_run(tmp_path / name, agent=agent, score=score, seed=seed, seconds=seconds))
        for seed, (name, agent, score, seconds) in enumerate(made)
    ]


def names(page: Any) -> list[str]:
    return page.locator("#table tbody tr:not([hidden]) a").all_inner_texts()


def test_players_have_the_sounds_durations_and_pictures(open_page: Callable[..., Any], runs: list[Item]) -> None:
    page = open_page(runs[:1])
    figures = page.locator(f"{SHOWN} figure.sound")
    assert figures.evaluate_all("all => all.map(one => one.dataset.name)") == ["target", "best", "policy"]
    assert figures.evaluate_all("all => all.map(one => Number(one.dataset.seconds))") == pytest.approx([2.0] * 3)
    colours = page.locator(f"{SHOWN} canvas").evaluate_all(
        "all => all.map(one => new Set(new Uint32Array("
        "one.getContext('2d').getImageData(0, 0, one.width, one.height).data.buffer)).size)"
    )
    assert all(count > 2 for count in colours), colours


def test_the_spectrogram_shows_the_sound_s_frequency(open_page: Callable[..., Any]) -> None:
    time = np.arange(44100) / 44100
    sine = Sound("tone", (0.5 * np.sin(2 * np.pi * 5000 * time)).astype(np.float32), 44100)
    page = open_page([Item("a", sounds=[sine])])
    brightest = page.locator("canvas.spectrogram").evaluate(
        "one => { const { data } = one.getContext('2d').getImageData(one.width / 2, 0, 1, one.height);"
        " const rows = Array.from({ length: one.height }, (_, y) => data[4 * y] + data[4 * y + 1] + data[4 * y + 2]);"
        " return rows.indexOf(Math.max(...rows)) / one.height; }"
    )
    # Linear up to 500 Hz, logarithmic above, half the sample rate at the top.
    bend = 1 / (1 + np.log10(22050 / 500))
    place = bend + (1 - bend) * np.log(5000 / 500) / np.log(22050 / 500)
    assert brightest == pytest.approx(1 - place, abs=0.03)


def test_keys_play_switch_and_stop(open_page: Callable[..., Any], runs: list[Item]) -> None:
    page = open_page(runs)

    def playing(name: str) -> None:
        page.wait_for_selector(f'{PLAYING}[data-name="{name}"] .play[aria-pressed="true"]')

    page.keyboard.press("l")
    page.keyboard.press("Space")
    playing("best")
    page.keyboard.press("x")
    playing("target")
    page.keyboard.press("x")
    playing("best")
    page.keyboard.press("3")
    playing("policy")
    page.keyboard.press("x")
    playing("target")
    page.keyboard.press("x")
    playing("policy")  # back to the attempt that it came from
    page.keyboard.press("j")  # the next run, the same sound
    playing("policy")
    assert page.locator(SHOWN).get_attribute("aria-label") == "b"
    page.keyboard.press("Space")
    page.wait_for_selector(PLAYING, state="detached")
    page.keyboard.press("k")
    assert page.locator(SHOWN).get_attribute("aria-label") == "a"
    page.keyboard.press("Shift+?")
    assert page.locator("dialog#help").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("dialog#help").is_visible()


def test_a_sound_plays_to_its_end(open_page: Callable[..., Any], runs: list[Item]) -> None:
    page = open_page(runs[2:])
    page.locator('button[aria-label="Play best"]').click()
    page.wait_for_selector(PLAYING)
    page.wait_for_selector(PLAYING, state="detached", timeout=60_000)


def test_a_b_goes_on_at_the_same_place(open_page: Callable[..., Any], runs: list[Item]) -> None:
    page = open_page(runs[:1])
    box = page.locator(f'{SHOWN} figure[data-name="best"] .pictures').bounding_box()
    page.mouse.click(box["x"] + 0.5 * box["width"], box["y"] + 20)
    # Looked for in every frame of the page: on a busy machine the sound is over before it can be asked for.
    find = "selector => parseFloat(document.querySelector(selector)?.style.left)"
    before = page.wait_for_function(find, arg=f'{PLAYING}[data-name="best"] .playhead').json_value()
    page.keyboard.press("x")
    left = page.wait_for_function(find, arg=f'{PLAYING}[data-name="target"] .playhead').json_value()
    pixel = 100 / box["width"]  # a mouse is on one or on the next
    assert 50 - pixel <= before <= left <= 100


def test_the_table_is_sorted_by_its_heads(open_page: Callable[..., Any], runs: list[Item]) -> None:
    page = open_page(runs)
    assert names(page) == ["a", "b", "c"]
    score = page.locator('#table thead button[data-column="score"]')
    score.click()
    assert names(page) == ["b", "a", "c"]
    assert score.locator("xpath=..").get_attribute("aria-sort") == "ascending"
    score.focus()
    page.keyboard.press("Space")
    assert names(page) == ["c", "a", "b"]
    page.locator('#table thead button[data-column="agent"]').click()
    assert names(page) == ["a", "b", "c"]


def test_the_table_is_filtered_by_words_and_comparisons(open_page: Callable[..., Any], runs: list[Item]) -> None:
    page = open_page(runs)
    cases = {"cma": "a", "score>0.5": "ac", "score>0.5 seed<2": "a", "agent=sac": "c", "nothing": ""}
    for typed, left in cases.items():
        page.locator("#filter").fill("")
        page.keyboard.press("Escape")
        page.keyboard.press("/")
        page.keyboard.type(typed)
        assert "".join(names(page)) == left
        assert page.locator("#count").inner_text() == f"{len(left)} of 3 runs"
    page.locator("#filter").fill("")
    assert names(page) == ["a", "b", "c"]
    page.locator('select[data-column="agent"]').select_option("random")
    assert names(page) == ["b"]


def test_the_program_is_copied_as_it_is(open_page: Callable[..., Any], runs: list[Item], tmp_path: Path) -> None:
    page = open_page(runs, permissions=["clipboard-read", "clipboard-write"])
    page.keyboard.press("c")
    page.wait_for_selector(".copy.done")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == (tmp_path / "a" / "best.glicol").read_text(encoding="utf-8")


def test_a_run_is_chosen_by_its_row_and_by_the_address(open_page: Callable[..., Any], runs: list[Item]) -> None:
    page = open_page(runs)
    page.locator("#table tbody tr", has_text="random").click()
    assert page.locator(SHOWN).get_attribute("aria-label") == "b"
    page.reload()
    assert page.locator(SHOWN).get_attribute("aria-label") == "b"
    assert page.locator('#table tr[aria-current="true"] a').inner_text() == "b"


def test_a_page_opens_at_its_head(open_page: Callable[..., Any], runs: list[Item]) -> None:
    page = open_page(runs, viewport={"width": 800, "height": 300})
    page.wait_for_load_state("load")
    assert page.evaluate("[window.scrollY, location.hash]") == [0, ""]
    assert page.locator(SHOWN).get_attribute("aria-label") == "a"


def test_the_page_fits_any_screen_by_day_and_by_night(open_page: Callable[..., Any], runs: list[Item]) -> None:
    page = open_page(runs)
    for width in (320, 390, 800, 1400):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        light = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/[0-9]+/)[0] > 128")
        assert light == (scheme == "light")


def test_everything_that_is_pressed_or_typed_into_has_a_name(open_page: Callable[..., Any], runs: list[Item]) -> None:
    page = open_page(runs)
    nameless = page.locator("button, a, input, select, canvas, svg[role=img]").evaluate_all(
        "all => all.filter(one => !(one.ariaLabel || one.textContent.trim() || one.labels?.[0]?.textContent.trim()))"
        ".map(one => one.outerHTML)"
    )
    assert nameless == []


def test_what_files_hold_cannot_run(open_page: Callable[..., Any]) -> None:
    bad = '"><img src=x onerror=alert(1)><script>alert(2)</script><svg onload=alert(3)>'
    sound = Sound(bad, np.full(100, 0.1, np.float32), 44100, program=bad, caption=bad, against=bad)
    items = [Item(bad, facts={bad: bad, "agent": bad}, sounds=[sound], remarks=[bad]), Item("b", facts={"agent": "x"})]
    page = open_page(items)
    page.locator("#filter").fill(bad)
    page.locator("#filter").fill("")
    assert names(page) == [bad, "b"]
    page.wait_for_timeout(200)


def test_a_page_of_sounds_alone(open_page: Callable[..., Any]) -> None:
    sounds = [Sound(name, np.full(4410, 0.1, np.float32), 44100) for name in ("one", "two")]
    page = open_page([Item("sounds", sounds=sounds)])
    assert page.locator("#table").count() == 0
    page.keyboard.press("l")
    page.locator('button[aria-label="Play two"]').click()
    page.wait_for_selector(f'{PLAYING}[data-name="two"]')
    page.keyboard.press("x")  # there is no other side
    page.wait_for_selector(f'{PLAYING}[data-name="two"]')
