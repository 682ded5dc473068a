"""The built site, read from its folder in a browser: nothing comes from the network, and the search works."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = Path("/usr/bin/chromium")

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("site")]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("mkdocs", reason='the site is built with pip install "raveforce[docs]"')
    path = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--site-dir", str(path)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason='the site is read with pip install "raveforce[dev]"')
    if not CHROMIUM.exists():
        pytest.skip(f"the site is read in {CHROMIUM}, which is not there (apt-get install chromium)")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


@pytest.fixture
def read(site: Path, browser: Any) -> Iterator[Any]:
    """A page that fails the test where it asks the network for anything, or a script goes wrong."""
    page = browser.new_page()
    wrong: list[str] = []
    page.on("request", lambda it: wrong.append(it.url) if it.url.startswith("http") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)

    def _read(path: str) -> Any:
        page.goto((site / path).as_uri())
        page.wait_for_load_state()
        return page

    yield _read
    page.close()
    assert wrong == []


@pytest.mark.parametrize(
    "path", ["index.html", "environments/kick-v0.html", "catalogue/distances.html", "api/raveforce.html"]
)
def test_pages_fit_a_phone(read: Any, path: str) -> None:
    page = read(path)
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_search_works_without_a_server(read: Any) -> None:
    page = read("index.html")
    page.fill("input.md-search__input", "autoreset")
    found = page.locator(".md-search-result__link")
    found.first.wait_for(state="attached", timeout=60_000)
    assert any("glossary" in each.get_attribute("href") for each in found.all())


def test_an_environment_is_heard(read: Any) -> None:
    page = read("environments/kick-v0.html")
    ready = "sounds => sounds.length == 2 && sounds.every(sound => Math.abs(sound.duration - 0.4) < 0.01)"
    page.wait_for_function(f"({ready})([...document.querySelectorAll('audio')])", timeout=60_000)
    assert page.evaluate("[...document.images].every(image => image.naturalWidth > 0)")
