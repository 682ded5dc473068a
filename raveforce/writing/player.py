"""Playing layers: any number of them in one batch, without going through text."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from raveforce.faults import silence_broken
from raveforce.glicol import EngineUnavailable, GlicolError, Program, open_engine
from raveforce.writing.elements import Element
from raveforce.writing.language import Language
from raveforce.writing.layers import Layer, Structure, blank_values, make_structure, read_layers
from raveforce.writing.programs import element_nodes, layer_text

__all__ = [
    "Faults",
    "NativePlayer",
    "Part",
    "Player",
    "TextPlayer",
    "compile_structure",
    "mix",
    "open_player",
    "play_layers",
    "play_programs",
]

Array = NDArray[np.float32]
Faults = dict[int, str]


class Part(NamedTuple):
    """Layers of one structure.

    Attributes
    ----------
    structure : what they are made of
    values : what fills their blanks, float64 [layers, blanks]
    heard : int64 [layers], the sound that each is added to
    """

    structure: Structure
    values: NDArray[np.float64]
    heard: NDArray[np.int64]


class Player(Protocol):
    """Plays layers of a language.

    Attributes
    ----------
    language : whose layers
    kind : the engine, "native" or "wasm"
    """

    language: Language
    kind: str

    def add(self, parts: Sequence[Part], out: Array) -> Faults:
        """Play layers from silence, and add them up in their order.

        Parameters
        ----------
        parts : what is played
        out : float32 [sounds, samples], what they are added to; it may be neither finite nor bounded

        Returns
        -------
        faults : by sound, why the engine broke; it is NaN
        """


class NativePlayer:
    """Plays with the native engine's kernel; layers are joined from pieces that were compiled once."""

    kind = "native"

    def __init__(self, language: Language) -> None:
        from raveforce.glicol.native.load import load_kernel

        self.language = language
        load_kernel()

    def add(self, parts: Sequence[Part], out: Array) -> Faults:
        """See ``Player.add``."""
        from raveforce.glicol.native.one_shot import Part as Playable
        from raveforce.glicol.native.one_shot import play_once

        playable = [Playable(compile_structure(part.structure), part.values, part.heard) for part in parts]
        return dict.fromkeys(play_once(_library(), playable, out).tolist(), "these numbers break the engine")


class TextPlayer:
    """Plays the layers' text, with any engine: many times slower, for comparison.

    Parameters
    ----------
    language : whose layers
    kind : "wasm", "native" or an engine of one's own
    **options : what the engine takes
    """

    def __init__(self, language: Language, kind: str = "wasm", **options: Any) -> None:
        self.language = language
        self.kind = kind
        self._options = options

    def add(self, parts: Sequence[Part], out: Array) -> Faults:
        """See ``Player.add``."""
        faults: Faults = {}
        for part in parts:
            for values, sound in zip(part.values, part.heard.tolist(), strict=True):
                _, text = layer_text(part.structure, values)
                engine = open_engine(Program.literal(text), 1, self.language.sample_rate, self.kind, **self._options)
                try:
                    out[sound] += engine.play(np.zeros((1, 0)), out.shape[1])[0]
                except GlicolError as error:
                    if not error.caused_by_values:
                        raise
                    out[sound] = np.nan
                    faults.setdefault(sound, error.message)
                finally:
                    engine.close()
        return faults


def open_player(language: Language, kind: str = "auto", **options: Any) -> Player:
    """A player: ``"native"``, or any engine by its name; ``"auto"`` takes native where it is there."""
    if kind in ("auto", "native"):
        try:
            return NativePlayer(language)
        except EngineUnavailable:
            if kind == "native":
                raise
    return TextPlayer(language, "wasm" if kind == "auto" else kind, **options)


def play_layers(player: Player, layers: Sequence[Layer], places: Sequence[int], samples: int) -> tuple[Array, Faults]:
    """Play any layers, each by itself.

    Parameters
    ----------
    player : plays them
    layers : one a row
    places : each layer's place in its program, from 0
    samples : how many to play

    Returns
    -------
    audio : float32 [rows, samples]; it may be neither finite nor bounded
    faults : by row, why the engine broke
    """
    audio = np.zeros((len(layers), samples), np.float32)
    return audio, player.add(_parts(player.language, layers, places, range(len(layers))), audio)


def play_programs(
    player: Player, programs: Sequence[Sequence[int] | NDArray[np.int64]] | NDArray[np.int64], samples: int
) -> tuple[Array, Faults]:
    """Play programs: the sums of their closed layers.

    Parameters
    ----------
    player : plays them
    programs : tokens, one program a row; those below 0 are passed over
    samples : how many to play

    Returns
    -------
    audio : float32 [rows, samples], finite and within ±``PEAK_LIMIT``; silent where it broke
    faults : by row, why
    """
    read = [read_layers(player.language, tokens) for tokens in programs]
    layers = [layer for each in read for layer in each]
    places = [place for each in read for place in range(len(each))]
    rows = [row for row, each in enumerate(read) for _ in each]
    audio = np.zeros((len(programs), samples), np.float32)
    faults = player.add(_parts(player.language, layers, places, rows), audio)
    return silence_broken(audio, faults)


def _parts(language: Language, layers: Sequence[Layer], places: Sequence[int], rows: Sequence[int]) -> list[Part]:
    """Layers of equal structure and place together; first those that are first in their programs.

    So every program's layers are added up in their order, as the engine sums its outputs.
    """
    groups: dict[tuple[int, tuple[int, ...]], list[int]] = {}
    for index, (layer, place) in enumerate(zip(layers, places, strict=True)):
        groups.setdefault((place, layer.elements), []).append(index)
    groups = dict(sorted(groups.items(), key=lambda item: item[0][0]))
    chosen = [layers[index] for members in groups.values() for index in members]
    elements = np.array([element for layer in chosen for element in layer.elements], np.int64)
    numbers = np.array([number for layer in chosen for number in layer.numbers], np.int64)
    owners = [place for (place, each), members in groups.items() for _ in members for _ in each]
    values = blank_values(language, elements, numbers, np.array(owners, np.int64))
    parts: list[Part] = []
    for (_, each), members in groups.items():
        structure = make_structure(language, each)
        count = len(members) * len(structure.blanks)
        own, values = values[:count].reshape(len(members), -1), values[count:]
        parts.append(Part(structure, own, np.array([rows[index] for index in members])))
    return parts


def mix(layers: Sequence[Array] | Array, out: Array) -> None:
    """Add up sounds [samples] in their order, as the engine sums its outputs."""
    if not len(layers):
        out[:] = 0
        return
    np.copyto(out, layers[0])
    for sound in layers[1:]:
        out += sound


@cache
def _library():  # type: ignore[no-untyped-def]
    """Pieces of layers, compiled: some hundred for all structures that there are."""
    from raveforce.glicol.native.lowering.joining import Library

    return Library()


@lru_cache(maxsize=8192)
def compile_structure(structure: Structure) -> tuple[int, ...]:
    """The pieces that a structure's layers are joined from, in order: their numbers in the library."""
    fragments, rate = _library().fragments, structure.language.sample_rate
    peak: float | None = None
    peaks: list[float | None] = []
    for part in structure.parts:
        peaks.append(peak)
        peak = fragments[_fragment(part, rate, peak, 1.0)].peak
    gain = 1.0
    chain: list[int] = []
    for part, before in zip(reversed(structure.parts), reversed(peaks), strict=True):
        chain.append(_fragment(part, rate, before, gain))
        gain = fragments[chain[-1]].gain
    return tuple(reversed(chain))


@cache
def _fragment(part: Element, sample_rate: int, peak: float | None, gain: float) -> int:
    """The number in the library of an element, by what is known of the sound before it and behind it."""
    from raveforce.glicol.native.lowering.fragments import compile_fragment
    from raveforce.glicol.native.lowering.graph import Context

    nodes, chains = element_nodes(part)
    context = Context(float(sample_rate), 120.0, 42, code=part.text)
    made = compile_fragment(nodes, chains, len(part.blanks), context, peak=peak, gain=gain)
    return int(_library().add(made))
