from __future__ import annotations

import gc
import importlib
import subprocess
import sys
from collections.abc import Iterator

import pytest

from raveforce._imports import uncollected
from raveforce.glicol import open_engine


@pytest.fixture(autouse=True)
def _collecting() -> Iterator[None]:
    yield
    gc.enable()


def test_garbage_is_collected_again_after_an_error() -> None:
    with pytest.raises(ModuleNotFoundError), uncollected():
        importlib.import_module("raveforce.no_such_module")
    assert gc.isenabled()


def test_who_turned_collection_off_keeps_it_off() -> None:
    gc.disable()
    with uncollected(), uncollected():
        pass
    assert not gc.isenabled()


def test_what_was_made_meanwhile_counts_as_old(monkeypatch: pytest.MonkeyPatch) -> None:
    class Made: ...

    with uncollected():
        made = [Made() for _ in range(3)]
        monkeypatch.setitem(sys.modules, "a_package_that_was_imported", sys)
    old = {id(thing) for thing in gc.get_objects(generation=2)}
    assert {id(thing) for thing in made} <= old


def test_opening_engines_does_not_keep_python_from_collecting() -> None:
    gc.collect()
    before = gc.get_stats()[1]["collections"]
    for _ in range(500):
        open_engine("o: sin 440").close()
        circles: list[list[object]] = [[] for _ in range(700)]
        for circle in circles:
            circle.append(circle)
    # The generation above the youngest: how often the oldest is looked through depends on how much lies there.
    assert gc.get_stats()[1]["collections"] >= before + 10


def test_what_somebody_froze_stays_frozen() -> None:
    gc.freeze()
    try:
        with uncollected():
            pass
        assert gc.get_freeze_count()
    finally:
        gc.unfreeze()


ENDING = """
import atexit, threading, time
from raveforce._imports import end_quickly

class Told:
    def __del__(self):
        print("collected")

atexit.register(print, "what was to be done is done")
threading.Thread(target=lambda: time.sleep(0.1) or print("what was begun is done")).start()
end_quickly()
told = Told()
told.itself = told
"""


@pytest.mark.parametrize("end", ["", "from raveforce._imports import end_at_once; end_at_once()\n"])
def test_at_the_end_no_garbage_is_looked_for(end: str) -> None:
    done = subprocess.run([sys.executable, "-c", ENDING + end], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["what was begun is done", "what was to be done is done"]
