"""What a run was made with."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from experiments.records.provenance import git_commit

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.skipif(not (ROOT / ".git").exists() or not shutil.which("git"), reason="no checkout")
def test_the_commit_is_whole() -> None:
    assert re.fullmatch(r"[0-9a-f]{40}(\+changes)?", git_commit() or "")


def test_there_may_be_no_git(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert git_commit() is None
