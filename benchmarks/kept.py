"""What a benchmark has measured so far is kept until it comes to its end, so that a broken one goes on.

Not longer: whoever measures anew wants to know how long things take now.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from experiments.records.provenance import versions
from experiments.records.run_folder import RunFolder

__all__ = ["Kept", "unfinished"]

T = TypeVar("T")

ROOT = Path(__file__).resolve().parent.parent
UNFINISHED = ROOT / "results" / "runs" / "benchmarks"
CODE = ("raveforce", "agents", "experiments", "benchmarks", "conf")


class Kept:
    """Rows by their keys, in a file of a line each.

    Parameters
    ----------
    path : the file; its folder is made
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._rows = _read(path)

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, key: Mapping[str, Any]) -> bool:
        return _name(key) in self._rows

    def row(self, key: Mapping[str, Any], measure: Callable[[], T]) -> T:
        """The row of a key: the one that is kept, or what is measured now.

        Parameters
        ----------
        key : all that the row depends on, as JSON can hold it
        measure : makes the row, which is what JSON can hold too
        """
        if key not in self:
            self.add(key, measure())
        kept: T = self.get(key)
        return kept

    def get(self, key: Mapping[str, Any]) -> Any:
        """The row of a key that is there."""
        return self._rows[_name(key)]

    def add(self, key: Mapping[str, Any], row: Any) -> None:
        """Keep a row."""
        text = json.dumps({"key": key, "row": row})
        with self.path.open("a", encoding="utf-8") as file:
            file.write(text + "\n")
        self._rows[_name(key)] = json.loads(text)["row"]


@contextmanager
def unfinished(name: str, about: Mapping[str, Any]) -> Iterator[tuple[Kept, Path]]:
    """Keep what is measured inside until it comes to its end; what a call of the same code left is found again.

    Parameters
    ----------
    name : of the benchmark
    about : what it measures, and how: its options

    Yields
    ------
    its rows, and a folder for whatever else is needed to go on, such as runs with checkpoints

    Raises
    ------
    RunFolderError
        Another process is measuring the same, or the folder cannot be written.
    """
    digest = hashlib.sha256(_name({**about, "code": _code(), "versions": versions()}).encode()).hexdigest()
    folder = UNFINISHED / f"{name}_{digest[:8]}"
    folder.mkdir(parents=True, exist_ok=True)
    with RunFolder(folder).held():
        rows = Kept(folder / "rows.jsonl")
        if len(rows):
            print(f"going on with the {len(rows)} measurements in {folder}", file=sys.stderr)
        try:
            yield rows, folder
        except BaseException:
            print(f"what was measured is kept in {folder}; the same command goes on with it", file=sys.stderr)
            raise
        shutil.rmtree(folder, ignore_errors=True)


def _name(key: Mapping[str, Any]) -> str:
    return json.dumps(key, sort_keys=True)


def _read(path: Path) -> dict[str, Any]:
    """Rows of a file by their keys; a line that was half written when a process was killed is measured again."""
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    if text and not text.endswith("\n"):
        with path.open("a", encoding="utf-8") as file:
            file.write("\n")
    known = {}
    for line in text.splitlines():
        try:
            entry = json.loads(line)
            known[_name(entry["key"])] = entry["row"]
        except (ValueError, KeyError, TypeError):
            continue
    return known


def _code() -> str:
    """A digest of the code and its settings: rows of another version are others."""
    digest = hashlib.sha256()
    for room in CODE:
        for file in sorted((ROOT / room).rglob("*")):
            if file.suffix in (".py", ".yaml"):
                digest.update(file.read_bytes())
    return digest.hexdigest()
