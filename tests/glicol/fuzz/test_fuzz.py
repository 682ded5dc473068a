"""What the native engine plays is what the real one plays, whatever the program.

``make fuzz MINUTES=30`` plays for as long as wanted. A program that differs is shrunk and printed as a ``Case``; mend
its kind and add it to ``FOUND``.
"""

from __future__ import annotations

import os
import time

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.glicol.fuzz.compare import difference, play
from tests.glicol.fuzz.language import Case, cases

SETTINGS = settings(
    deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=False, report_multiple_bugs=False
)


FOUND = (
    Case("~e: imp 9 >> envperc 0.01 0.1\no: ~e >> mul ~e", (((), 1000),)),
    Case("~p: sig 1\n~q: ~p\no: mix ~p ~q", (((), 200),)),
    Case("o: imp 100 >> delayms ~m\n~m: sig -100000000", (((), 1000),)),
    Case("o: imp 100 >> delayms ~m\n~m: sig 100000000000000", (((), 1000),)),
    Case("o: imp 1 >> envperc 0 48700", (((), 300),)),
    Case("o: sin 10000000000000000", (((), 300),)),
    Case("o: delayn {}", (((0.5,), 200), ((0.6,), 200))),
    Case("o: delayms {} >> noise 60", (((1000.0,), 1266), ((-1.0,), 261), ((1000.0,), 492))),
    Case("o: seq 12348", (((), 300),)),
    Case("o: sin 440\n~x: sin 1 >> pan 0.5", (((), 300),)),
    Case("o: noise {}", (((0.5,), 128), ((1e10,), 128))),
    Case("~a: apfmsgain {} 0.5\no: sin 5 >> {w}", (((0.5, 0), 1), ((0.01, 1), 128)), ("add 0.5", "mul 0.5")),
    Case("~a: sin 9 >> delayn {}\no: sin 5 >> {w}", (((0.5, 0), 1), ((0.6, 1), 128)), ("add 0.5", "mul 0.5")),
)
"""Programs that once differed."""


@pytest.mark.parametrize("case", FOUND, ids=lambda case: case.template)
def test_what_once_differed_sounds_the_same(case: Case) -> None:
    assert not difference(case)


@settings(SETTINGS, max_examples=2000, derandomize=True)
@given(cases())
def test_any_program_sounds_the_same(case: Case) -> None:
    assert not difference(case), case


@pytest.mark.slow
@pytest.mark.skipif("FUZZ_MINUTES" not in os.environ, reason="make fuzz MINUTES=30 plays for so long")
def test_any_program_for_a_while() -> None:
    until, played = time.monotonic() + 60 * float(os.environ["FUZZ_MINUTES"]), [0, 0]

    @settings(SETTINGS, max_examples=1000, phases=[Phase.generate, Phase.shrink])
    @given(cases())
    def some(case: Case) -> None:
        played[0] += 1
        played[1] += play(case, "native") is not None
        assert not difference(case), case

    while time.monotonic() < until:
        seed(time.time_ns())(some)()
    print(f"{played[0]} programs, {played[1]} of them played by the native engine")
