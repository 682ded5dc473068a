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
    "mix",
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

    def play(self, structure: Structure, values: NDArray[np.float64], out: Array) -> Faults:
        """Play layers of one structure from silence.

        Parameters
        ----------
        structure : what they are made of
        values : what fills their blanks, float64 [rows, blanks]
        out : float32 [rows, samples], where to; it may be neither finite nor bounded

        Returns
        -------
        faults : by row, why the engine broke; its sound is NaN
        """


class NativePlayer:
    """Plays with the native engine's kernel; structures are compiled from pieces, and kept."""

    kind = "native"

    def __init__(self, language: Language) -> None:
        from raveforce.glicol.native.load import load_kernel

        self.language = language
        load_kernel()

    def play(self, structure: Structure, values: NDArray[np.float64], out: Array) -> Faults:
        """See ``Player.play``."""
        from raveforce.glicol.native.one_shot import play_once

        broken = play_once(compile_structure(structure), values.astype(np.float32), out)
        return dict.fromkeys(broken.tolist(), "these numbers break the engine")


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

    def play(self, structure: Structure, values: NDArray[np.float64], out: Array) -> Faults:
        """See ``Player.play``."""
        faults: Faults = {}
        for row, own in enumerate(values):
            _, text = layer_text(structure, own)
            engine = open_engine(Program.literal(text), 1, self.language.sample_rate, self.kind, **self._options)
            try:
                out[row] = engine.play(np.zeros((1, 0)), out.shape[1])[0]
            except GlicolError as error:
                if not error.caused_by_values:
                    raise
                out[row] = np.nan
                faults[row] = error.message
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


def play_layers(
    player: Player, layers: Sequence[Layer], places: Sequence[int], samples: int
) -> tuple[list[Array], Faults]:
    """Play any layers; those of equal structure in one batch.

    Parameters
    ----------
    player : plays them
    layers : one a row
    places : each layer's place in its program, from 0
    samples : how many to play

    Returns
    -------
    audio : by row, float32 [samples]; it may be neither finite nor bounded
    faults : by row, why the engine broke
    """
    groups: dict[tuple[int, ...], list[int]] = {}
    for row, layer in enumerate(layers):
        groups.setdefault(layer.elements, []).append(row)
    # Group by group, so that what is played need not be copied.
    played = np.empty((len(layers), samples), np.float32)
    audio: list[Array] = [played[:0]] * len(layers)
    faults: Faults = {}
    start = 0
    for elements, rows in groups.items():
        structure = make_structure(player.language, elements)
        values = structure.values([layers[row].numbers for row in rows], [places[row] for row in rows])
        out = played[start : start + len(rows)]
        start += len(rows)
        faults |= {rows[row]: why for row, why in player.play(structure, values, out).items()}
        for row, sound in zip(rows, out, strict=True):
            audio[row] = sound
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
    played, broken = play_layers(
        player, [layer for layers in read for layer in layers], [k for each in read for k in range(len(each))], samples
    )
    audio = np.empty((len(programs), samples), np.float32)
    faults: Faults = {}
    first = 0
    for row, layers in enumerate(read):
        own = slice(first, first + len(layers))
        mix(played[own], audio[row])
        for place in range(own.start, own.stop):
            if place in broken:
                faults.setdefault(row, broken[place])
        first = own.stop
    return silence_broken(audio, faults)


def mix(layers: Sequence[Array], out: Array) -> None:
    """Add up sounds [samples] in their order, as the engine sums its outputs."""
    if not layers:
        out[:] = 0
        return
    np.copyto(out, layers[0])
    for sound in layers[1:]:
        out += sound


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
