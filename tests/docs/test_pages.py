"""What the README and the pages of docs/ say is there: links, commands, code."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml

import raveforce
from benchmarks.drums.measures import compiled_librosa
from raveforce.cli import main
from raveforce.env import RaveForceEnv
from raveforce.tasks.kick import kick_808

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
GROUPS = "|".join(path.name for path in sorted((ROOT / "conf").iterdir()) if path.is_dir())
TARGETS = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
EXAMPLES = {"NAME", "bell", "whistle", "grid"}
"""Names that a reader is to put in, and those of the pages' own examples."""

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def text_of(page: Path) -> str:
    if page.suffix == ".ipynb":
        return "\n".join("".join(cell["source"]) for cell in json.loads(page.read_text(encoding="utf-8"))["cells"])
    return page.read_text(encoding="utf-8")


def blocks(page: str | Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text_of(ROOT / page), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", [*PAGES, *NOTEBOOKS], ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for path in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", text_of(page)):
        assert (page.parent / path).exists(), path


@pages
def test_commands_are_there(page: Path) -> None:
    text = text_of(page)
    for module in re.findall(r"python -m ((?:experiments|benchmarks|raveforce)[\w.]*\w)", text):
        assert importlib.util.find_spec(module), module
    typed = [*blocks(page, "sh"), *re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)]
    for target in re.findall(r"^make (?:\w+=\S+ )*([a-z-]+)", "\n".join(typed), re.MULTILINE):
        assert target in TARGETS, target
    for command in re.findall(r"(?:^|\| |`)(?:\$ )?raveforce ([a-z]+)", text, re.MULTILINE):
        assert command in main.commands, command


def settings(text: str) -> Iterator[tuple[str, str]]:
    """Groups and options of the commands that a text shows, continued lines and lists taken apart."""
    for line in re.sub(r"\\\n\s*", " ", text).splitlines():
        if "--config-dir" in line or not re.search(r"run\.py|experiments\.", line):
            continue
        for group, options in re.findall(rf"(?<![\w./-])({GROUPS})=([\w,]+)(?![\w.:/])", line):
            yield from ((group, option) for option in options.split(","))


@pages
def test_settings_are_there(page: Path) -> None:
    for group, option in settings(text_of(page)):
        assert option in EXAMPLES or (ROOT / "conf" / group / f"{option}.yaml").exists(), f"{group}={option}"


def test_settings_are_found_where_they_are() -> None:
    shown = "python run.py -m task=kick agent=ppo,sac \\\n    tune=none reward.distance=mine:Class agent.algorithm=a:B"
    assert list(settings(shown)) == [("task", "kick"), ("agent", "ppo"), ("agent", "sac"), ("tune", "none")]


@pytest.mark.parametrize(
    "page", ["README.md", "docs/environments.md", "docs/first-hour.md", "docs/from-raveforce-0.2.md", "docs/report.md"]
)
def test_code_runs(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "import librosa" in text_of(ROOT / page):
        compiled_librosa()
    soundfile.write(tmp_path / "YOUR_KICK_DRUM_SAMPLE.wav", kick_808(48000), 48000)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    found = blocks(page, "python")
    assert found
    for code in found:
        exec(code, names)  # our own pages, not somebody's text
    if "terminated" in names:
        assert names["terminated"] is True


def test_the_sound_of_the_readme_is_as_long_as_it_says() -> None:
    names: dict[str, object] = {}
    exec(blocks("README.md", "python")[0], names)
    assert names["sound"].shape == (88200,)  # type: ignore[attr-defined]


def test_the_task_of_15_lines(tmp_path: Path) -> None:
    (text,) = blocks("docs/first-hour.md", "yaml")
    assert len(text.strip().splitlines()) <= 15
    soundfile.write(tmp_path / "bell.wav", kick_808(44100), 44100)
    spec = yaml.safe_load(text)
    spec["target"] = str(tmp_path / "bell.wav")
    env = RaveForceEnv(raveforce.define(**spec))
    env.reset(seed=0)
    *_, info = env.step(np.zeros(5, np.float32))
    assert info["fault"] == ""
    assert env.audio.any()


def test_every_page_is_in_the_navigation() -> None:
    site = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    for page in (ROOT / "docs").glob("*.md"):
        assert f"- {page.name}\n" in site, f"{page.name} is not in mkdocs.yml's nav"


def test_notebooks_are_small_and_hold_no_output() -> None:
    assert NOTEBOOKS
    for path in NOTEBOOKS:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        assert not any(cell.get("outputs") for cell in cells), path
        assert path.stat().st_size < 500_000
