"""The gallery of programs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from experiments.gallery import _kept, page, targets


def test_there_are_twelve_targets_and_the_page_shows_each() -> None:
    found = list(targets(0))
    assert len({target.name for target in found}) == len(found) == 12
    assert sum(bool(target.program) for target in found) == 4
    for target in found:
        assert target.audio.dtype == np.float32
        assert 0.01 < np.abs(target.audio).max() <= 2
        assert len(target.audio) <= 44100
    row = {"code": "~tone_env: imp 1\ntone: sin 440 >> mul ~tone_env\n", "mss": 0.25, "silence": 1.0, "nodes": 3}
    lines = "\n".join(page([(target, row) for target in found], "python -m experiments.gallery"))
    assert lines.count("```glicol") == 12 + 4
    assert lines.count("<audio") == 24
    assert "| [A kick](#a-kick) | 1 | 2 | 3 | 0.250 | 1.00 |" in lines
    assert "`python -m experiments.gallery`" in lines


@pytest.mark.parametrize("content", [b"", b'{"about": {', b"[1]", b"\xff\x00"])
def test_what_was_half_written_is_found_again(tmp_path: Path, content: bytes) -> None:
    assert _kept(tmp_path / "nothing.json") == {}
    (tmp_path / "kick.json").write_bytes(content)
    assert _kept(tmp_path / "kick.json") == {}
