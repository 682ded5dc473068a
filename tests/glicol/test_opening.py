"""Engines are found by name, entry point or path, like everything else."""

import sys
from pathlib import Path

import numpy as np
import pytest

import raveforce
from raveforce.glicol import ENGINES, open_engine
from raveforce.registry import UnknownName
from raveforce.tasks import make_env

RAMP = """
import numpy as np


class RampEngine:
    kind = "ramp"

    def __init__(self, program, rows=1, sample_rate=44100, samples=None, slope=1.0):
        self.program, self.rows, self.sample_rate, self.slope = program, rows, sample_rate, slope

    def reset(self, rows=None):
        pass

    def play(self, values, samples):
        return np.tile(self.slope * np.arange(samples, dtype=np.float32), (self.rows, 1))

    def add_sample(self, name, source):
        pass

    def close(self):
        pass
"""


def test_the_engines_are_those_of_the_docs() -> None:
    assert list(ENGINES) == ["auto", "native", "wasm"]
    for kind, made in (("auto", "native"), ("native", "native"), ("wasm", "wasm")):
        engine = open_engine("o: sin 440", kind=kind)
        assert engine.kind == made
        engine.close()


def test_an_unknown_engine_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"unknown engine 'nativ'; did you mean native\?"):
        raveforce.open_engine("o: sin 440", kind="nativ")


def test_an_engine_of_ones_own_plays_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ramps.py").write_text(RAMP)
    monkeypatch.syspath_prepend(str(tmp_path))
    engine = open_engine("o: sin 440", rows=2, kind="ramps:RampEngine", slope=0.5)
    np.testing.assert_array_equal(engine.play(np.zeros((2, 0)), 3), [[0, 0.5, 1]] * 2)
    env = make_env("kick", engine="ramps:RampEngine", engine_options={"slope": 1e-5})
    env.reset(seed=0)
    env.step(env.action_space.sample())
    assert env.audio[100] == pytest.approx(1e-3)
    del sys.modules["ramps"]
