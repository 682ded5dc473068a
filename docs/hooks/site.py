"""Hooks of MkDocs (`make docs`): pages that are made of the code are added, and links lead to where things are."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import get_plugin_logger
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from docs.hooks import environments, reference
from docs.hooks.links import outside, relinked
from docs.hooks.notebooks import as_markdown
from docs.hooks.tables import ROOT, TABLES, page_name
from raveforce.tasks import ENVIRONMENTS

log = get_plugin_logger("site")

FROM_ROOT = {"CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
"""Pages that lie in the project's root."""

MADE_OF = {
    "README.md": "index.md",
    "raveforce/tasks": "catalogue/tasks.md",
    "raveforce/distances": "catalogue/distances.md",
    "raveforce/rewards.py": "catalogue/rewards.md",
    "raveforce/observations": "catalogue/observations.md",
    "raveforce/actions.py": "catalogue/actions.md",
    "raveforce/parameters.py": "catalogue/actions.md",
    "agents": "catalogue/agents.md",
}
"""What the pages that are made of the code are made of: on GitHub one reads the code, on the site the page."""


@cache
def _notebooks() -> dict[str, str]:
    """Pages of notebooks, by the notebook's path."""
    return {f"notebooks/{path.name}": f"notebooks/{path.stem}.md" for path in sorted(ROOT.glob("notebooks/*.ipynb"))}


@cache
def _environments() -> list[environments.Page]:
    return environments.pages()


@cache
def _place(path: str) -> str | None:
    """What a path from the project's root is on the site."""
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    known = {**FROM_ROOT, **MADE_OF, **_notebooks()}
    if path in known:
        return known[path]
    for id, environment in ENVIRONMENTS.items():
        if path == f"{environment.definition.__module__.replace('.', '/')}.py":
            return f"environments/{page_name(id)}"
    module = path.removesuffix("/__init__.py").removesuffix(".py").replace("/", ".")
    if module in reference.pages():
        return f"api/{module}.md"
    return path if (ROOT / path).is_file() else None


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the pages that are made of the code into the navigation, where it names their folders."""
    made: dict[str, list[Any]] = {
        "environments/": [{page.title: f"environments/{page.name}"} for page in _environments()],
        "api/": [{room: _rooms_pages(room)} for room in reference.ROOMS],
        "notebooks/": list(_notebooks().values()),
    }
    config.nav = _with(config.nav, made)
    return config


def _rooms_pages(room: str) -> list[dict[str, str]]:
    return [{name: f"api/{name}.md"} for name in reference.pages() if f"{name}.".startswith(f"{room}.")]


def _with(nav: Any, made: dict[str, list[Any]]) -> Any:
    if isinstance(nav, dict):
        return {title: _with(part, made) for title, part in nav.items()}
    if isinstance(nav, list):
        filled: list[Any] = []
        for part in nav:
            filled += made[part] if isinstance(part, str) and part in made else [_with(part, made)]
        return filled
    return nav


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made of the code, and the files that pages link to."""

    def add(path: str, content: str | bytes) -> None:
        files.append(File.generated(config, path, content=content))

    for path, write in TABLES.items():
        add(path, write())
    for page in _environments():
        add(f"environments/{page.name}", page.text)
        for name, content in page.files.items():
            add(f"environments/{name}", content)
    for module, text in reference.pages().items():
        add(f"api/{module}.md", text)
    for notebook, path in _notebooks().items():
        add(path, as_markdown(ROOT / notebook))
    for path, name in FROM_ROOT.items():
        add(name, (ROOT / path).read_text(encoding="utf-8"))
    linked: set[str] = set()
    for file in files.documentation_pages():
        folder = _folder(file)
        if folder is not None:
            linked |= outside(file.content_string, folder)
    for path in sorted(linked):
        place = _place(path)
        if place is not None and files.get_file_from_path(place) is None:
            files.append(File.generated(config, place, abs_src_path=str(ROOT / path)))
    return files


def _folder(file: File) -> str | None:
    """Where a page's text lies, from the project's root; None for what is made of the code."""
    uri = file.src_uri
    if uri in FROM_ROOT.values():
        return ""
    if uri in _notebooks().values():
        return "notebooks"
    return None if file.generated_by else f"docs/{Path(uri).parent.as_posix()}".removesuffix("/.")


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Let a page's links lead to the site's pages, and its sounds be heard."""
    folder = _folder(page.file)
    return markdown if folder is None else relinked(markdown, folder, page.file.src_uri, _place)


_ELSEWHERE = r"[^>]*\b{}=[\"']?(?:https?:)?//[^\s>]*"
_LOADED = re.compile(r"<(?:script|img|audio|video|iframe|source)\b" + _ELSEWHERE.format("src"))
_STYLES = re.compile(r"<link\b[^>]*\brel=[\"']?(?:stylesheet|preconnect|preload)\b" + _ELSEWHERE.format("href"))


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Warn, which ends a strict build, of what a page would load from elsewhere when it is read."""
    for found in (*_LOADED.findall(output), *_STYLES.findall(output)):
        log.warning("%s loads something from the network: %s", page.file.src_uri, found)
    return output
