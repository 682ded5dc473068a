"""Other ways to write a program."""

from __future__ import annotations

import numpy as np
import pytest

import raveforce
from raveforce.glicol import Program
from raveforce.glicol.native.frontend.parser import parse
from raveforce.imitation.templates import AUTO, make_template
from raveforce.imitation.write.chains import REFERENCE, chains_of, inlined, multiplied_out
from raveforce.imitation.write.changes import changed, other_noises
from raveforce.imitation.write.shorter import shorter_texts

RATE = 44100
KICK = """\
~fall: imp 0.1 >> envperc 0.0001 {fall}
~pitch: ~fall >> mul ~fall >> mul {sweep} >> add {freq}
~env: imp 0.1 >> envperc 0.001 {decay}
body: sin ~pitch >> mul ~env >> mul ~env >> mul {body}
"""


def values_of(name: str) -> dict[str, float]:
    task = make_template(name, np.full(4410, 0.1, np.float32), RATE)
    middle = task.parameters.decode(np.zeros((1, len(task.parameters.free))))[0]
    return dict(zip(task.parameters.parameters, middle.tolist(), strict=True))


def test_a_pitch_may_be_steady_and_an_envelope_shared() -> None:
    found = set(shorter_texts(KICK))
    steady = "~env: imp 0.1 >> envperc 0.001 {decay}\nbody: sin {freq} >> mul ~env >> mul ~env >> mul {body}\n"
    assert steady in found
    assert KICK.replace("~env: imp 0.1 >> envperc 0.001 {decay}\n", "").replace("~env", "~fall") in found
    # As linear as it can be is not shorter; without it the whole line goes.
    assert KICK.replace(" >> mul ~env >> mul ~env", "").replace("~env: imp 0.1 >> envperc 0.001 {decay}\n", "") in found


@pytest.mark.parametrize("name", AUTO)
def test_every_text_that_is_shorter_is_a_program(name: str) -> None:
    template = make_template(name, np.full(4410, 0.1, np.float32), RATE).template
    values, texts = values_of(name), list(shorter_texts(template))
    assert len(texts) == len(set(texts)) > 2
    for text in texts:
        program = Program(text)
        assert np.isfinite(raveforce.render(program.fill([values[each] for each in program.blanks]), 0.05)).all()
        assert text.count("\n") < template.count("\n")
        assert set(REFERENCE.findall(text)) == {each for each in chains_of(text) if each[0] == "~"}


@pytest.mark.parametrize("name", AUTO)
def test_every_change_is_a_program(name: str) -> None:
    """Many changes, one onto the other."""
    rng, values = np.random.default_rng(7), values_of(name)
    text = multiplied_out(inlined(make_template(name, np.full(4410, 0.1, np.float32), RATE).template))
    many = 0
    for _ in range(60):
        change = changed(text, rng, lambda: 3000.0)
        if change is None or len(change.text) > 3000:
            continue
        assert not set(change.numbers) & set(Program(text).blanks)
        for scale, value in change.numbers.values():
            assert scale.low <= value <= scale.high
        values |= {each: value for each, (_, value) in change.numbers.items()}
        program, text = Program(change.text), change.text
        code = program.fill([values[each] for each in program.blanks])
        assert len(parse(code)) == len(chains_of(text))
        assert raveforce.render(code, 0.02).shape == (882,)
        many += 1
    assert many > 30


def test_what_is_not_a_chain_a_line_stays() -> None:
    for text in ("o: sin {f}; p: sin 3\n", "no program"):
        assert list(shorter_texts(text)) == []
    assert changed("no program", np.random.default_rng(0), lambda: 100.0) is None


def test_every_noise_is_tried_where_it_stands() -> None:
    """Two voices of one noise keep one noise."""
    text = "~under: noise 300007 >> mul -1\nmid: noise 300007 >> add ~under\nlow: noise 7 >> mul 0.1\n"
    mid, low = other_noises(text)
    assert len(mid) == len(set(mid)) == len(low) == 48
    assert all(each.count("noise 600007") in (0, 2) and "noise 300007" not in each for each in mid)
    assert all("noise 300007" in each and "noise 7 " not in each for each in low)
