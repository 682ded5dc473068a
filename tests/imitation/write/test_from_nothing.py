"""Searches for programs, and imitations that are written."""

from __future__ import annotations

import re
import signal
import threading
import time

import numpy as np
import pytest
from numpy.typing import NDArray

import raveforce
from raveforce.distances import make_distance
from raveforce.imitation.race import Progress
from raveforce.imitation.write.from_nothing import Writing
from raveforce.writing.drafts import Draft
from raveforce.writing.language import Language
from raveforce.writing.objective import Judge
from raveforce.writing.player import open_player
from raveforce.writing.rounding import finished

LANGUAGE = Language()
HIDDEN = "layer sin 30 mul env 5 40 close end"


def judge_of(words: str, samples: int = 8820) -> Judge:
    player, distance = open_player(LANGUAGE), make_distance("mss")
    hidden = Draft.read(LANGUAGE, LANGUAGE.read(words))
    target = Judge(player, np.zeros(samples, np.float32), distance).play([hidden])[0][0]
    return Judge(player, target, distance)


def draft_of(words: str) -> Draft:
    return Draft.read(LANGUAGE, LANGUAGE.read(words))


def test_a_search_keeps_to_its_budget_and_its_seed() -> None:
    judge = judge_of(HIDDEN)
    found = []
    for seed in (1, 1, 2):
        writing = Writing(judge, None, seed)
        writing.run(300)
        assert 250 < writing.renders <= 300
        found.append((writing.nearest[0], LANGUAGE.spell(writing.nearest[1].tokens(LANGUAGE))))
    assert found[0] == found[1] != found[2]


@pytest.mark.parametrize("renders", [1, 3, 17])
def test_few_renders_are_enough_for_an_answer(renders: int) -> None:
    writing = Writing(judge_of(HIDDEN), None, 0)
    writing.run(renders)
    assert 1 <= writing.renders <= renders
    assert np.isfinite(writing.nearest[0])


def test_more_renders_come_nearer_and_tuning_is_worth_its_share() -> None:
    judge = judge_of(HIDDEN)
    worth = []
    for renders in (32, 800):
        writing = Writing(judge, None, 0)
        writing.run(renders)
        worth.append(writing.nearest[0])
    assert worth[1] < 0.6 * worth[0]


def test_a_search_stops_when_it_is_told_to() -> None:
    writing, stop = Writing(judge_of(HIDDEN), None, 0), threading.Event()
    threading.Timer(0.3, stop.set).start()
    started = time.monotonic()
    writing.run(deadline=started + 60, stop=stop)
    assert time.monotonic() - started < 20
    assert writing.renders > 0


def test_a_single_number_is_tuned_too() -> None:
    judge = judge_of("layer sin 30 close end")
    start = Draft.read(LANGUAGE, LANGUAGE.read("layer sin 29 close end"))
    writing = Writing(judge, None, 0)
    lane = writing._tuning(float(judge([start])[0]), start)
    for _ in range(12):
        lane.advance()
    worth, draft = lane.nearest
    assert worth < 0.2 * judge([start])[0]
    assert draft.places.shape == (1,)
    assert finished(judge, draft).code.startswith("tone: sin ")


def test_the_target_itself_ends_a_search() -> None:
    writing = Writing(judge_of("layer noise close end"), None, 0)
    writing.run(5000)
    assert writing.nearest[0] < 1e-5
    assert writing.renders < 5000


def test_what_is_silent_in_the_target_itself_is_left_out() -> None:
    writing = Writing(judge_of("layer imp close end"), None, 0)
    # A click that is multiplied by an envelope's first sample is nothing.
    whole = draft_of("layer imp close layer imp lpf 40 20 mul env2 51 38 mul 23 close end")
    ((worth, _),) = writing._look([whole])
    assert worth < 1e-6
    writing._grow(writing._tuning(worth, whole))
    assert LANGUAGE.spell(writing.nearest[1].tokens(LANGUAGE)) == "layer imp close end"


def test_a_structure_must_be_worth_what_it_takes_to_say_it() -> None:
    writing = Writing(judge_of(HIDDEN), None, 0)
    short, long = draft_of("layer sin 30 close end"), draft_of("layer sin 30 lpf 60 3 mul env 5 40 mul 50 close end")
    assert writing._length((0.50, short)) < writing._length((0.49, long)) < writing._length((0.80, short))
    # The likelier one of two that are as near and as long.
    other = draft_of("layer saw 30 close end")
    assert writing._length((0.5, short)) == writing._length((0.5, other))
    for _ in range(9):
        writing._proposals.add(other)
    assert writing._length((0.50, other)) < writing._length((0.48, short)) < writing._length((0.60, other))
    assert writing._length((np.inf, short)) == np.inf


def test_an_imitation_may_be_written(drum: NDArray[np.float32]) -> None:
    told: list[Progress] = []
    found = raveforce.imitate(drum, renders=600, write=True, template="tone", progress=told.append)
    assert 300 < found.renders <= 600
    played = raveforce.render(found.code, len(found.target) / 44100)
    np.testing.assert_array_equal(found.audio, played)
    assert found.distances["mss"] < found.silence["mss"]
    assert told[-1].renders <= 600
    again = raveforce.imitate(drum, renders=600, write=True, template="tone")
    assert again.code == found.code


def test_what_is_written_is_well_formed_code() -> None:
    # No kick can say it, so the written program wins.
    found = raveforce.imitate(
        judge_of("layer squ 30 mul ring 20 close end").target, renders=1500, write=True, template="kick"
    )
    assert found.template == "written"
    names = re.findall(r"^(~?\w+):", found.code, re.MULTILINE)
    assert len(names) == len(set(names))
    for name in names:
        # Each chain that is not heard by itself is used by another.
        assert not name.startswith("~") or len(re.findall(rf"{name}\b", found.code)) > 1
    assert "imp 0.1" not in found.code
    assert all(isinstance(value, float) for value in found.parameters.values())


def test_too_few_renders_are_refused(drum: NDArray[np.float32]) -> None:
    with pytest.raises(ValueError, match="at least 18 renders"):
        raveforce.imitate(drum, renders=10, write=True)


@pytest.mark.skipif(not hasattr(signal, "raise_signal"), reason="no signals")
def test_ctrl_c_ends_writing_and_keeps_the_best(drum: NDArray[np.float32]) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def interrupt(progress: Progress) -> None:
        if progress.renders > 60:
            signal.raise_signal(signal.SIGINT)

    try:
        found = raveforce.imitate(drum, seconds=120, write=True, template="tone", progress=interrupt)
    finally:
        signal.signal(signal.SIGINT, before)
    assert found.interrupted
    assert found.seconds < 60
