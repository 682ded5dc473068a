"""How ``auto`` chooses an engine."""

import builtins
import logging

import pytest

from raveforce.glicol import GlicolError, Program, engine, open_engine
from tests.glicol.native.programs import KICK


def test_auto_takes_native_where_it_can():
    assert open_engine(KICK).kind == "native"


def test_auto_falls_back_and_says_so_once(caplog):
    engine._say_once.cache_clear()
    with caplog.at_level(logging.INFO, logger="raveforce"):
        for _ in range(3):
            opened = open_engine(Program.literal("o: [0.0=>1.0, 1/2=>0.5]"), deadline=5.0, num_threads=1)
            assert opened.kind == "wasm"
    assert [record.message for record in caplog.records if "points" in record.message] == [
        "playing with the slower wasm engine: the native engine does not play 'points'; use engine='wasm'"
    ]


@pytest.mark.parametrize(
    ("template", "kind", "place"),
    [
        ("o: sin 440 >> lowpass 3", "syntax", (1, 15)),
        ("~lfo: sin {rate}\no: sin {} >> mul ~lof", "reference", (2, 18)),
        ("o: seq 60.5 {}", "syntax", (1, 8)),
    ],
)
def test_auto_says_what_is_wrong_when_it_is_opened(template, kind, place):
    with pytest.raises(GlicolError) as caught:
        open_engine(template)
    error = caught.value
    assert (error.kind, (error.line, error.column), error.row) == (kind, place, None)
    assert error.code == template  # blanks as they are


@pytest.mark.parametrize(
    ("template", "words"),
    [("o: sin 440 >> {w}", ("mul 0.5", "mull 0.5")), ("o: seq 6{} 60", ()), (r"o: imp {} >> sp \missing", ())],
)
def test_auto_opens_what_may_yet_play(template, words):
    opened = open_engine(Program(template, {"w": words} if words else {}))
    if "sp" in template:
        opened.add_sample("missing", [1.0, 0.5])
    assert opened.play([[0 if words else 1]], 1000).any()


def test_auto_does_without_numba(monkeypatch):
    real_import = builtins.__import__

    def no_numba(name, *rest):
        if name.startswith("raveforce.glicol.native"):
            raise ImportError("No module named 'numba'")
        return real_import(name, *rest)

    monkeypatch.setattr(builtins, "__import__", no_numba)
    assert open_engine(KICK).kind == "wasm"
