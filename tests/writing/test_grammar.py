"""What the mask allows is a program, and every program of the language can be written under it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raveforce.writing.grammar import make_grammar
from raveforce.writing.language import CLOSE, END, LAYER, Kind, Language
from raveforce.writing.layers import read_layers
from tests.writing.conftest import random_programs

languages = st.builds(
    Language,
    bins=st.integers(2, 70),
    max_tokens=st.integers(8, 64),
    max_layers=st.integers(1, 6),
    max_processors=st.integers(0, 6),
    words=st.sampled_from(
        [None, ("sin",), ("noise", "mul", "env"), ("imp", "lpf", "sweep", "mul", "env4"), ("saw", "sweep2", "delayn")]
    ),
)


@settings(deadline=None, max_examples=60)
@given(languages, st.integers(0, 2**32 - 1))
def test_any_choice_under_the_mask_comes_to_an_end_within_the_limits(language: Language, seed: int) -> None:
    grammar, rng = make_grammar(language), np.random.default_rng(seed)
    state = grammar.begin(16)
    written: list[list[int]] = [[] for _ in range(16)]
    for _ in range(language.max_tokens):
        mask, over = grammar.mask(state), grammar.is_over(state)
        assert mask[~over].any(axis=1).all(), "a program that is not over can go on"
        assert not mask[over].any()
        tokens = np.array([rng.choice(np.flatnonzero(row)) if row.any() else 0 for row in mask])
        for row in np.flatnonzero(~over):
            written[row].append(int(tokens[row]))
        state = grammar.advance(state, tokens)
    assert grammar.is_over(state).all()
    for tokens in written:
        assert (tokens[0], tokens[-1], len(tokens) <= language.max_tokens) == (LAYER, END, True)
        layers = read_layers(language, tokens)
        assert 1 <= len(layers) <= language.max_layers
        for layer in layers:
            elements = [language.elements[each] for each in layer.elements]
            assert elements[0].node.is_source
            assert not any(element.node.is_source for element in elements[1:])
            assert len(elements) - 1 <= language.max_processors
            assert len(layer.numbers) == sum(len(element.numbers) for element in elements)


def test_rows_do_not_depend_on_the_rows_beside_them(language: Language) -> None:
    grammar = make_grammar(language)
    programs = random_programs(language, 8)
    together = grammar.begin(8)
    alone = [grammar.begin(1) for _ in range(8)]
    for step in range(max(map(len, programs))):
        masks = grammar.mask(together)
        for row, state in enumerate(alone):
            np.testing.assert_array_equal(masks[row], grammar.mask(state)[0])
        tokens = np.array([program[step] if step < len(program) else 0 for program in programs])
        together = grammar.advance(together, tokens)
        alone = [grammar.advance(state, tokens[[row]]) for row, state in enumerate(alone)]


def test_what_would_be_silent_is_not_allowed(language: Language) -> None:
    grammar, ids = make_grammar(language), language.ids

    def following(words: str) -> set[str]:
        state = grammar.begin(1)
        for token in language.read(words):
            state = grammar.advance(state, np.array([token]))
        return {language.tokens[token].name for token in np.flatnonzero(grammar.mask(state)[0])} - set(
            map(str, range(language.bins))
        )

    assert {"env", "env2", "env4", "ring"} <= following("layer noise mul")
    assert not following("layer imp mul"), "every envelope is 0 where the click is"
    assert {"env", "ring"} <= following("layer imp lpf 3 3 mul")
    assert following("layer noise delayn 5 mul") == {"ring"}, "an envelope is over when the sound comes"
    assert following("layer noise mul env 1 1 mul") == {"ring"}, "one envelope a layer"
    assert following("layer noise mul 5") == {"close"}, "a gain is the last"
    assert following("") == {"layer"}, "an empty program has no end"
    assert "fm" in following("layer sin")
    assert "fm" not in following("layer saw")
    assert ids["close"] == CLOSE


def test_forbidden_tokens_are_explained(language: Language) -> None:
    grammar = make_grammar(language)
    with pytest.raises(ValueError, match=r"row 1: 'close' may not stand here: layer may \(see action_masks\)"):
        grammar.advance(grammar.begin(2), np.array([LAYER, CLOSE]))
    state = grammar.advance(grammar.begin(1), np.array([LAYER]))
    with pytest.raises(ValueError, match=r"the number 3 may not stand here: .*noise.* may"):
        grammar.advance(state, language.read("3"))


def test_random_programs_have_as_many_layers_as_they_are_told(language: Language) -> None:
    grammar, rng = make_grammar(language), np.random.default_rng(0)
    counts = [(grammar.sample(rng.random(64), layers=2) == LAYER).sum() for _ in range(50)]
    assert counts.count(2) > 45, "but where the tokens do not suffice"
    assert max(counts) == 2
    kinds = {language.tokens[token].kind for program in random_programs(language, 100) for token in program}
    assert kinds == set(Kind)


def test_the_words_are_those_of_the_table_of_nodes() -> None:
    from raveforce.glicol.nodes import NODES

    language = Language()
    assert len(language.tokens) < 200
    written = {node.written for node in NODES.values() if node.written}
    words = {token.name for token in language.tokens if token.kind in (Kind.SOURCE, Kind.PROCESSOR)}
    assert words == written
    for element, tables in zip(language.elements, language.values, strict=True):
        assert list(tables) == list(element.numbers)
        for table in tables.values():
            assert (np.diff(table) > 0).all(), "numbers differ after rounding"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"bins": 1}, "bins must be a whole number between 2 and 4096, not 1"),
        ({"bins": 10**7}, "bins must be a whole number between 2 and 4096, not 10000000"),
        ({"max_tokens": 3}, "max_tokens"),
        ({"max_layers": 1e9}, "max_layers"),
        ({"max_processors": 10**18}, "max_processors"),
        ({"words": ("sine",)}, r"no program is written with 'sine'; did you mean sin\?"),
        ({"words": ("mul", "env")}, "have no source"),
    ],
)
def test_languages_without_programs_are_refused(settings: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Language(**settings)  # type: ignore[arg-type]
