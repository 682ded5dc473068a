"""Texts of anyone are read, or refused in little time, and never in Python's words of recursion."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from experiments.records.texts import read_json, read_yaml

UNFOLDING = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{n + 1}: &a{n + 1} [{','.join([f'*a{n}'] * 9)}]\n" for n in range(9)
)
"""Four billion values in eleven lines."""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 100_000, "nested too deep"),
        ('{"a":' * 100_000, "nested too deep"),
        ("9" * 10_000, "integer string conversion"),
        ("{", "Expecting"),
        (b"\xff", "utf-8"),
        ("[" + " " * 2**24, "larger than"),
    ],
)
def test_what_is_no_json_of_ours(tmp_path: Path, text: str | bytes, said: str) -> None:
    refused(read_json, tmp_path / "record.json", text, said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (UNFOLDING, "it unfolds to 4.4.*e\\+09 values; the most is 100000"),
        ("[" * 1500, "nested too deep"),
        ("a: &a [*a]", "nested too deep"),
        ("a: !!python/object:os.system x", "line 1, column 4: could not determine a constructor"),
        ("a: 'n", "line 1, column 6: "),
        ("a: 1\na: 2", "found duplicate key a"),
        ("5", "it holds no settings"),
        (b"\xff", "utf-8"),
    ],
)
def test_what_is_no_yaml_of_ours(tmp_path: Path, text: str | bytes, said: str) -> None:
    refused(read_yaml, tmp_path / "config.yaml", text, said)


def refused(read: object, path: Path, text: str | bytes, said: str) -> None:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    began = time.process_time()
    with pytest.raises(ValueError, match=said):
        read(path)  # type: ignore[operator]
    assert time.process_time() - began < 5


def test_a_part_that_is_named_and_used_again_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: &a [1, 2]\nb: *a\nc: [*a, *a]\n")
    assert read_yaml(tmp_path / "a.yaml") == {"a": [1, 2], "b": [1, 2], "c": [[1, 2], [1, 2]]}
    (tmp_path / "a.yaml").write_text("")
    assert read_yaml(tmp_path / "a.yaml") == {}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_nothing_waits_for_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for read in (read_json, read_yaml):
        with pytest.raises(ValueError, match="no regular file"):
            read(tmp_path / "pipe")
        with pytest.raises(OSError, match="No such file"):
            read(tmp_path / "nothing")
