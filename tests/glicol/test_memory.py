"""An engine that nobody holds gives its memory back at once, whatever became of it."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from raveforce.glicol import Engine, GlicolError, open_engine

CODES = {
    "o: sin {}": "",
    "o: sin 440 >> imp {}": "",
    "o: imp {}": "",
    "o: delayn {} >> apfmsgain 0.001 0.5": "trap",
    "o: sin {} >> delayn 100000000000": "memory",
    "o: sin {} >> mul ~nobody": "reference",
    "o: sin {} >> sp \\nothing": "sample",
}


@pytest.fixture
def no_searches() -> Iterator[None]:
    """Python does not look for circles meanwhile: these can hold gigabytes before it does."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def play(code: str, kind: str, rows: int) -> tuple[str, "weakref.ref[Engine] | None"]:
    """How playing ended, and what is left of the engine."""
    left = None
    try:
        engine = open_engine(code, rows, kind=kind)
        left = weakref.ref(engine)
        engine.play([[50.0]] * rows, 300)
        engine.play([[60.0]] * rows, 300)
    except GlicolError as error:
        return error.kind, left
    return "", left


@pytest.mark.usefixtures("no_searches")
@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("kind", ["native", "wasm", "auto"])
@pytest.mark.parametrize("code", CODES)
def test_an_engine_goes_with_its_last_owner(code: str, kind: str, rows: int) -> None:
    ended, left = play(code, kind, rows)
    assert ended == CODES[code]
    assert left is None or left() is None
