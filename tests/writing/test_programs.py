"""Tokens, text and sound: one and the same program."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import raveforce
from raveforce.glicol.errors import GlicolError
from raveforce.glicol.native import one_shot
from raveforce.glicol.program import ProgramError
from raveforce.writing.language import Language
from raveforce.writing.layers import make_structure, read_layers, write_layers
from raveforce.writing.player import NativePlayer, Part, TextPlayer, open_player, play_layers, play_programs
from raveforce.writing.programs import count_nodes, program_text, program_tokens
from tests.writing.conftest import SAMPLES, random_programs

pytestmark = pytest.mark.xdist_group("writing")


@settings(deadline=None, max_examples=150)
@given(st.integers(0, 2**32 - 1), st.sampled_from([Language(), Language(bins=7), Language(sample_rate=22050)]))
def test_a_program_comes_back_from_its_text(seed: int, language: Language) -> None:
    (tokens,) = random_programs(language, 1, seed)
    np.testing.assert_array_equal(write_layers(language, read_layers(language, tokens)), tokens)
    np.testing.assert_array_equal(program_tokens(language, program_text(language, tokens)), tokens)


def test_text_is_well_formed(language: Language) -> None:
    for tokens in random_programs(language, 200):
        text = program_text(language, tokens)
        chains = [line.partition(":")[0] for line in text.split("\n")]
        assert len(set(chains)) == len(chains)
        references = set(re.findall(r"~\w+", text))
        assert references == {chain for chain in chains if chain.startswith("~")}, "none is dead, none is missing"
        for number in re.findall(r"(?<!noise) -?(\d+(?:\.\d+)?)", text):
            assert len(number.replace(".", "").strip("0")) <= 6, number
        heard = [chain for chain in chains if not chain.startswith("~")]
        assert len(heard) == len(read_layers(language, tokens))
        for reference in references:
            assert any(reference.startswith(f"~{name}_") for name in heard)


def check_bits(count: int, seed: int, samples: int) -> None:
    language = Language()
    programs = random_programs(language, count, seed)
    audio, faults = play_programs(open_player(language, "native"), programs, samples)
    for row, tokens in enumerate(programs):
        if row not in faults:
            text = program_text(language, tokens)
            theirs = raveforce.render(text, samples / language.sample_rate, engine="native")
            np.testing.assert_array_equal(audio[row], theirs, err_msg=text)


def test_tokens_sound_as_their_text_to_the_bit() -> None:
    check_bits(60, seed=1, samples=SAMPLES)


def test_a_batch_sounds_as_each_of_its_programs_alone(language: Language) -> None:
    player, programs = open_player(language, "native"), random_programs(language, 40, seed=8)
    together, faults = play_programs(player, programs, SAMPLES)
    for row, tokens in enumerate(programs):
        alone, fault = play_programs(player, [tokens], SAMPLES)
        np.testing.assert_array_equal(together[row], alone[0])
        assert (row in faults) == bool(fault)
    layers = [read_layers(language, tokens) for tokens in programs]
    places = [place for each in layers for place in range(len(each))]
    parts, _ = play_layers(player, [layer for each in layers for layer in each], places, SAMPLES)
    ends = np.cumsum([len(each) for each in layers])
    for row, own in enumerate(np.split(parts, ends[:-1])):
        if row not in faults:
            np.testing.assert_array_equal(together[row], sum(own[1:], own[0]))


def test_work_is_done_in_calls_that_can_be_interrupted(language: Language, monkeypatch: pytest.MonkeyPatch) -> None:
    player, programs = open_player(language, "native"), random_programs(language, 20, seed=9)
    whole, _ = play_programs(player, programs, SAMPLES)
    for work in (1, 200_000):
        monkeypatch.setattr(one_shot, "WORK_PER_CALL", work)
        np.testing.assert_array_equal(play_programs(player, programs, SAMPLES)[0], whole)


def test_nothing_to_play_is_silence(language: Language) -> None:
    player = open_player(language, "native")
    audio, faults = play_programs(player, [language.read("layer sin 3"), language.read("layer noise")], SAMPLES)
    assert not audio.any()
    assert not faults
    assert play_layers(player, [], [], SAMPLES)[0].shape == (0, SAMPLES)


def test_numbers_that_break_the_engine_are_a_fault_of_their_sound_alone(language: Language) -> None:
    (layer,) = read_layers(language, language.read("layer noise apfmsgain 20 20 close end"))
    structure = make_structure(language, layer.elements)
    values = np.repeat(structure.values([layer.numbers]), 3, axis=0)
    values[1, structure.blanks.index("delay")] = 0.01
    for player in (open_player(language, "native"), open_player(language, "wasm")):
        audio = np.zeros((3, SAMPLES), np.float32)
        faults = player.add([Part(structure, values, np.array([2, 0, 1]))], audio)
        assert list(faults) == [0]
        assert np.isnan(audio[0]).all()
        np.testing.assert_array_equal(audio[1], audio[2])


@pytest.mark.slow
def test_tokens_sound_as_their_text_to_the_bit_in_many_programs() -> None:
    check_bits(1000, seed=2, samples=17640)


def check_engines(count: int, seed: int) -> None:
    language = Language()
    programs = random_programs(language, count, seed)
    native, faults = play_programs(NativePlayer(language), programs, SAMPLES)
    real, broken = play_programs(TextPlayer(language, "wasm"), programs, SAMPLES)
    assert faults.keys() == broken.keys()
    for row, tokens in enumerate(programs):
        peak = max(1.0, float(np.abs(real[row]).max()))
        np.testing.assert_allclose(native[row], real[row], atol=1e-4 * peak, err_msg=program_text(language, tokens))


def test_both_engines_agree_on_random_programs() -> None:
    check_engines(60, seed=3)


@pytest.mark.slow
def test_both_engines_agree_on_a_thousand_random_programs() -> None:
    check_engines(1000, seed=4)


def check_accepted(count: int, seed: int, samples: int) -> None:
    """None is refused; hardly any is silent or explodes, and those are told."""
    language = Language()
    player = open_player(language, "native")
    faults, silent, programs = 0, 0, random_programs(language, count, seed)
    for start in range(0, count, 64):
        audio, broken = play_programs(player, programs[start : start + 64], samples)
        peaks = np.abs(audio).max(axis=1)
        faults += len(broken)
        silent += int((peaks < 1e-4).sum()) - len(broken)
        assert all("exploded" in why for why in broken.values()), broken
    assert faults < 0.03 * count
    assert silent < 0.005 * count + 1


def test_programs_are_accepted_and_sound() -> None:
    check_accepted(300, seed=5, samples=SAMPLES)


@pytest.mark.slow
def test_ten_thousand_programs_are_accepted_and_sound() -> None:
    check_accepted(10_000, seed=6, samples=17640)


def test_a_structure_plays_numbers_between_the_bins(language: Language) -> None:
    tokens = language.read("layer sin sweep 10 20 8 mul env2 3 40 mul 60 close end")
    (layer,) = read_layers(language, tokens)
    structure = make_structure(language, layer.elements)
    places = np.array([layer.numbers]) / (language.bins - 1)
    np.testing.assert_array_equal(structure.values_at(places), structure.values([layer.numbers]))
    between = structure.values_at(places + 0.003)
    assert ((between > structure.values([layer.numbers])) | (np.array(structure.blanks) == "rise")).all()
    audio = np.zeros((1, SAMPLES), np.float32)
    assert not open_player(language).add([Part(structure, between, np.zeros(1, int))], audio)
    assert 0.1 < np.abs(audio).max() < 2


def test_noise_of_two_layers_differs(language: Language) -> None:
    tokens = language.read("layer noise close layer noise close end")
    both, _ = play_programs(open_player(language), [tokens, tokens[:3]], SAMPLES)
    first, second = both[1], both[0] - both[1]
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.1


def test_programs_of_other_hands_are_read_if_the_language_has_them(language: Language) -> None:
    text = "~e: imp 0.1 >> envperc 0.001 0.21\nkick: sin 51.3 >> mul ~e >> mul ~e >> mul 0.8"
    tokens = program_tokens(language, text)
    assert language.spell(tokens).startswith("layer sin 7 mul env2")
    assert count_nodes(language, tokens) == 4


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("o: sin 440 >> plate 0.5", r"does not write 'plate' as it stands in the chain 'o' \(line 1, column 15\)"),
        ("o: sin 440 >> mul ~m; ~m: saw 3", "does not write 'mul'"),
        ("o: sin 1", "frequency of 'sin' is 1, outside the language's scale from 25 to 12000"),
        ("o: sin 440 >> mul 0.5 >> lpf 500 1", "'lpf' may not stand here: close may"),
        ("~a: sin 440", "layer may"),
    ],
)
def test_programs_of_another_language_are_named(language: Language, text: str, said: str) -> None:
    with pytest.raises(ProgramError, match=said):
        program_tokens(language, text)


def test_what_is_no_program_is_an_error_of_the_text(language: Language) -> None:
    with pytest.raises(GlicolError, match=r"syntax|expected|takes"):
        program_tokens(language, "o: sin >>")
