"""Programs as a run leaves them, for people who play them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

import raveforce
from raveforce.glicol.looping import joined_text, looped_text

__all__ = ["program_text"]

SAME = 1e-4
"""Largest difference of samples between two engines that play the same."""


def program_text(programs: Sequence[str], audio: NDArray[np.float32], sample_rate: int) -> str:
    """One program that plays again and again what was played, where there is one; else what was played as it is.

    A sound that was struck once is struck again, and the programs of many steps become one, whose numbers change. Both
    are listened to first: what does not play the same is not taken.

    Parameters
    ----------
    programs : of an episode's steps
    audio : what they played, float32 [samples]
    sample_rate : Hz
    """
    seconds = len(audio) / sample_rate
    text = looped_text(programs[0], seconds) if len(programs) == 1 else joined_text(programs, seconds)
    if text is not None and (text == programs[0] or _plays(text, audio, sample_rate)):
        return text
    if len(programs) == 1:
        return programs[0]
    return "\n".join(f"// step {k}\n{program.strip()}\n" for k, program in enumerate(programs, start=1))


def _plays(text: str, audio: NDArray[np.float32], sample_rate: int) -> bool:
    """Whether a program plays a sound."""
    try:
        played = raveforce.render(text, len(audio) / sample_rate, sample_rate)
    except raveforce.GlicolError:
        return False
    return played.shape == audio.shape and float(np.abs(played - audio).max()) <= SAME
