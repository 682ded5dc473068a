import numpy as np
import pytest

from raveforce.audio import PEAK_LIMIT
from raveforce.faults import render_or_fault
from raveforce.glicol import GlicolError, Program, open_engine
from raveforce.parameter_space import ParameterSpace
from raveforce.targets import RandomPrograms


def test_a_loud_row_is_silenced_and_explained() -> None:
    engine = open_engine("o: sig {}", rows=3)
    audio, faults = render_or_fault(engine, [[1], [2 * PEAK_LIMIT], [-PEAK_LIMIT]], 256)
    assert audio[:, -1].tolist() == [1, 0, -PEAK_LIMIT]
    assert list(faults) == [1]
    assert "exploded: its peak is 20" in faults[1]


def test_values_that_break_the_engine_are_a_fault_of_their_row() -> None:
    engine = open_engine("o: imp {}", rows=2, kind="wasm")
    audio, faults = render_or_fault(engine, [[100], [50_000]], 256)
    assert list(faults) == [1]
    assert audio[0].any()
    assert not audio[1].any()


def test_a_wrong_text_is_an_error() -> None:
    with pytest.raises(GlicolError, match="sinn"):
        render_or_fault(open_engine("o: sinn {}", kind="wasm"), [[1]], 256)


def test_a_wrong_text_is_told_by_random_programs_at_once() -> None:
    program = Program("o: sin {} >> lpff 100 1.0")
    space = ParameterSpace.for_program(program, [("lin", 100, 200)])
    with pytest.raises(GlicolError, match="lpff"):
        RandomPrograms(program, space).draw(np.random.default_rng(0))
