"""Playing layers: rows of equal structure in one batch, without going through text."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from raveforce.faults import silence_broken
from raveforce.glicol import EngineUnavailable, GlicolError, Program, open_engine
from raveforce.writing.elements import Element
from raveforce.writing.language import Language
from raveforce.writing.layers import Layer, Structure, make_structure, read_layers
from raveforce.writing.programs import element_nodes, layer_text

__all__ = [
    "Faults",
    "NativePlayer",
    "Player",
    "TextPlayer",
    "compile_structure",
    "open_player",
    "play_layers",
    "play_programs",
]

Array = NDArray[np.float32]
Faults = dict[int, str]


class Player(Protocol):
    """Plays layers of a language.

    Attributes
    ----------
    language : whose layers
    kind : the engine, "native" or "wasm"
    """

    language: Language
    kind: str

    def play(self, structure: Structure, values: NDArray[np.float64], samples: int) -> tuple[Array, Faults]:
        """Play layers of one structure from silence.

        Parameters
        ----------
        structure : what they are made of
        values : what fills their blanks, float64 [rows, blanks]
        samples : how many

        Returns
        -------
        audio : float32 [rows, samples], finite and within ±``PEAK_LIMIT``; silent where it broke
        faults : by row, why
        """


class NativePlayer:
    """Plays with the native engine's kernel; structures are compiled from pieces, and kept."""

    kind = "native"

    def __init__(self, language: Language) -> None:
        from raveforce.glicol.native.load import load_kernel

        self.language = language
        load_kernel()

    def play(self, structure: Structure, values: NDArray[np.float64], samples: int) -> tuple[Array, Faults]:
        """See ``Player.play``."""
        from raveforce.glicol.native.one_shot import play_once

        audio, broken = play_once(compile_structure(structure), values.astype(np.float32), samples)
        faults = dict.fromkeys(broken.tolist(), "these numbers break the engine")
        return silence_broken(audio, faults)


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

    def play(self, structure: Structure, values: NDArray[np.float64], samples: int) -> tuple[Array, Faults]:
        """See ``Player.play``."""
        audio = np.zeros((len(values), samples), np.float32)
        faults: Faults = {}
        for row, own in enumerate(values):
            _, text = layer_text(structure, own)
            engine = open_engine(Program.literal(text), 1, self.language.sample_rate, self.kind, **self._options)
            try:
                audio[row] = engine.play(np.zeros((1, 0)), samples)[0]
            except GlicolError as error:
                if not error.caused_by_values:
                    raise
                faults[row] = error.message
            finally:
                engine.close()
        return silence_broken(audio, faults)


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
    """Play any layers; those of equal structure in one batch.

    Parameters
    ----------
    player : plays them
    layers : one a row
    places : each layer's place in its program, from 0
    samples : how many to play

    Returns
    -------
    audio : float32 [rows, samples]
    faults : by row, why its sound is silence
    """
    groups: dict[tuple[int, ...], list[int]] = {}
    for row, layer in enumerate(layers):
        groups.setdefault(layer.elements, []).append(row)
    audio = np.empty((len(layers), samples), np.float32)
    faults: Faults = {}
    for elements, rows in groups.items():
        structure = make_structure(player.language, elements)
        values = structure.values([layers[row].numbers for row in rows], [places[row] for row in rows])
        audio[rows], broken = player.play(structure, values, samples)
        faults |= {rows[row]: why for row, why in broken.items()}
    return audio, faults


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
    rows = [row for row, layers in enumerate(read) for _ in layers]
    played, broken = play_layers(
        player, [layer for layers in read for layer in layers], [k for each in read for k in range(len(each))], samples
    )
    audio = np.zeros((len(programs), samples), np.float32)
    begun = np.zeros(len(programs), bool)
    for row, sound in zip(rows, played, strict=True):
        # In their order, as the engine sums its outputs.
        audio[row] = audio[row] + sound if begun[row] else sound
        begun[row] = True
    faults = {rows[place]: why for place, why in broken.items()}
    audio[list(faults)] = 0
    return silence_broken(audio, faults)


@lru_cache(maxsize=8192)
def compile_structure(structure: Structure):  # type: ignore[no-untyped-def]
    """The graph of a structure's layers."""
    from raveforce.glicol.native.lowering.fragments import Fragment, join

    peak: float | None = None
    peaks: list[float | None] = []
    rate = structure.language.sample_rate
    for part in structure.parts:
        peaks.append(peak)
        peak = _fragment(part, rate, peak, 1.0).peak
    gain = 1.0
    fragments: list[Fragment] = []
    for part, before in zip(reversed(structure.parts), reversed(peaks), strict=True):
        fragments.insert(0, _fragment(part, rate, before, gain))
        gain = fragments[0].gain
    return join(fragments)


@lru_cache(maxsize=1024)
def _fragment(part: Element, sample_rate: int, peak: float | None, gain: float):  # type: ignore[no-untyped-def]
    from raveforce.glicol.native.lowering.fragments import compile_fragment
    from raveforce.glicol.native.lowering.graph import Context

    nodes, chains = element_nodes(part)
    context = Context(float(sample_rate), 120.0, 42, code=part.text)
    return compile_fragment(nodes, chains, len(part.blanks), context, peak=peak, gain=gain)
