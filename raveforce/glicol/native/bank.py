"""The recordings that a program plays, laid out for the kernel."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from raveforce.glicol.samples import Recording, bare

__all__ = ["Bank"]


class Bank:
    r"""Left channels one after another, and where each starts.

    A recording that is replaced stays for those that still play it: a row keeps what its sampler began with.

    Parameters
    ----------
    recordings : by name; the engine may add some

    Attributes
    ----------
    samples : float32, the sound of all
    cues : int64 [recordings, 4]: start, samples, channels, sample rate

    Examples
    --------
    >>> from raveforce.glicol.samples import make_recording
    >>> bank = Bank({"hit": make_recording("hit", [1.0, 0.5], 44100)})
    >>> bank.cue(r"\hit"), bank.cue("'hit'"), bank.cues.tolist()
    (0, 0, [[0, 2, 1, 44100]])
    """

    def __init__(self, recordings: Mapping[str, Recording]) -> None:
        self._recordings = recordings
        self.clear()

    def clear(self) -> None:
        """Forget all: those in play are laid out anew when they are asked for."""
        self.samples = np.zeros(0, np.float32)
        self.cues = np.zeros((0, 4), np.int64)
        self._places: dict[str, tuple[Recording, int]] = {}

    def cue(self, spelling: str) -> int:
        r"""Return the place of a sample, by its spelling ``\name`` or ``'name'``, in ``cues``."""
        recording = self._recordings[bare(spelling)]
        laid, place = self._places.get(recording.name, (None, 0))
        if laid is not recording:
            place = len(self.cues)
            channels, length = recording.audio.shape
            added = np.array([[len(self.samples), length, channels, recording.sample_rate]], np.int64)
            self.samples = np.concatenate([self.samples, recording.audio[0]])
            self.cues = np.concatenate([self.cues, added])
            self._places[recording.name] = recording, place
        return place

    @property
    def is_stale(self) -> bool:
        """Whether it holds recordings that were replaced."""
        return len(self.cues) > len(self._places) or any(
            self._recordings[name] is not laid for name, (laid, _) in self._places.items()
        )
