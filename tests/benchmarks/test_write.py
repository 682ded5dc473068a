from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from benchmarks.write.__main__ import _kept
from benchmarks.write.speed import PARTS, main, speed


def test_every_part_is_measured_on_both_clocks() -> None:
    found = speed(programs=24, rows=8, layers=2, seconds=0.05)
    assert found.wall.keys() == found.processor.keys() == PARTS.keys()
    assert all(value > 0 for value in found.wall.values())
    parts = [found.wall[name] for name in ("grammar", "lowering", "play", "distance")]
    assert max(parts) < found.wall["total"] < 2 * sum(parts)
    assert 1 <= found.layers <= 2 < found.tokens
    assert 0 < found.new <= 1


def test_an_unknown_part_is_named() -> None:
    with pytest.raises(ValueError, match="no part 'sped'"):
        main(["part=sped"])


def test_a_line_that_was_half_written_is_measured_again(tmp_path: Path) -> None:
    path, measured = tmp_path / "rows.jsonl", []

    def measure(key: Mapping[str, Any], subject: str) -> dict[str, Any]:
        measured.append(subject)
        return {"found": subject}

    jobs = [({"number": number}, name) for number, name in enumerate("abc")]
    rows = _kept(path, jobs, measure)
    whole = path.read_text()
    path.write_text(whole[: len(whole) - 20])
    assert _kept(path, jobs, measure) == _kept(path, jobs, measure) == rows
    assert measured == ["a", "b", "c", "c"]
