"""The benchmarks of writing, with few programs."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.write.__main__ import main
from benchmarks.write.drums import table_of
from benchmarks.write.genetic import evolve
from benchmarks.write.hidden import hidden_programs, structure_of
from experiments.config.errors import ConfigError
from raveforce.distances import make_distance
from raveforce.writing.drafts import Draft
from raveforce.writing.language import Language
from raveforce.writing.objective import Judge
from raveforce.writing.player import open_player
from raveforce.writing.targets import split_of

LANGUAGE = Language()


def test_hidden_programs_are_different_ones_of_the_test() -> None:
    programs = hidden_programs(6, seed=0)
    assert len({each.words for each in programs}) == 6
    assert {split_of(each.tokens) for each in programs} == {"test"}
    assert [each.words for each in hidden_programs(4, seed=0)] == [each.words for each in programs[:4]]


def test_structures_are_compared_up_to_the_order_of_layers() -> None:
    texts = (
        "layer sin 3 mul env 2 3 close layer noise close end",
        "layer noise close layer sin 60 mul env4 9 9 close end",
        "layer noise close layer tri 60 mul env 9 9 close end",
    )
    one, other, third = (structure_of(LANGUAGE, Draft.read(LANGUAGE, LANGUAGE.read(text))) for text in texts)
    # Sources and processors count, gestures do not.
    assert one == other != third


def test_evolution_keeps_to_its_budget_and_gains() -> None:
    class Counting(Judge):
        played = 0

        def __call__(self, drafts):  # type: ignore[no-untyped-def]
            Counting.played += len(drafts)
            return super().__call__(drafts)

    target = hidden_programs(3, seed=1)[2].sound[:8820]
    judge = Counting(open_player(LANGUAGE), target, make_distance("mss"))
    first, _ = evolve(judge, 100, seed=0)
    assert Counting.played == 100
    last, draft = evolve(judge, 300, seed=0)
    assert Counting.played == 400
    assert last < first
    assert evolve(judge, 300, seed=0)[0] == last
    # Numbers are bins, so that the tokens say all of it.
    np.testing.assert_allclose(judge([Draft.read(LANGUAGE, draft.tokens(LANGUAGE))])[0], last, rtol=1e-5)


def test_the_command_keeps_what_it_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["part=hidden", "count=2", "renders=40", f"out={tmp_path}"]
    main([*arguments, "writers=random+search"])
    report = json.loads((tmp_path / "write_hidden.json").read_text())
    assert {row["writer"] for row in report["table"]} == {"random", "search"}
    kept = (tmp_path / "hidden.jsonl").read_text()
    main([*arguments, "writers=random+search+policy"])
    # The others are not measured again.
    assert (tmp_path / "hidden.jsonl").read_text().startswith(kept)
    with (tmp_path / "write_hidden.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["writer"] for row in rows] == ["random"] * 2 + ["search"] * 2 + ["policy"] * 2
    assert all(0 <= float(row["mss"]) < 20 for row in rows)
    assert "structure" in capsys.readouterr().out


def test_unknown_parts_and_writers_are_named() -> None:
    with pytest.raises(ConfigError, match="part is one of hidden, drums, speed"):
        main(["part=sped"])
    with pytest.raises(ConfigError, match="not nobody"):
        main(["part=hidden", "count=1", "writers=nobody"])


def test_the_table_of_drums_compares_sound_by_sound() -> None:
    def row(sound: str, write: bool, mss: float, template: str) -> dict[str, object]:
        return {
            "sound": sound,
            "kit": "a",
            "kind": "kick",
            "write": write,
            "mss": mss,
            "template": template,
            "lines": 7 if write else 9,
            "nodes": 20,
        }

    rows = [row("1", False, 1.0, "kick"), row("1", True, 0.5, "written")]
    rows += [row("2", False, 2.0, "kick"), row("2", True, 2.2, "kick"), row("3", False, 1.0, "kick")]
    table = table_of(rows)
    assert [each["kind"] for each in table] == ["kick", "all"]
    assert table[1]["sounds"] == 2
    assert table[1]["ratio"] == pytest.approx(0.8)
    assert table[1]["farthest"] == pytest.approx(1.1)
    assert table[1]["written"] == 0.5
    assert (table[1]["lines"], table[1]["lines written"]) == (9, 7)
