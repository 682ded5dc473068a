"""Whatever a file holds, ``load`` gives a sound that can be used, or says why there is none."""

import struct
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from raveforce import audio
from raveforce.audio import AudioError

RATE = 8000
FORMATS = {
    "pcm.wav": "PCM_16",
    "float.wav": "FLOAT",
    "adpcm.wav": "MS_ADPCM",
    "a.flac": "PCM_16",
    "a.aiff": "PCM_16",
    "a.ogg": "VORBIS",
    "a.mp3": "MPEG_LAYER_III",
    "a.au": "FLOAT",
    "a.caf": "PCM_24",
    "a.w64": "PCM_16",
    "a.rf64": "PCM_16",
}
EXTREMES = (0, 1, 2, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A short sound in each format."""
    folder = tmp_path_factory.mktemp("originals")
    sound = 0.5 * np.sin(np.arange(800) / 5)
    made = {}
    for name, subtype in FORMATS.items():
        soundfile.write(folder / name, sound, RATE, subtype=subtype)
        made[name] = (folder / name).read_bytes()
    return made


@st.composite
def harms(draw: st.DrawFn) -> list[tuple[str, float, int]]:
    """Some of: a cut, another byte, another number of four bytes, a piece twice; each at a share of the file."""
    # Headers lie at the beginning.
    place = st.one_of(st.floats(0, 0.08), st.floats(0, 1, exclude_max=True))
    number = st.one_of(st.sampled_from(EXTREMES), st.integers(0, 0xFFFFFFFF))
    kind = st.sampled_from(["cut", "byte", "little", "big", "short", "nan", "twice", "gap"])
    return draw(st.lists(st.tuples(kind, place, number), min_size=1, max_size=5))


def harmed(content: bytes, done: list[tuple[str, float, int]]) -> bytes:
    for kind, share, number in done:
        at = int(share * len(content))
        new = {
            "byte": bytes([number & 0xFF]),
            "little": struct.pack("<I", number),
            "big": struct.pack(">I", number),
            "short": struct.pack("<H", number & 0xFFFF),
            "nan": struct.pack("<f", (np.nan, np.inf, 3e38)[number % 3]),
        }
        if kind == "cut":
            content = content[:at]
        elif kind == "twice":
            content = content[:at] + content[at : at + 1 + number % 64] + content[at:]
        elif kind == "gap":
            content = content[:at] + content[at + 1 + number % 64 :]
        else:
            content = content[:at] + new[kind] + content[at + len(new[kind]) :]
    return content


def check(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    said, began = "", time.process_time()
    try:
        sound, rate = audio.load(path)
    except AudioError as error:
        said = str(error)
    assert time.process_time() - began < 5
    if said:
        assert str(path) in said
        return
    assert rate == 44100
    assert sound.dtype == np.float32
    assert 0 < len(sound) <= 61 * rate
    assert np.isfinite(sound).all()
    assert 0 < np.abs(sound).max() <= audio.PEAK_LIMIT


def fuzz(examples: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        healthy = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
        drawn = given(name=st.sampled_from(sorted(FORMATS)), done=harms())(test)
        return settings(max_examples=examples, deadline=None, suppress_health_check=healthy)(drawn)

    return decorate


@fuzz(150)
def test_harmed_files(
    originals: dict[str, bytes], tmp_path: Path, name: str, done: list[tuple[str, float, int]]
) -> None:
    check(tmp_path / name, harmed(originals[name], done))


@pytest.mark.slow
@fuzz(20_000)
def test_many_harmed_files(
    originals: dict[str, bytes], tmp_path: Path, name: str, done: list[tuple[str, float, int]]
) -> None:
    check(tmp_path / name, harmed(originals[name], done))


@given(
    head=st.sampled_from([b"", b"RIFF", b"fLaC", b"OggS", b"FORM", b"ID3\x03", b"\xff\xfb", b".snd", b"caff"]),
    rest=st.binary(max_size=200),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes(tmp_path: Path, head: bytes, rest: bytes) -> None:
    check(tmp_path / "any.wav", head + rest)


def wav(*, rate: int = RATE, channels: int = 1, size: int = 2000, bits: int = 16) -> bytes:
    """A wav of 1,000 samples whose header says what it is told to."""
    block = channels * bits // 8
    fmt = struct.pack("<HHIIHH", 1, channels, rate, (rate * block) & 0xFFFFFFFF, block & 0xFFFF, bits)
    data = (10_000 * np.sin(np.arange(1000) / 5)).astype("<i2").tobytes()
    return (
        b"RIFF"
        + struct.pack("<I", 36 + size & 0xFFFFFFFF)
        + b"WAVEfmt "
        + struct.pack("<I", 16)
        + fmt
        + b"data"
        + struct.pack("<I", size)
        + data
    )


@pytest.mark.parametrize(
    "header",
    [
        {"size": 0xFFFFFFFF},
        {"size": 0},
        {"size": 1},
        {"rate": 0},
        {"rate": 1},
        {"rate": 7},
        {"rate": 2**31 - 1},
        {"rate": 2**32 - 1},
        {"channels": 0},
        {"channels": 1000},
        {"channels": 65535},
        {"bits": 0},
        {"bits": 1},
        {"bits": 65535},
    ],
)
def test_headers_that_lie(tmp_path: Path, header: dict[str, int]) -> None:
    check(tmp_path / "lies.wav", wav(**header))
