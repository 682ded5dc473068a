"""Recordings of drums: their class, their kit, and the sound as it is imitated."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from raveforce.audio import AudioError
from raveforce.imitation.imitate import LONGEST, prepare
from raveforce.recordings import find_recordings, fit

__all__ = ["CLASSES", "DrumSound", "drum_class", "find_drums"]

SAMPLE_RATE = 44100

CLASSES = {
    "kick": r"kick|\bbd|bass[ _-]?drum|drum[ _]bass|\bbdrum",
    "snare": r"snare|\bsn\b|\bsd|rim|side[ _-]?stick",
    "clap": r"clap|\bcp\b|snap",
    "tom": r"tom|conga|bongo|tabla",
    "hihat": r"hat\b|hats?\b|\bhh|\bohh|\bchh|hi[ _-]?hat|cymbal[ _](closed|open|pedal)",
    "cymbal": r"cymbal|crash|ride|splash|china|\bcy\b",
}
"""Words in the path that make a recording's class; the first class that has one. All others are not drums."""
MOST = 1.5
"""Seconds that are kept of a recording: what comes later is reverberation."""
SKIPPED = re.compile(r"loop|roll|fill|break", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class DrumSound:
    """A recording to imitate.

    Attributes
    ----------
    name : path inside the folder
    kit : see ``raveforce.recordings.kit_of``
    kind : one of ``CLASSES``
    audio : float32 [samples] at 44.1 kHz, trimmed, at a peak of 0.9
    """

    name: str
    kit: str
    kind: str
    audio: NDArray[np.float32]


def drum_class(path: str) -> str | None:
    """The class of a recording from its name, else from its folders'; None where none says so.

    Examples
    --------
    >>> drum_class("TR808/808 Kick Long.flac"), drum_class("bd_haus.flac"), drum_class("elec_beep.flac")
    ('kick', 'kick', None)
    >>> drum_class("hats/closed/01.wav"), drum_class("drum_cymbal_soft.flac"), drum_class("loop_amen.flac")
    ('hihat', 'cymbal', None)
    """
    if SKIPPED.search(path):
        return None
    for part in reversed(Path(path).with_suffix("").parts):
        # HatClosed-Hard, bd_01 and BD01 are words.
        words = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[a-zA-Z])(?=[0-9])|_", " ", part).lower()
        for name, pattern in CLASSES.items():
            if re.search(pattern, words):
                return name
    return None


def find_drums(folder: Path, *, kinds: tuple[str, ...] | None = None, limit: int | None = None) -> list[DrumSound]:
    """The drums of a folder tree.

    Parameters
    ----------
    folder : where the recordings are
    kinds : classes; None takes all
    limit : sounds of a class at most, spread evenly over its kits and names; None takes all

    Raises
    ------
    AudioError
        There are none, or most cannot be used.
    """
    found: dict[str, list[tuple[str, Path]]] = {}
    for kit, paths in find_recordings(folder).items():
        for path in paths:
            kind = drum_class(path.relative_to(folder).as_posix())
            if kind is not None and (kinds is None or kind in kinds):
                found.setdefault(kind, []).append((kit, path))
    sounds, broken = [], 0
    for kind in CLASSES:
        chosen = found.get(kind, [])
        if limit is not None and len(chosen) > limit:
            chosen = [chosen[round(place)] for place in np.linspace(0, len(chosen) - 1, limit)]
        for kit, path in chosen:
            try:
                audio = _cut(prepare(path))
            except AudioError as error:
                print(f"left out: {error}", file=sys.stderr)
                broken += 1
                continue
            sounds.append(DrumSound(path.relative_to(folder).as_posix(), kit, kind, audio))
    if not sounds or broken > len(sounds):
        raise AudioError(f"{folder} holds no drums that can be used: looked for {', '.join(CLASSES)} in the names")
    return sounds


def _cut(audio: NDArray[np.float32]) -> NDArray[np.float32]:
    most = round(min(MOST, LONGEST) * SAMPLE_RATE)
    return audio if len(audio) <= most else fit(audio, most, SAMPLE_RATE)
