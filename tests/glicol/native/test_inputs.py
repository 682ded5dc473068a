"""Inputs are told apart by where they come from: an alias is another source than the chain it stands for."""

import itertools

import numpy as np
import pytest

from raveforce.glicol import render

VALUES = {
    "~p: sig 3\no: ~p >> mul ~p": 9.0,
    "~p: sig 3\no: ~p >> add ~p": 6.0,
    "~p: sig 3\n~q: ~p\no: ~q >> mul ~p": 9.0,
    "~p: sig 1\n~q: ~p\no: mix ~p ~q": 2.0,
    "~p: sig 1\n~q: ~p\n~r: ~q\no: mix ~p ~q ~r": 3.0,
    "~p: sig 1\no: mix ~p ~p": 1.0,  # one source, connected twice
    "~p1: sig 1\n~p2: ~p1\no: mix ~p..": 2.0,
    "~p: sig 3\n~q: ~p\no: balance ~p ~q": 3.0,
}


@pytest.mark.parametrize("kind", ["native", "wasm"])
@pytest.mark.parametrize("code", VALUES)
def test_an_alias_counts_as_a_source_of_its_own(code, kind):
    np.testing.assert_array_equal(render(code, 0.01, engine=kind), np.float32(VALUES[code]))


def test_a_squared_envelope_is_the_envelope_squared():
    envelope = "~e: imp 1 >> envperc 0.01 0.1\n"
    squared = render(f"{envelope}o: ~e >> mul ~e", 0.1, engine="native")
    np.testing.assert_array_equal(squared, render(f"{envelope}o: ~e", 0.1, engine="native") ** 2)


SOURCES = ("saw 100 >> mul 0.5 >> add 0.6", "sig 3", "imp 100")
NODES = (
    *("lpf ~p 1.0", "hpf ~p 1.0", "onepole ~p", "delayms ~p", "delayn ~p", "apfmsgain ~p 0.5", "sin ~p", "saw ~p"),
    *("squ ~p", "tri ~p", "mul ~p", "add ~p", "seq 60 ~p", "balance ~p ~p", "mix ~p ~p", "envperc 0.01 0.1"),
)


@pytest.mark.parametrize(("node", "source"), list(itertools.product(NODES, SOURCES)))
def test_aliases_sound_the_same_in_every_node(node, source, check):
    for through in ("o: ~p", "~q: ~p\no: ~q", "~q: ~p >> mul 1.0\no: ~q"):
        check(f"~p: {source}\n{through} >> {node}", [((), 3000)])


ALONE = (
    "sin @",
    "saw @",
    "squ @",
    "tri @",
    "mul @",
    "add @",
    "lpf @ 1.0",
    "hpf @ 1.0",
    "onepole @",
    "delayms @",
    "delayn @",
)


@pytest.mark.parametrize("node", [*ALONE, "apfmsgain @ 0.5", "mix @ ~x", "mix @"])
@pytest.mark.parametrize("source", ["", "saw 200 >> ", "imp 100 >> "])
def test_a_node_does_not_hear_itself(source, node, check):
    check(f"o: {source}{node.replace('@', 'o')}\n~x: saw 33", [((), 3000)])
    check(f"~s: {source}{node.replace('@', '~s')}\no: ~s >> mul 0.5\n~x: saw 33", [((), 3000)])
