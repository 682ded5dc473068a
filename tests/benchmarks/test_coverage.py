from pathlib import Path

import pytest

from benchmarks.coverage import compare, main, reasons
from experiments.config.errors import ConfigError

PROGRAMS = {
    "kick": "o: imp 1 >> sp \\kick >> mul 0.5",
    "tone": "o: sin 440 >> mul 0.1",
    "script": "o: meta `output.pad(128, 0.5); output`",
    "wrong": "o: sinn 440",
    "broken": "o: sin 440 >> pan 0.5",
}


def test_programs_are_counted_with_the_reasons(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, code in PROGRAMS.items():
        (tmp_path / f"{name}.glicol").write_text(code)
    outcomes = {name: compare(tmp_path / f"{name}.glicol", seconds=0.1) for name in PROGRAMS}
    assert {name: each.wasm for name, each in outcomes.items()} == dict.fromkeys(PROGRAMS, "") | {
        "wrong": "syntax", "broken": "trap"
    }  # fmt: skip
    assert outcomes["kick"].samples
    assert outcomes["kick"].deviation == 0
    assert 0 < outcomes["tone"].deviation < 1e-4
    assert reasons(outcomes.values()) == {"meta: it runs a script without an input": 1}
    assert main([str(tmp_path), "seconds=0.1"]) == 0
    said = capsys.readouterr().out
    assert "5 programs; wasm plays 3" in said
    assert "native plays 2 of 3 all that work: 66.7 %" in said
    assert "native plays 1 of 2 without samples: 50.0 %" in said


def test_a_folder_without_programs_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no \*\.glicol file"):
        main([str(tmp_path)])
    with pytest.raises(ConfigError, match="one folder is needed"):
        main([])
