"""What tuning minimises: the distance of a form's programs to one sound, many at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from raveforce.distances import Distance, Features, measure_rows
from raveforce.faults import silence_broken
from raveforce.writing.drafts import Draft, Form, spans, structures
from raveforce.writing.layers import Structure
from raveforce.writing.player import Part, Player

__all__ = ["FormObjective", "Judge"]

Array = NDArray[np.float32]
Floats = NDArray[np.float64]

ROWS = 16
"""Programs that are played together."""


@dataclass(frozen=True, eq=False)
class Judge:
    """Plays programs and measures how far they are from a sound.

    Parameters
    ----------
    player : plays layers of the language
    target : float32 [samples]
    distance : what is minimised
    price : of a node, added to the distance: of two that come as near, the shorter program is the better one

    Examples
    --------
    >>> from raveforce.distances import make_distance
    >>> from raveforce.writing.language import Language
    >>> from raveforce.writing.player import open_player
    >>> language = Language()
    >>> draft = Draft.read(language, language.read("layer sin 7 mul env 20 40 close end"))
    >>> target = Judge(open_player(language), np.zeros(4410, np.float32), make_distance("mss")).play([draft])[0][0]
    >>> Judge(open_player(language), target, make_distance("mss"))([draft]).tolist()
    [0.0]
    """

    player: Player
    target: NDArray[np.float32]
    distance: Distance
    price: float = 0.0
    features: Features = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "features", self.distance.features(self.target[None]))

    def play(self, drafts: Sequence[Draft]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Sounds of drafts, float32 [rows, samples], and which of them broke, bool [rows]; those are silent."""
        language, samples = self.player.language, len(self.target)
        # Layers of one structure are played together, whichever programs they belong to; first those that come first.
        groups: dict[tuple[int, Structure], list[tuple[int, Floats]]] = {}
        for row, draft in enumerate(drafts):
            parts = zip(structures(language, draft.form), spans(language, draft.form), strict=True)
            for layer, (structure, own) in enumerate(parts):
                groups.setdefault((layer, structure), []).append((row, draft.places[own]))
        played = []
        for (layer, structure), members in sorted(groups.items(), key=lambda item: item[0][0]):
            rows, places = zip(*members, strict=True)
            played.append(Part(structure, structure.values_at(np.stack(places), layer), np.array(rows)))
        audio, broken = np.zeros((len(drafts), samples), np.float32), np.zeros(len(drafts), bool)
        broken[list(self.player.add(played, audio))] = True
        audio, faults = silence_broken(audio, {})
        broken[list(faults)] = True
        audio[broken] = 0
        return audio, broken

    def __call__(self, drafts: Sequence[Draft]) -> Floats:
        """What drafts are worth, float64 [rows]: less is better; infinite where one breaks."""
        worth = np.empty(len(drafts))
        for start in range(0, len(drafts), ROWS):
            some = drafts[start : start + ROWS]
            audio, broken = self.play(some)
            distances = measure_rows(self.distance, audio, self.features)
            worth[start : start + len(some)] = np.where(broken | np.isnan(distances), np.inf, distances)
        return worth + self.price * np.array([draft.nodes(self.player.language) for draft in drafts])


@dataclass(frozen=True, eq=False)
class FormObjective:
    """What a search over the numbers of one form minimises.

    Parameters
    ----------
    judge : plays and measures
    form : the elements of the layers
    """

    judge: Judge
    form: Form

    template = "written"
    """What takes a template's place in reports."""

    @property
    def dimensions(self) -> int:
        """Numbers of a program."""
        return sum(structure.numbers for structure in structures(self.judge.player.language, self.form))

    def __call__(self, actions: ArrayLike) -> Floats:
        """What programs are worth whose numbers are actions [rows, dimensions] in [-1, 1]; less is better."""
        return self.judge([self.draft(action) for action in np.atleast_2d(np.asarray(actions, float))])

    def draft(self, action: ArrayLike) -> Draft:
        """The program of an action [dimensions]."""
        return Draft(self.form, np.clip((np.asarray(action, float) + 1) / 2, 0, 1))

    def code(self, action: ArrayLike) -> str:
        """The program of an action [dimensions] as text."""
        return self.draft(action).text(self.judge.player.language)
