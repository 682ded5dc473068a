"""Samples: recordings that programs play."""

import numpy as np
import pytest

from raveforce.audio import write
from raveforce.glicol import GlicolError, Program, open_engine, render


def engine(code, **options):
    return open_engine(Program.literal(code), kind="wasm", **options)


def play(opened, samples=5000):
    return opened.play([[]] * opened.rows, samples)


def test_a_sample_plays_and_survives_resets_and_errors():
    # Smooth, because the engine's sampler interpolates in its own way.
    sound = np.cos(np.linspace(0, 6, 300)).astype(np.float32)
    opened = open_engine(r"o: imp {} >> sp \hit", kind="wasm")
    opened.add_sample("hit", sound)
    for _ in range(3):
        audio = opened.play([[1]], 300)[0]
        np.testing.assert_allclose(audio, sound, atol=0.02)
        opened.reset()
    failing = open_engine(Program(r"o: imp 1 >> {node}", words={"node": (r"sp \hit", "pan 0.1")}), kind="wasm")
    failing.add_sample("hit", sound)
    with pytest.raises(GlicolError):
        failing.play([[1]], 300)
    np.testing.assert_allclose(failing.play([[0]], 300)[0], sound, atol=0.02)


def test_a_sample_of_the_same_name_is_replaced_also_while_playing():
    opened = engine(r"o: imp 1 >> sp \hit")
    opened.add_sample("hit", np.full(200, 0.5))
    np.testing.assert_allclose(play(opened, 128), 0.5)
    opened.add_sample("hit", np.full(200, -0.25))
    opened.reset()
    np.testing.assert_allclose(play(opened, 128), -0.25)


def test_a_sample_added_while_playing_is_heard_without_a_reset():
    program = Program("o: imp 100 >> {node}", words={"node": ("mul 1.0", r"sp \hit")})
    opened = open_engine(program, kind="wasm")
    opened.play([[0]], 1000)
    opened.add_sample("hit", np.full(400, 0.5))
    audio = opened.play([[1]], 1000)
    assert np.count_nonzero(audio == 0.5) > 300


def test_the_left_of_a_stereo_sample_is_heard():
    left, right = np.full(300, 0.5), np.full(300, -0.5)
    opened = engine(r"o: imp 1 >> sp \hit")
    opened.add_sample("hit", [left, right])
    np.testing.assert_allclose(play(opened, 256), 0.5)


def test_a_sample_at_another_rate_is_stretched():
    opened = engine(r"o: imp 0.1 >> sp \hit")
    opened.add_sample("hit", (np.linspace(1, 0, 1000), 22050))
    audio = play(opened, 2000)[0]
    np.testing.assert_allclose(audio[500], 0.75, atol=0.01)
    np.testing.assert_allclose(audio[1500], 0.25, atol=0.01)


HIT = np.cos(np.linspace(0, 6, 300)).astype(np.float32)


def test_samples_are_given_as_arrays_pairs_or_paths(tmp_path):
    code = r"o: imp 1 >> sp \hit"
    write(tmp_path / "hit.wav", HIT, 44100)
    expected = render(code, 0.01, samples={"hit": HIT})
    np.testing.assert_allclose(expected[:300], HIT, atol=0.02)
    for source in ((HIT, 44100), (HIT, np.int64(44100)), HIT[None], tmp_path / "hit.wav", HIT.tolist()):
        for kind in ("auto", "wasm"):
            opened = open_engine(Program.literal(code), kind=kind, samples={"hit": source})
            np.testing.assert_array_equal(opened.play([[]], 441)[0], expected)
    stereo = render(code, 0.01, samples={"hit": np.stack([HIT, -HIT])})  # read a little beside the samples
    np.testing.assert_allclose(stereo, expected, atol=0.03)
    slower = render(code, 0.01, samples={"hit": (HIT, 22050)})
    np.testing.assert_allclose(slower[:300:2], HIT[:150], atol=0.05)
    assert render("o: sin 440", 0.1, engine="native", samples={"hit": HIT}).any()


@pytest.mark.parametrize("spelling", [r"\808", "'808'"])
def test_both_spellings_of_a_name_find_its_sample(spelling):
    code = f"o: imp 1 >> sp {spelling}"
    np.testing.assert_allclose(render(code, 0.005, samples={"808": HIT}), HIT[:220], atol=0.02)
    opened = open_engine(Program("o: imp 1 >> sp {name}", {"name": (spelling,)}), samples={"808": HIT})
    np.testing.assert_allclose(opened.play([[0]], 220)[0], HIT[:220], atol=0.02)


@pytest.mark.parametrize("spelling", [r"\808", "'808'"])
def test_the_error_of_a_missing_sample_says_how_to_give_it(spelling):
    with pytest.raises(GlicolError, match=r"samples=\{'808': array or path\}") as caught:
        render(f"o: imp 1 >> sp {spelling}", 0.1)
    assert caught.value.kind == "sample"
    assert spelling in caught.value.message


@pytest.mark.parametrize("content", [None, b"", b"no sound"])
def test_files_that_cannot_be_read_are_refused(tmp_path, content):
    if content is not None:
        (tmp_path / "hit.wav").write_bytes(content)
    with pytest.raises(ValueError, match=r"sample 'hit'.*hit\.wav"):
        render("o: sin 1", 0.1, samples={"hit": tmp_path / "hit.wav"})


def test_a_file_that_is_too_long_is_refused(tmp_path):
    write(tmp_path / "long.wav", np.ones(61_000), 1000)
    with pytest.raises(ValueError, match=r"'hit'.*longer than 60 s"):
        render("o: sin 1", 0.1, samples={"hit": str(tmp_path / "long.wav")})


@pytest.mark.parametrize("kind", ["native", "wasm"])
@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("a b", [0, 1]),
        ("", [0, 1]),
        (808, [0, 1]),
        ("a", []),
        ("a", [1]),
        ("a", np.zeros((3, 10))),
        ("a", np.zeros((1, 2, 10))),
        ("a", [0, np.nan]),
        ("a", ([0, 1], 0)),
        ("a", ([0, 1], 44100.5)),
        ("a", np.arange(100)),
    ],
)
def test_impossible_samples_are_refused(kind, name, source):
    with pytest.raises(ValueError, match="sample"):
        open_engine("o: sin 1", kind=kind, samples={name: source})
    with pytest.raises(ValueError, match="sample"):
        open_engine("o: sin 1", kind=kind).add_sample(name, source)
