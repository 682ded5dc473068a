"""Commands that are given what they cannot use say so in a sentence, before they compute anything."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from experiments.config.errors import ConfigError
from experiments.config.options import Option, read_options

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for room in ("experiments", "benchmarks")
    for path in (ROOT / room).rglob("*.py")
    if '\n    run_command("' in path.read_text(encoding="utf-8")
)
WRONG: dict[type, tuple[str, ...]] = {
    bool: ("maybe", "1.5", "[]", "null]"),
    int: ("many", "1.5", "-1", "1e400", "nan", "true", "[1]", "99999999999999999999", "'1'", ""),
    float: ("long", "-1", "inf", "nan", "true", "{a: 1}", "1e300", ""),
}


@pytest.fixture(params=COMMANDS)
def command(request: pytest.FixtureRequest) -> Any:
    return importlib.import_module(request.param)


def options(command: Any, kind: type | None = None) -> Iterator[tuple[str, Option]]:
    for name, option in command.OPTIONS.items():
        if kind is None or option.kind is kind:
            yield name, option


def read(command: Any, *arguments: str) -> dict[str, Any]:
    return read_options(arguments, command.OPTIONS, doc=command.__doc__)[0]


def test_there_are_all_of_them() -> None:
    assert {"experiments.gallery", "experiments.figures.__main__", "benchmarks.write.__main__"} < set(COMMANDS)
    assert len(COMMANDS) > 20


def test_an_unknown_option_is_named_with_what_was_meant(command: Any) -> None:
    known = next(iter(command.OPTIONS))
    for argument in (f"{known}x=1", f"--{known}x=1", f"--{known}x"):
        with pytest.raises(ConfigError, match=f"there is no option .*{known}x.*(did you mean|the options are)"):
            read(command, argument)


def test_values_of_other_types_and_sizes_are_refused_by_name(command: Any) -> None:
    for kind, values in WRONG.items():
        for name, option in options(command, kind):
            for value in values:
                with pytest.raises(ConfigError, match=rf"^{name} |{name}="):
                    read(command, f"{name}={value}")
            assert kind is bool or None not in (option.least, option.most), f"{name} has no end"


def test_places_that_are_none_are_refused_by_name(command: Any, tmp_path: Path) -> None:
    (tmp_path / "a file").write_bytes(b"\x00\xff")
    (tmp_path / "a folder").mkdir()
    wrong = {
        "folder": ("a file", "nowhere", "käse=1/nowhere"),
        "file": ("a folder", "nowhere", "a file/below"),
        "place": ("nowhere", "a file/below"),
        "new_folder": ("a file", "a file/below"),
        "new_file": ("a folder", "a file/below"),
    }
    for name, option in options(command, str):
        kind = getattr(option.reads, "__name__", "")
        for place in wrong.get(kind, ()):
            with pytest.raises(ConfigError, match=rf"^{name}: .*(a file|a folder|nowhere)"):
                read(command, f"{name}={tmp_path / place}")
        if kind in wrong:
            with pytest.raises(ConfigError, match=f"^{name}: a path is needed"):
                read(command, f"{name}=")
        if kind == "pattern":
            with pytest.raises(ConfigError, match=rf"^{name}: '\(' is not a regular expression"):
                read(command, f"{name}=(")
