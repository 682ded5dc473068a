"""What the site's hooks do while it is built."""

from __future__ import annotations

import logging
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest

from docs.hooks.notebooks import as_markdown

PAGE = SimpleNamespace(file=SimpleNamespace(src_uri="page.md"))


@pytest.mark.parametrize(
    ("html", "warned"),
    [
        ('<script src="https://elsewhere.org/x.js"></script>', True),
        ('<img alt="badge" src=//elsewhere.org/x.svg>', True),
        ('<link rel="stylesheet" href="https://elsewhere.org/x.css">', True),
        ('<a href="https://elsewhere.org">elsewhere</a>', False),
        ('<link rel="canonical" href="https://elsewhere.org/page">', False),
        ('<script src="assets/x.js"></script><img src="x.png">', False),
    ],
)
def test_what_a_page_would_load_from_elsewhere_ends_a_strict_build(
    html: str, warned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    site = pytest.importorskip("docs.hooks.site", reason='needs pip install "raveforce[docs]"')
    with caplog.at_level(logging.WARNING):
        assert site.on_post_page(html, PAGE, None) == html
    assert any("from the network" in message for message in caplog.messages) == warned


def test_the_navigation_is_filled_where_it_names_a_folder() -> None:
    site = pytest.importorskip("docs.hooks.site", reason='needs pip install "raveforce[docs]"')
    nav = [{"Start": ["index.md", "notebooks/"]}, {"API": ["api/"]}]
    made = {"notebooks/": ["notebooks/a.md"], "api/": [{"a": "api/a.md"}, {"b": "api/b.md"}]}
    assert site._with(nav, made) == [
        {"Start": ["index.md", "notebooks/a.md"]},
        {"API": [{"a": "api/a.md"}, {"b": "api/b.md"}]},
    ]


def test_a_notebook_is_a_page_whose_badge_is_a_link(tmp_path: Path) -> None:
    cells = [
        nbformat.v4.new_markdown_cell("# Title\n\n[![Open](https://elsewhere.org/b.svg)](https://elsewhere.org/nb)"),
        nbformat.v4.new_code_cell("1 + 1"),
    ]
    path = tmp_path / "a.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    assert as_markdown(path) == "# Title\n\n[Open](https://elsewhere.org/nb)\n\n```python\n1 + 1\n```\n"
