"""Other drafts from drafts: changes that the grammar allows, and layers of two put together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from raveforce.writing.drafts import Draft, Form, allowed, spans
from raveforce.writing.grammar import make_grammar
from raveforce.writing.language import Language

__all__ = ["crossed", "mutated", "random_draft", "reduced", "renumbered"]

Random = np.random.Generator
Part = tuple[int, list[float]]
"""An element and the places of its numbers."""
Parts = list[list[Part]]
"""The parts of a draft, by layer."""

TRIES = 40
"""Changes that are tried until the grammar allows one."""
FAR = 0.15
"""Standard deviation of a number's change, of its scale."""


def random_draft(language: Language, rng: Random, layers: int | None = None) -> Draft:
    """A random program of the grammar."""
    return Draft.read(language, make_grammar(language).sample(rng.random(language.max_tokens), layers=layers))


def renumbered(language: Language, draft: Draft, rng: Random, *, far: float = FAR) -> Draft:
    """The draft with one or some of its numbers moved, mostly a little."""
    if len(draft.places) == 0:
        return draft
    moved = rng.random(len(draft.places)) < 1.5 / len(draft.places)
    moved[rng.integers(len(moved))] = True
    # Most steps are small, some go anywhere.
    steps = far * rng.standard_normal(len(moved)) * 10 ** -rng.uniform(0, 1.5, len(moved))
    places = np.where(rng.random(len(moved)) < 0.1, rng.random(len(moved)), draft.places + steps)
    return Draft(draft.form, np.where(moved, np.clip(places, 0, 1), draft.places))


def mutated(language: Language, draft: Draft, rng: Random, fresh: Callable[[], Draft] | None = None) -> Draft:
    """The draft with another structure: an element or a layer more, less or changed, or layers in another order.

    Parameters
    ----------
    language : what it is written in
    draft : what is changed
    rng : random numbers
    fresh : makes drafts whose layers may be added; None takes random ones

    Returns
    -------
    A draft that the grammar allows; the same one where no change was allowed.
    """
    for _ in range(TRIES):
        parts = _parts(language, draft)
        change = _CHANGES[int(rng.choice(len(_CHANGES), p=_CHANCES))]
        change(language, parts, rng, fresh or (lambda: random_draft(language, rng, 1)))
        made = _draft(parts)
        if made.form != draft.form and allowed(language, made.form):
            return made
    return draft


def reduced(language: Language, draft: Draft) -> Iterator[Draft]:
    """The draft without each of its layers, and without each of its processors, where the grammar allows it."""
    for layer in range(len(draft.form)):
        for place in range(len(draft.form[layer])):
            parts = _parts(language, draft)
            # Without its source a layer is nothing.
            if place == 0:
                del parts[layer]
            else:
                del parts[layer][place]
            made = _draft(parts)
            if allowed(language, made.form):
                yield made


def crossed(language: Language, one: Draft, other: Draft, rng: Random) -> tuple[Draft, Draft]:
    """Two drafts with some of their layers exchanged."""
    for _ in range(TRIES):
        first, second = _parts(language, one), _parts(language, other)
        mine, yours = int(rng.integers(len(first))), int(rng.integers(len(second)))
        first[mine], second[yours] = second[yours], first[mine]
        if rng.random() < 0.3:
            # One takes the layer, and gives none.
            second.insert(yours, list(first[mine]))
            second = second[: language.max_layers]
        made = _draft(first), _draft(second)
        if all(allowed(language, each.form) for each in made):
            return made
    return one, other


def _parts(language: Language, draft: Draft) -> Parts:
    layers = []
    for elements, own in zip(draft.form, spans(language, draft.form), strict=True):
        numbers, parts = draft.places[own].tolist(), []
        for element in elements:
            count = len(language.elements[element].numbers)
            parts.append((element, numbers[:count]))
            numbers = numbers[count:]
        layers.append(parts)
    return layers


def _draft(parts: Parts) -> Draft:
    form: Form = tuple(tuple(element for element, _ in layer) for layer in parts)
    return Draft(form, np.array([place for layer in parts for _, places in layer for place in places], float))


def _fresh(language: Language, element: int, rng: Random, like: Sequence[float] = ()) -> Part:
    """An element with numbers: those of another where it has as many, else random ones."""
    count = len(language.elements[element].numbers)
    return element, list(like) if len(like) == count else rng.random(count).tolist()


def _exchange(language: Language, parts: Parts, rng: Random, fresh: Callable[[], Draft]) -> None:
    """Another element for one: of the same word with another gesture, or of another word."""
    layer = parts[int(rng.integers(len(parts)))]
    place = int(rng.integers(len(layer)))
    element, numbers = layer[place]
    mine = language.elements[element]
    same_word = rng.random() < 0.5
    others = [
        other
        for other, each in enumerate(language.elements)
        if other != element
        and each.node.is_source == mine.node.is_source
        and (each.word == mine.word) == same_word
        and (same_word or each.gesture == mine.gesture or rng.random() < 0.3)
    ]
    if others:
        chosen = int(rng.choice(others))
        names, wanted = list(mine.numbers), list(language.elements[chosen].numbers)
        known = dict(zip(names, numbers, strict=True))
        # Numbers of the same name go on; a sweep ends at the frequency that was there.
        first = known.get("to", known.get("frequency", known.get("cutoff", known.get("centre"))))
        carried = [known.get(name, first if name in _MAIN and first is not None else rng.random()) for name in wanted]
        layer[place] = chosen, [float(each) for each in carried]


_MAIN = ("to", "frequency", "cutoff", "centre", "start")


def _insert(language: Language, parts: Parts, rng: Random, fresh: Callable[[], Draft]) -> None:
    """A processor more."""
    layer = parts[int(rng.integers(len(parts)))]
    processors = [place for place, each in enumerate(language.elements) if not each.node.is_source]
    if processors:
        layer.insert(int(rng.integers(1, len(layer) + 1)), _fresh(language, int(rng.choice(processors)), rng))


def _delete(language: Language, parts: Parts, rng: Random, fresh: Callable[[], Draft]) -> None:
    """A processor less."""
    layer = parts[int(rng.integers(len(parts)))]
    if len(layer) > 1:
        del layer[int(rng.integers(1, len(layer)))]


def _add(language: Language, parts: Parts, rng: Random, fresh: Callable[[], Draft]) -> None:
    """A layer more."""
    others = _parts(language, fresh())
    if others and len(parts) < language.max_layers:
        parts.append(others[int(rng.integers(len(others)))])


def _remove(language: Language, parts: Parts, rng: Random, fresh: Callable[[], Draft]) -> None:
    """A layer less."""
    if len(parts) > 1:
        del parts[int(rng.integers(len(parts)))]


def _replace(language: Language, parts: Parts, rng: Random, fresh: Callable[[], Draft]) -> None:
    """Another layer for one."""
    others = _parts(language, fresh())
    if others:
        parts[int(rng.integers(len(parts)))] = others[int(rng.integers(len(others)))]


def _copy(language: Language, parts: Parts, rng: Random, fresh: Callable[[], Draft]) -> None:
    """A layer twice, the second with other numbers."""
    if len(parts) < language.max_layers:
        layer = parts[int(rng.integers(len(parts)))]
        moved = [
            (element, np.clip(np.array(own) + FAR * rng.standard_normal(len(own)), 0, 1)) for element, own in layer
        ]
        parts.append([(element, own.tolist()) for element, own in moved])


def _order(language: Language, parts: Parts, rng: Random, fresh: Callable[[], Draft]) -> None:
    """Two layers, or two processors of one, the other way round."""
    several = [layer for layer in parts if len(layer) > 2]
    if several and rng.random() < 0.5:
        layer = several[int(rng.integers(len(several)))]
        place = int(rng.integers(1, len(layer) - 1))
        layer[place], layer[place + 1] = layer[place + 1], layer[place]
    elif len(parts) > 1:
        one, other = rng.choice(len(parts), 2, replace=False).tolist()
        parts[one], parts[other] = parts[other], parts[one]


_CHANGES = (_exchange, _insert, _delete, _add, _remove, _replace, _copy, _order)
_CHANCES = (0.3, 0.18, 0.1, 0.16, 0.08, 0.08, 0.04, 0.06)
