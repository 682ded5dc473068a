"""Which nodes live on when a chain changes: found out with one-pole filters, whose state tells them apart."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raveforce.glicol import Program, open_engine
from raveforce.glicol.native.state_transfer import _common

POLES = [0.001, 0.002, 0.003, 0.0015, 0.0025]


def text(chain):
    nodes = (f"onepole {POLES[i]}" if name == "o" else f"mul 0.{5 + i}" for i, name in enumerate(chain))
    return "o: sig 1" + "".join(f" >> {node}" for node in nodes)


def play(chain, state, blocks=2):
    out = []
    for _ in range(blocks * 128):
        x = 1.0
        for i, name in enumerate(chain):
            if name == "o":
                b = math.exp(-2 * math.pi * POLES[i])
                x = x * (1 - b) + b * state[i]
                state[i] = x
            else:
                x *= (5 + i) / 10
        out.append(x)
    return out


@pytest.mark.parametrize("max_examples", [25])
def test_the_engine_agrees_on_who_lives_on(max_examples):
    chains = st.text("om", min_size=1, max_size=5)

    @settings(max_examples=max_examples, deadline=None)
    @given(chains, chains)
    def run(old, new):
        engine = open_engine(Program("{x}", {"x": (text(old), text(new))}), kind="wasm")
        engine.play([[0]], 256)
        heard = engine.play([[1]], 256)[0]
        before = [0.0] * len(old)
        play(old, before)
        after = [0.0] * len(new)
        for i, j in _common(("constsig", *old), ("constsig", *new)):
            if i and j:
                after[j - 1] = before[i - 1]
        np.testing.assert_allclose(heard, play(new, after), rtol=1e-3, atol=1e-7)

    run()
