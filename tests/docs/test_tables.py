"""The site's pages that are made of the code have all that is registered, and say something of each."""

from __future__ import annotations

import re

import pytest

from agents.registry import AGENTS
from docs.hooks import environments, reference
from docs.hooks.tables import ROOT, TABLES
from raveforce.actions import ACTIONS
from raveforce.distances import DISTANCES
from raveforce.observations import OBSERVATIONS
from raveforce.registry import Registry
from raveforce.rewards import REWARDS
from raveforce.tasks import ENVIRONMENTS, TASKS

REGISTRIES: dict[str, Registry] = {
    "tasks": TASKS,
    "distances": DISTANCES,
    "rewards": REWARDS,
    "observations": OBSERVATIONS,
    "actions": ACTIONS,
    "agents": AGENTS,
}


def rows(page: str) -> dict[str, list[str]]:
    """A page's table rows by what stands in their first cell."""
    lines = [line for line in page.splitlines() if re.match(r"\| \[?`", line)]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return {re.sub(r"[\[`].*?`?([\w]+)`.*", r"\1", first): others for first, *others in reversed(cells)}


@pytest.mark.parametrize("name", REGISTRIES)
def test_every_name_has_a_row_that_says_what_it_is(name: str) -> None:
    found = rows(TABLES[f"catalogue/{name}.md"]())
    for registered in REGISTRIES[name]:
        assert registered in found, registered
        assert all(found[registered][:1]), f"{registered} says nothing of itself"


def test_a_new_name_is_in_its_table() -> None:
    class Loudest:
        """Difference of the peaks. Blind to all but the loudest sample."""

    DISTANCES.register("loudest")(Loudest)
    try:
        row = rows(TABLES["catalogue/distances.md"]())["loudest"]
    finally:
        DISTANCES._registered.pop("loudest")
    blind = "Blind to all but the loudest sample."
    assert row[:3] == [f"Difference of the peaks. {blind}", blind, "–"]


@pytest.mark.parametrize("name", DISTANCES)
def test_every_distance_says_what_it_is_blind_to_and_what_it_costs(name: str) -> None:
    _, hears, _, micros, wrong = rows(TABLES["catalogue/distances.md"]())[name]
    assert "lind to" in hears
    assert micros.isdigit(), "python -m benchmarks.distances --write"
    assert wrong.isdigit()


@pytest.mark.parametrize("id", ["Kick-v0", "BassLine-v0", "Write-v0"])
def test_an_environments_page_is_in_gymnasiums_form(id: str) -> None:
    page = environments.make_page(id)
    headings = re.findall(r"^## (.*)", page.text, re.MULTILINE)
    assert headings == [
        *("Description", "Action space", "Observation space", "Rewards", "Starting state", "Episode end", "Arguments"),
        "Version history",
    ]
    assert f"raveforce:raveforce/{id}" in page.text
    for name, content in page.files.items():
        assert name in page.text
        assert content[:4] in (b"RIFF", b"\x89PNG")
    assert set(rows(page.text)) >= set(ENVIRONMENTS[id].definition.parameter_space().free)


def test_the_api_has_every_public_module() -> None:
    found = reference.pages()
    assert {"raveforce", "raveforce.distances", "agents.search"} <= set(found)
    assert not [name for name in found if "._" in name]
    for name in found:
        path = ROOT / name.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__init__.py").exists(), name
