"""Programs as chains, and the same sound in fewer lines."""

from __future__ import annotations

import re

import numpy as np
import pytest

import raveforce
from raveforce.glicol import Program
from raveforce.imitation.templates import AUTO, make_template
from raveforce.imitation.write.chains import chains_of, heard, inlined, multiplied_out, text_of

RATE = 44100


@pytest.mark.parametrize("name", AUTO)
def test_templates_are_chains_and_sound_the_same_in_fewer_lines(name: str) -> None:
    task = make_template(name, np.full(4410, 0.1, np.float32), RATE)
    assert text_of(chains_of(task.template)) == task.template
    middle = task.parameters.decode(np.zeros((1, len(task.parameters.free))))[0]
    values = dict(zip(task.parameters.parameters, middle, strict=True))

    def sound(text: str) -> np.ndarray:
        return raveforce.render(Program(text).fill_named(values), 0.2)

    # To the bit; products are multiplied in another order.
    np.testing.assert_array_equal(sound(inlined(task.template)), sound(task.template))
    np.testing.assert_allclose(sound(multiplied_out(inlined(task.template))), sound(task.template), atol=1e-5)


def test_products_are_written_where_they_are_taken() -> None:
    text = (
        "~half: imp 1 >> envperc 0.001 0.2\n~env: ~half >> mul ~half\n~pitch: ~env >> mul ~env >> mul 50 >> add 60\n"
        "~loud: ~half >> mul ~env\n~moved: ~loud >> mul ~half\nkick: sin ~pitch >> mul ~loud >> mul 0.5\n"
        "air: sin ~moved >> mul ~env\n"
    )
    found = multiplied_out(text)
    # What an oscillator takes as its pitch stays a chain of its own.
    assert re.findall(r"^(~?\w+):", found, re.MULTILINE) == ["~half", "~pitch", "~moved", "kick", "air"]
    np.testing.assert_allclose(raveforce.render(found, 0.2), raveforce.render(text, 0.2), atol=1e-5)
    assert multiplied_out(found) == found
    for same in ("o: sin 440", "~a: sin 1\no: sin 60 >> lpf ~a 1\n", "~a: sin 1\n~b: ~a >> mul ~a\no: sin ~b\n"):
        assert multiplied_out(same) == same


def test_what_nobody_hears_is_known() -> None:
    chains = chains_of("~a: sin 1\n~b: ~a >> mul 2\n~c: ~d >> mul 2\n~d: sin 3\no: sin ~b\n")
    assert list(heard(chains)) == ["~a", "~b", "o"]
    assert chains_of("o: sin 60; p: sin 70\nnot a chain") == {}
