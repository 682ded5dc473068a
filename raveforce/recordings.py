"""Folders of recordings as targets, split by kit."""

from __future__ import annotations

import hashlib
import logging
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from raveforce import audio
from raveforce.augmentation import Augmentation

__all__ = ["SPLITS", "Recordings", "find_recordings", "fit", "from_folder", "kit_of", "load_most", "split_kits"]

Array = NDArray[np.float32]

log = logging.getLogger(__name__)

SPLITS = ("train", "validation", "test")
"""Parts of a folder: of ten kits, about eight are for training and one for each of the others."""

SUFFIXES = (".wav", ".flac", ".aiff", ".aif", ".ogg", ".mp3")

_FADE = 0.02
"""Seconds over which a recording fades that is cut."""


@dataclass(frozen=True, eq=False)
class Recordings:
    """Recordings of any lengths; each is as likely to be an episode's target, cut or padded to one length.

    Parameters
    ----------
    sounds : float32 [samples] each
    samples : length of the targets
    sample_rate : Hz
    names : the files, as in the folder
    augmentation : how a sound is changed each time that it is drawn; None leaves it as it is
    """

    sounds: tuple[Array, ...]
    samples: int
    sample_rate: int = 44100
    names: tuple[str, ...] = ()
    augmentation: Augmentation | None = None

    def __post_init__(self) -> None:
        if not self.sounds:
            raise audio.AudioError("there are no sounds to draw targets from")
        if self.samples < 1:
            raise audio.AudioError(f"targets need at least one sample, not {self.samples}")
        checked = tuple(audio.as_audio(sound, name=f"target {index}") for index, sound in enumerate(self.sounds))
        if self.augmentation is None:
            # Fitted once, so that rows that drew the same sound share one array.
            checked = tuple(fit(sound, self.samples, self.sample_rate) for sound in checked)
        for sound in checked:
            sound.setflags(write=False)
        object.__setattr__(self, "sounds", checked)

    def draw(self, rng: np.random.Generator) -> Array:
        """One of the sounds, float32 [samples]; another take of it with an augmentation."""
        sound = self.sounds[rng.integers(len(self.sounds))]
        if self.augmentation is None:
            return sound
        return fit(self.augmentation(sound, rng, self.sample_rate), self.samples, self.sample_rate)


def fit(sound: Array, samples: int, sample_rate: int) -> Array:
    """Pad a sound with silence, or cut it where it then fades, to a length in samples.

    Examples
    --------
    >>> fit(np.ones(4, np.float32), 6, 100).tolist()
    [1.0, 1.0, 1.0, 1.0, 0.0, 0.0]
    """
    if len(sound) <= samples:
        return np.pad(sound, (0, samples - len(sound)))
    cut = sound[:samples].copy()
    fade = min(round(_FADE * sample_rate), samples)
    cut[samples - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
    return cut


def kit_of(path: str) -> str:
    """The kit that a recording belongs to, from its path inside the folder: the first folder on the way to it.

    Files that lie in no folder belong together if their names begin with the same word, as two takes of one drum do.

    Examples
    --------
    >>> kit_of("tr808/kicks/BD 01.wav"), kit_of("snare_soft_2.wav"), kit_of("bd04.wav"), kit_of("104.wav")
    ('tr808', 'snare', 'bd', '104')
    """
    first, *others = Path(path).parts
    if others:
        return first
    stem = Path(first).stem
    word = re.match(r"[^\W\d_]+", stem)
    return word[0].lower() if word else stem


def split_kits(kits: Iterable[str]) -> dict[str, str]:
    """The split of every kit, from its name: more kits do not move it, but where a split would else be empty.

    Three kits or more have one in every split; of two, one is for training and one for the test.

    Examples
    --------
    >>> sorted(split_kits(["a", "b", "c"]).values())
    ['test', 'train', 'validation']
    """
    # The kit's place between 0 and 1: below 0.1 is test, below 0.2 validation.
    places = {
        kit: int.from_bytes(hashlib.sha256(kit.encode()).digest()[:8], "big") / 2**64 for kit in sorted(set(kits))
    }
    ends = {"test": 0.1, "validation": 0.2, "train": 1.0}
    splits = {kit: next(split for split, end in ends.items() if place < end) for kit, place in places.items()}
    wanted = ("train", "test", "validation")[: len(places)]
    for split in wanted:
        taken = list(splits.values())
        if split not in taken:
            spare = [kit for kit, of in splits.items() if of not in wanted or taken.count(of) > 1]
            splits[(max if split == "train" else min)(spare, key=places.__getitem__)] = split
    return splits


def find_recordings(folder: str | Path, *, files: str | None = None) -> dict[str, list[Path]]:
    """The recordings of a folder and of those in it, by kit, both sorted.

    Parameters
    ----------
    folder : where they are
    files : regular expression that is looked for in their paths inside the folder, upper or lower case alike

    Raises
    ------
    AudioError
        No such folder, or no recordings in it.
    ValueError
        Not a regular expression.
    """
    root = Path(os.path.expanduser(folder))
    if not root.is_dir():
        raise audio.AudioError(f"{root} is no folder (looked from {Path.cwd()})")
    try:
        wanted = re.compile(files or "", re.IGNORECASE)
    except re.error as error:
        raise ValueError(f"files={files!r} is not a regular expression: {error}") from error
    kits: dict[str, list[Path]] = {}
    for path in sorted(path for path in root.rglob("*") if path.suffix.lower() in SUFFIXES):
        inside = path.relative_to(root).as_posix()
        if wanted.search(inside):
            kits.setdefault(kit_of(inside), []).append(path)
    if not kits:
        such = "" if files is None else f" whose path has {files!r}"
        raise audio.AudioError(f"{root} holds no recordings{such}: looked for {', '.join(SUFFIXES)}")
    return dict(sorted(kits.items()))


def from_folder(
    folder: str | Path,
    *,
    sample_rate: int,
    split: str | None = None,
    files: str | None = None,
    seconds: float | None = None,
    trim: bool = True,
    normalise: bool = True,
    augmentation: Augmentation | None = None,
) -> Recordings:
    """Take the recordings of a folder (and of those in it) as targets.

    Parameters
    ----------
    folder : where the recordings are, a folder a kit (``kit_of``); or one recording, which belongs to every split
    sample_rate : rate to resample to, Hz
    split : one of ``SPLITS``, a kit belongs to one of them; None takes all
    files : regular expression that is looked for in the paths inside the folder, such as "kick|bd"; None takes all
    seconds : length that all are cut or padded to; None takes the median of all splits' recordings
    trim, normalise : cut silence off their ends, scale them to a peak of 0.9
    augmentation : how a sound is changed each time it is drawn; for training only, other splits are left as they are

    Raises
    ------
    AudioError
        No recordings, one that cannot be used, or a folder of which most cannot be; fewer are left out and named in
        the log.
    ValueError
        An unknown split.
    """
    if split is not None and split not in SPLITS:
        raise ValueError(f"unknown split {split!r}; the splits are {', '.join(SPLITS)}")
    root = audio.as_path(folder)
    kits = {root.name: [root]} if root.is_file() else find_recordings(root, files=files)
    splits = split_kits(kits)
    chosen = [kit for kit in kits if split is None or root.is_file() or splits[kit] == split]
    if not chosen:
        raise audio.AudioError(_too_few(root, kits, split))

    samples = None if seconds is None else audio.count_samples(seconds, sample_rate)

    def load(path: Path) -> Array:
        sound, _ = audio.load(path, sample_rate=sample_rate)
        sound = audio.trim(sound) if trim else sound
        return audio.normalise(sound) if normalise else sound

    # Of all splits if their median is wanted, so that a policy's sounds are as long in all of them.
    wanted = [path for kit, paths in kits.items() if seconds is None or kit in chosen for path in paths]
    loaded = load_most(wanted, load)
    lengths = [len(sound) for sound in loaded.values()]
    used = [path for kit in chosen for path in kits[kit] if path in loaded]
    return Recordings(
        sounds=tuple(loaded[path] for path in used),
        samples=round(float(np.median(lengths))) if samples is None else samples,
        sample_rate=sample_rate,
        names=tuple(_name(path, root) for path in used),
        augmentation=None if split in ("validation", "test") else augmentation,
    )


def load_most(paths: Sequence[Path], load: Callable[[Path], Array]) -> dict[Path, Array]:
    """Load recordings; those that cannot be used are left out and named in the log.

    Raises
    ------
    AudioError
        Most cannot be used.
    """
    loaded: dict[Path, Array] = {}
    refused: list[audio.AudioError] = []
    for path in paths:
        try:
            loaded[path] = load(path)
        except audio.AudioError as error:
            refused.append(error)
    if len(refused) > len(loaded):
        others = f" ({len(refused)} of {len(paths)} cannot be used)" if len(paths) > 1 else ""
        raise audio.AudioError(f"{refused[0]}{others}") from refused[0]
    for why in refused:
        log.warning("left out of the recordings: %s", why)
    return loaded


def _name(path: Path, root: Path) -> str:
    return path.name if path == root else path.relative_to(root).as_posix()


def _too_few(root: Path, kits: Mapping[str, list[Path]], split: str | None) -> str:
    count = sum(len(paths) for paths in kits.values())
    return (
        f"{root} holds no recordings for {split}: its {count} belong to {len(kits)} kit{'s' if len(kits) > 1 else ''} "
        f"({', '.join(kits)}), and a kit is never on two sides; give every kit a folder of its own, or take all with "
        "split=null"
    )
