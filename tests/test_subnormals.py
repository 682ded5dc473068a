"""Numbers next to zero cost nothing in compiled code, and are what they are outside of it."""

import numpy as np
import pytest

from raveforce import fourier
from raveforce.distances import make_distance, measure_rows
from raveforce.glicol import open_engine, render

LEAST = np.finfo(np.float32).tiny
"""The least number that is not subnormal."""


def subnormal(numbers: np.ndarray) -> np.ndarray:
    """Which are, told by their bits: where the processor takes them for zero, comparing does not tell."""
    exponents = numbers.view(np.uint32) >> 23 & 0xFF
    return (exponents == 0) & (numbers.view(np.uint32) << 1 != 0)


def assert_untouched() -> None:
    """This thread still computes with them."""
    half = np.full(8, LEAST, np.float32) * np.float32(0.5)
    assert subnormal(half).all()
    assert (half * np.float32(2) == LEAST).all()


@pytest.mark.parametrize(
    "code",
    [
        "o: imp 0.1 >> hpf 3000 0.7",
        "o: imp 0.1 >> lpf 2000 2",
        "o: imp 0.1 >> onepole 0.1",
        "o: imp 0.1 >> mul 0.01 >> lpf ~c 1\n~c: sin 1 >> mul 10 >> add 3000",
    ],
)
def test_what_rings_on_ends(code):
    native, wasm = (render(code, 1.0, engine=kind) for kind in ("native", "wasm"))
    assert subnormal(wasm.ravel()).any()
    assert not subnormal(native.ravel()).any()
    np.testing.assert_allclose(native, wasm, atol=1e-6)
    assert_untouched()


@pytest.mark.parametrize("factor", [1e-38, 1e-30, 1e-20])
def test_spectra_of_next_to_nothing_are_those_of_nothing(factor):
    rng = np.random.default_rng(0)
    sounds = np.stack([np.zeros(4410), rng.normal(0, factor, 4410)]).astype(np.float32)
    distance = make_distance("mss")
    target = distance.features(rng.normal(0, 0.1, (1, 4410)).astype(np.float32))
    silent, faint = measure_rows(distance, sounds, target)
    assert silent == faint
    assert not subnormal(fourier.powers(sounds, 1024, 256)).any()
    assert_untouched()


@pytest.mark.parametrize("struck", ["envperc 0.001 0.2", "adsr 0.01 0.1 0.5 0.1"])
def test_where_they_strike_they_are_computed(struck):
    """An envelope takes the least number for a strike: what rings on strikes it again and again."""
    code = f"~t: imp 4 >> onepole 0.1\n~e: ~t >> {struck}\no: sin 200 >> mul ~e"
    native, wasm = (render(code, 0.5, engine=kind) for kind in ("native", "wasm"))
    np.testing.assert_allclose(native, wasm, atol=1e-4)
    assert_untouched()


@pytest.mark.parametrize(
    ("code", "values"),
    [
        ("o: saw 99 >> lpf 500 {}", (1e-38,)),
        ("o: noise {}", (0, 1e-38, 1e-40, 0)),
        ("o: noise 3 >> apfmsgain 3 {}", (1e-38, 0, 1e-45)),
        ("o: speed {} >> seq 60", (48_700, 1e-38, 0)),
    ],
)
def test_numbers_that_are_written_count(code, values):
    """A Q or a speed of 1e-38 is not 0, and a number that changes to or from it has changed."""
    sounds = []
    for kind in ("native", "wasm"):
        engine = open_engine(code, kind=kind)
        sounds.append(np.concatenate([engine.play([[value]], 300)[0] for value in values]))
    np.testing.assert_allclose(*sounds, atol=1e-4)
    assert_untouched()
