"""Durations and deadlines come from clocks that never go back; the clock on the wall is for dates alone."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("run.py", "raveforce", "agents", "experiments", "benchmarks", "hydra_plugins", "docs", "examples")

WALL = {
    *(f"time.{name}" for name in ("time", "time_ns", "localtime", "gmtime", "ctime", "strftime", "clock_gettime")),
    *(f"datetime.datetime.{name}" for name in ("now", "utcnow", "today")),
    "datetime.date.today",
}
"""What asks the clock that people set, that daylight saving moves and that the network corrects."""

DATES = {("experiments/study/__main__.py", "datetime.datetime.now"): "when a study was written"}
"""Where a date is meant, and which."""


def wall_clocks(source: str) -> Iterator[str]:
    """Every use of the clock on the wall in a module, under whatever name it was imported."""
    names: dict[str, str] = {}
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update({each.asname or each.name.split(".")[0]: each.name for each in node.names})
        elif isinstance(node, ast.ImportFrom):
            names.update({each.asname or each.name: f"{node.module}.{each.name}" for each in node.names})
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            first, _, rest = ast.unparse(node).partition(".")
            found = f"{names.get(first, first)}.{rest}".rstrip(".")
            if found in WALL:
                yield found


@pytest.mark.parametrize(
    "source",
    [
        "import time\nbegan = time.time()",
        "from time import time as clock\nbegan = clock()",
        "import time as t\nclock = t.time_ns",
        "from datetime import datetime\nbegan = datetime.now()",
        "import datetime as dt\nbegan = dt.datetime.utcnow()",
    ],
)
def test_it_would_be_found(source: str) -> None:
    assert list(wall_clocks(source))
    assert not list(wall_clocks("import time\nbegan = time.monotonic() + time.perf_counter()\ntime.sleep(1)"))


def test_no_duration_is_measured_by_the_clock_on_the_wall() -> None:
    files = [path for room in ROOMS for path in (ROOT / room, *(ROOT / room).rglob("*.py")) if path.suffix == ".py"]
    assert len(files) > 200
    found = {
        (path.relative_to(ROOT).as_posix(), name)
        for path in files
        for name in wall_clocks(path.read_text(encoding="utf-8"))
    }
    assert found == set(DATES)
