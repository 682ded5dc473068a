"""Drafts, what is made of them, and what they are worth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import raveforce
from raveforce.distances import make_distance
from raveforce.writing.drafts import Draft, allowed, orders
from raveforce.writing.language import Language
from raveforce.writing.objective import FormObjective, Judge
from raveforce.writing.player import open_player, play_programs
from raveforce.writing.programs import count_nodes, program_tokens
from raveforce.writing.rounding import finished
from raveforce.writing.variation import crossed, mutated, random_draft, reduced, renumbered

LANGUAGE = Language()
SAMPLES = 4410


def judge_of(target: np.ndarray, price: float = 0.0) -> Judge:
    return Judge(open_player(LANGUAGE), target, make_distance("mss"), price)


def draft(words: str) -> Draft:
    return Draft.read(LANGUAGE, LANGUAGE.read(words))


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_variations_are_programs_of_the_language(seed: int) -> None:
    rng = np.random.default_rng(seed)
    one, other = random_draft(LANGUAGE, rng), random_draft(LANGUAGE, rng)
    made = [mutated(LANGUAGE, one, rng), renumbered(LANGUAGE, one, rng), *crossed(LANGUAGE, one, other, rng)]
    for each in made:
        assert allowed(LANGUAGE, each.form)
        assert ((each.places >= 0) & (each.places <= 1)).all()
        tokens = each.tokens(LANGUAGE)
        # Its text is read back as the tokens that it was made of.
        text = Draft.read(LANGUAGE, tokens).text(LANGUAGE)
        np.testing.assert_array_equal(program_tokens(LANGUAGE, text), tokens)
        assert each.nodes(LANGUAGE) == count_nodes(LANGUAGE, tokens)
    assert renumbered(LANGUAGE, one, rng).form == one.form


def test_mutations_change_the_structure_in_many_ways() -> None:
    rng = np.random.default_rng(0)
    one = draft("layer sin 30 mul env 5 40 close layer noise hpf 30 20 close end")
    forms = {mutated(LANGUAGE, one, rng).form for _ in range(200)}
    assert one.form not in forms
    assert len(forms) > 80
    assert {len(form) for form in forms} == {1, 2, 3}


def test_what_is_reduced_has_a_part_less() -> None:
    one = draft("layer sin 30 mul env 5 40 mul 20 close layer imp close end")
    shorter = [LANGUAGE.spell(each.tokens(LANGUAGE)) for each in reduced(LANGUAGE, one)]
    assert shorter == [
        "layer imp close end",
        "layer sin 30 mul 20 close layer imp close end",
        "layer sin 30 mul env 5 40 close layer imp close end",
        "layer sin 30 mul env 5 40 mul 20 close end",
    ]


def test_orders_are_those_that_sound_otherwise() -> None:
    tones = draft("layer sin 30 close layer tri 20 close end")
    noisy = draft("layer noise close layer tri 20 close layer sin 2 close end")
    assert len(orders(LANGUAGE, tones)) == 1
    assert len(orders(LANGUAGE, noisy)) == 3


def test_a_judge_plays_what_tokens_play() -> None:
    rng = np.random.default_rng(3)
    drafts = [random_draft(LANGUAGE, rng, layers) for layers in (1, 2, 3) for _ in range(8)]
    judge = judge_of(np.zeros(SAMPLES, np.float32))
    audio, broken = judge.play(drafts)
    played, faults = play_programs(judge.player, [each.tokens(LANGUAGE) for each in drafts], SAMPLES)
    np.testing.assert_array_equal(audio, played)
    assert set(np.flatnonzero(broken)) == set(faults)


def test_a_program_is_worth_its_distance_and_its_nodes() -> None:
    one = draft("layer sin 30 mul env 5 40 close end")
    target = judge_of(np.zeros(SAMPLES, np.float32)).play([one])[0][0]
    free, priced = judge_of(target), judge_of(target, 0.01)
    assert free([one])[0] == pytest.approx(0, abs=1e-5)
    assert priced([one])[0] == pytest.approx(0.03, abs=1e-5)
    objective = FormObjective(free, one.form)
    values = objective(np.stack([2 * one.places - 1, -np.ones(3)]))
    assert values[0] < 1e-5 < values[1]
    assert objective.code(2 * one.places - 1) == one.text(LANGUAGE)


def test_numbers_are_rounded_as_far_as_nobody_hears() -> None:
    one = draft("layer sin sweep2 20 40 12 mul env2 3 40 mul 41 close layer noise hpf 40 21 mul env 2 20 close end")
    moved = Draft(one.form, np.clip(one.places + 0.0041, 0, 1))
    target = judge_of(np.zeros(8820, np.float32)).play([moved])[0][0]
    noisy = target + 0.02 * np.random.default_rng(0).standard_normal(len(target)).astype(np.float32)
    judge = judge_of(noisy)
    done = finished(judge, moved)
    before = judge([moved])[0]
    after = judge.distance.between(
        judge.distance.features(raveforce.render(done.code, 0.2)[None, :8820]), judge.features
    )[0]
    assert after <= before * 1.0035

    def digits(code: str) -> int:
        return sum(ch.isdigit() for ch in code)

    assert digits(done.code) < digits(moved.text(LANGUAGE))
    assert len(done.parameters) == len(moved.places)
