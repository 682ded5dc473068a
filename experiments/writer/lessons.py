"""What the writing policy learns from: programs, their sounds, and the tokens that it should have written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from raveforce.writing.grammar import make_grammar
from raveforce.writing.language import Language
from raveforce.writing.layers import Layer, read_layers, write_layers
from raveforce.writing.player import Player, mix, play_layers
from raveforce.writing.targets import LOUDEST, QUIETEST, split_of

__all__ = ["Lesson", "play_lessons", "random_programs", "struck_programs", "varied"]

Array = NDArray[np.float32]
Program = list[Layer]

INAUDIBLE = 1e-6
"""Share of a program's energy below which a layer is not written."""


@dataclass(frozen=True, eq=False)
class Lesson:
    """A sound, float32 [samples], and the tokens that make it, int64 [tokens]."""

    sound: Array
    tokens: NDArray[np.int64]


def play_lessons(player: Player, programs: Sequence[Program], samples: int) -> list[Lesson]:
    """Play programs; those that break, or are too quiet or too loud, are left out.

    The loudest layer is written first, what is not heard is not written: so a sound has one right answer, as far as it
    goes.
    """
    rows = [row for row, layers in enumerate(programs) for _ in layers]
    places = [place for layers in programs for place in range(len(layers))]
    sounds, faults = play_layers(player, [layer for layers in programs for layer in layers], places, samples)
    energies = np.array([np.square(sound).mean(dtype=np.float64) for sound in sounds])
    broken = {rows[part] for part in faults}
    lessons, start = [], 0
    for row, layers in enumerate(programs):
        own = slice(start, start + len(layers))
        start += len(layers)
        sound = np.empty(samples, np.float32)
        mix(sounds[own], sound)
        if row in broken or not QUIETEST <= np.abs(sound).max() <= LOUDEST:
            continue
        energy = energies[own]
        order = [place for place in np.argsort(-energy, kind="stable") if energy[place] > INAUDIBLE * energy.max()]
        lessons.append(Lesson(sound, write_layers(player.language, [layers[place] for place in order])))
    return lessons


def random_programs(language: Language, count: int, layers: int, rng: np.random.Generator) -> list[Program]:
    """Random programs of the grammar, of one to so many layers, none of them of a test's or a validation's split."""
    grammar = make_grammar(language)
    programs: list[Program] = []
    while len(programs) < count:
        tokens = grammar.sample(rng.random(language.max_tokens), layers=int(rng.integers(1, layers + 1)))
        if split_of(tokens) == "train":
            programs.append(read_layers(language, tokens))
    return programs


def struck_programs(language: Language, count: int, layers: int, rng: np.random.Generator) -> list[Program]:
    """Random programs whose layers have envelopes, as drums have."""
    drawn = random_programs(language, count, layers, rng)
    return [[_struck(language, layer, rng) for layer in program] for program in drawn]


def _struck(language: Language, layer: Layer, rng: np.random.Generator) -> Layer:
    """A layer with an envelope behind its source, if it has none and may have one."""
    parts = [language.elements[each] for each in layer.elements]
    full = len(parts) > language.max_processors
    if full or parts[0].word == "imp" or any("attack" in part.numbers for part in parts):
        return layer
    envelopes = [place for place, each in enumerate(language.elements) if "attack" in each.numbers]
    # Attacks are mostly short.
    attack = int(language.bins * rng.random() * rng.random())
    decay = int(rng.integers(language.bins // 6, language.bins))
    own = len(parts[0].numbers)
    return Layer(
        (layer.elements[0], int(rng.choice(envelopes)), *layer.elements[1:]),
        (*layer.numbers[:own], attack, decay, *layer.numbers[own:]),
    )


def varied(language: Language, programs: Sequence[Program], rng: np.random.Generator) -> list[Program]:
    """Programs, half of which have their numbers moved by some bins."""
    moved = []
    for program in programs:
        step = 1.5 if rng.random() < 0.5 else 0.0
        layers = []
        for layer in program:
            numbers = np.array(layer.numbers) + np.round(step * rng.standard_normal(len(layer.numbers)))
            bins = tuple(int(each) for each in np.clip(numbers, 0, language.bins - 1))
            layers.append(replace(layer, numbers=bins))
        moved.append(layers)
    return moved
