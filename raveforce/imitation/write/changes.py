"""Other ways to write a program in as many lines: a node that is more, less or another, a voice that is new."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from raveforce.glicol.nodes import NODES
from raveforce.imitation.write.chains import chains_of, is_envelope, text_of
from raveforce.parameters import Exp

__all__ = ["Change", "changed", "other_noises"]

Random = np.random.Generator

OSCILLATORS = ("sin", "tri", "saw", "squ")
SEEDS = 50
"""Noises to choose from."""
APART = 300_000
"""Samples between two of them: seeds are places in one sequence, and neighbours would be echoes of each other."""
NUMBER = re.compile(r"\d+(\.\d+)?")
NOISE = re.compile(r"\bnoise (\d+)\b")
NEW = ("lpf", "hpf")
"""Processors that are put in."""


@dataclass(frozen=True)
class Change:
    """A program that is written otherwise.

    Attributes
    ----------
    text : with blanks
    numbers : what fills those that are new: the scale and a first value
    """

    text: str
    numbers: Mapping[str, tuple[Exp, float]] = field(default_factory=dict)


def other_noises(text: str) -> Iterator[list[str]]:
    """For each noise of a program the same program with every other one in its place.

    Examples
    --------
    >>> [texts[:2] for texts in other_noises("hiss: noise 7 >> mul 0.1")]
    [['hiss: noise 300007 >> mul 0.1', 'hiss: noise 600007 >> mul 0.1']]
    """
    for seed in dict.fromkeys(NOISE.findall(text)):
        pattern = re.compile(rf"\bnoise {seed}\b")
        yield [pattern.sub(f"noise {other}", text) for other in _noises_beside(text)]


def _noises_beside(text: str) -> list[int]:
    """Seeds of noises that a program does not have."""
    return sorted({7 + APART * place for place in range(SEEDS)} - set(map(int, NOISE.findall(text))))


def changed(text: str, rng: Random, pitch: Callable[[], float]) -> Change | None:
    """A program of as many lines in which one node is more, less or another, or a voice is new.

    Parameters
    ----------
    text : with blanks
    rng : random numbers
    pitch : draws Hz for what is new

    Returns
    -------
    the change; None where the one that was drawn is not possible
    """
    chains = chains_of(text)
    voices = [name for name in chains if name[0] != "~"]
    if not voices:
        return None
    draft = _Draft(text, {name: list(nodes) for name, nodes in chains.items()}, rng, pitch)
    _CHANGES[int(rng.choice(len(_CHANGES), p=_CHANCES))](draft, voices[int(rng.integers(len(voices)))])
    written = text_of(draft.chains)
    return Change(written, draft.numbers) if written != text else None


@dataclass(frozen=True)
class _Draft:
    """What changes are made in: the text that was, chains that are to be, and their new numbers."""

    text: str
    chains: dict[str, list[str]]
    rng: Random
    pitch: Callable[[], float]
    numbers: dict[str, tuple[Exp, float]] = field(default_factory=dict)

    def name(self, wanted: str) -> str:
        """A name that is not taken."""
        taken = set(re.findall(r"\w+", self.text)) | set(self.numbers)
        return next(name for name in (wanted, *(f"{wanted}{count}" for count in range(2, 999))) if name not in taken)

    def blank(self, wanted: str, scale: Exp, value: float) -> str:
        """A new blank."""
        name = self.name(wanted)
        self.numbers[name] = scale, float(np.clip(value, scale.low, scale.high))
        return f"{{{name}}}"

    def filter(self, voice: str) -> str:
        """A low or a high pass."""
        word = str(self.rng.choice(NEW))
        cutoff, q = _SCALES[word]
        return f"{word} {self.blank(f'{voice}_{word}', cutoff, self.pitch())} {self.blank(f'{voice}_{word}_q', q, 0.7)}"

    def noise(self) -> str:
        """A noise that is not there yet."""
        free = _noises_beside(self.text)
        return f"noise {free[int(self.rng.integers(len(free)))]}"


def _power(draft: _Draft, voice: str) -> None:
    """An envelope once more or once less: what fades faster or more slowly at first."""
    nodes = draft.chains[voice]
    places = [place for place, node in enumerate(nodes) if node.startswith("mul ~")]
    if places:
        place = places[int(draft.rng.integers(len(places)))]
        if nodes.count(nodes[place]) > 1 and draft.rng.random() < 0.5:
            del nodes[place]
        else:
            nodes.insert(place, nodes[place])


def _filter(draft: _Draft, voice: str) -> None:
    """A filter more."""
    nodes = draft.chains[voice]
    nodes.insert(1 if draft.rng.random() < 0.7 else len(nodes), draft.filter(voice))


def _source(draft: _Draft, voice: str) -> None:
    """Another oscillator, or another noise."""
    nodes = draft.chains[voice]
    word, _, rest = nodes[0].partition(" ")
    if word == "noise":
        nodes[0] = draft.noise()
    elif word in OSCILLATORS:
        nodes[0] = f"{draft.rng.choice([other for other in OSCILLATORS if other != word])} {rest}"


def _freed(draft: _Draft, voice: str) -> None:
    """A number that was given is chosen, of the voice or of an envelope."""
    found = [
        (name, place, index)
        for name, nodes in draft.chains.items()
        if name == voice or name[0] == "~"
        for place, node in enumerate(nodes)
        for index, (word, scale) in enumerate(zip(node.split()[1:], _SCALES.get(node.split()[0], ()), strict=False))
        if NUMBER.fullmatch(word) and scale.low <= float(word) <= scale.high
    ]
    if found:
        name, place, index = found[int(draft.rng.integers(len(found)))]
        words = draft.chains[name][place].split()
        scale = _SCALES[words[0]][index]
        words[1 + index] = draft.blank(f"{name.removeprefix('~')}_{words[0]}", scale, float(words[1 + index]))
        draft.chains[name][place] = " ".join(words)


def _without(draft: _Draft, voice: str) -> None:
    """A processor less."""
    nodes = draft.chains[voice]
    places = [place for place, node in enumerate(nodes) if place and "~" not in node]
    if places:
        del nodes[places[int(draft.rng.integers(len(places)))]]


def _voice(draft: _Draft, voice: str) -> None:
    """A voice more: a tone, or noise in a band, under an envelope that is there, a new one, or none."""
    rng, chains = draft.rng, draft.chains
    envelopes: list[str] = [name for name, nodes in chains.items() if is_envelope(name, nodes)]
    tonal = rng.random() < 0.5
    name = draft.name("tone" if tonal else "hiss")
    if tonal:
        word = str(rng.choice(OSCILLATORS))
        nodes = [f"{word} {draft.blank(f'{name}_freq', _SCALES[word][0], draft.pitch())}"]
    else:
        nodes = [draft.noise(), draft.filter(name)]
    drawn = rng.random()
    if drawn < 0.3:
        attack, decay = _SCALES["envperc"]
        own = f"~{draft.name(f'{name}_env')}"
        numbers = draft.blank(f"{name}_attack", attack, 0.001), draft.blank(f"{name}_decay", decay, 0.2)
        chains[own] = ["imp 0.1", f"envperc {' '.join(numbers)}"]
        nodes += [f"mul {own}"] * 2
    elif drawn < 0.8 and envelopes:
        nodes += [f"mul {envelopes[int(rng.integers(len(envelopes)))]}"] * 2
    chains[name] = [*nodes, f"mul {draft.blank(name, _SCALES['mul'][0], 0.1)}"]


_SCALES = {
    node.written or node.name: tuple(Exp(each.scale.low, each.scale.high) for each in node.parameters if each.scale)
    for node in NODES.values()
}
"""By word the scales of its numbers, where the table of nodes has some."""
_CHANGES = (_power, _filter, _source, _freed, _without, _voice)
_CHANCES = (0.2, 0.25, 0.2, 0.1, 0.1, 0.15)
