"""Any sound in, a Glicol program that imitates it out."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from raveforce import audio as audio_files
from raveforce.audio import AudioError
from raveforce.distances import Distance, make_distance, measure
from raveforce.glicol.render import render
from raveforce.imitation.answers import Answer, fill_templates
from raveforce.imitation.objective import Objective
from raveforce.imitation.proposals import Proposer
from raveforce.imitation.race import Budget, Progress
from raveforce.imitation.templates import make_template, templates

__all__ = ["LONGEST", "SAMPLE_RATE", "Imitation", "imitate", "prepare"]

Audio = NDArray[np.float32]

SAMPLE_RATE = 44100
"""Hz at which programs are rendered and compared."""
LONGEST = 10.0
"""Seconds of sound at most: the templates make single sounds."""
SHORTEST = 256
"""Samples of sound at least."""
OUTSIDE = 0.45
"""Share of silence's distance that must be gained, or the sound counts as outside what the template can say.

Recorded drums gain 0.49 to 0.69 by ``mss``; a choir, a guitar, a piano and a burp 0.13 to 0.40.
"""


@dataclass(frozen=True, eq=False)
class Imitation:
    """A program and how near it comes.

    Attributes
    ----------
    code : Glicol, to be played as it is; struck again and again, its first strike being ``audio``
    template : whose blanks were filled, perhaps written anew; "written" where there is none
    parameters : what fills them, by name
    audio : float32 [samples], the program's sound, as long as the target
    target : float32 [samples], what was imitated: mono, trimmed, at a peak of 0.9
    sample_rate : of both, Hz
    distance : name of the distance that was minimised
    distances : of ``audio`` to ``target``, by name: all there are
    silence : the distances of silence
    random : the minimised distance of a random program of the template (median of 64)
    at_bounds : parameters that ended at an end of their range
    renders, seconds : what the search took
    interrupted : whether Ctrl-C ended it
    """

    code: str
    template: str
    parameters: Mapping[str, float | str]
    audio: Audio
    target: Audio
    sample_rate: int
    distance: str
    distances: Mapping[str, float]
    silence: Mapping[str, float]
    random: float
    at_bounds: tuple[str, ...]
    renders: int
    seconds: float
    interrupted: bool = False

    @property
    def score(self) -> float:
        """How much nearer than silence: 1 is the target itself, 0 no nearer than silence, below 0 farther."""
        return 1 - self.distances[self.distance] / self.silence[self.distance]

    @property
    def outside(self) -> bool:
        """Whether the sound seems to lie outside what the template can say."""
        return self.score < OUTSIDE


def prepare(sound: ArrayLike | str | Path, sample_rate: int = SAMPLE_RATE) -> Audio:
    """A sound as it is imitated: mono, at 44.1 kHz, without silence at its ends, at a peak of 0.9.

    Parameters
    ----------
    sound : a recording's path, or float array [samples]
    sample_rate : of an array, Hz

    Raises
    ------
    AudioError
        It cannot be read or used, or is too long or too short.
    """
    if isinstance(sound, (str, Path)):
        name = str(sound)
        audio, _ = audio_files.load(sound, sample_rate=SAMPLE_RATE)
    else:
        name = "the sound"
        audio = audio_files.as_audio(sound, name=name)
        if sample_rate != SAMPLE_RATE:
            audio = audio_files.resample(audio, sample_rate, SAMPLE_RATE)
    audio = audio_files.trim(audio)
    seconds = len(audio) / SAMPLE_RATE
    if seconds > LONGEST:
        raise AudioError(
            f"{name} lasts {seconds:.1f} s; imitate takes single sounds of up to {LONGEST:g} s: cut it first"
        )
    if len(audio) < SHORTEST:
        raise AudioError(f"{name} has {len(audio)} samples that are not silent; imitate takes {SHORTEST} or more")
    return audio_files.normalise(audio)


def imitate(
    sound: ArrayLike | str | Path,
    sample_rate: int = SAMPLE_RATE,
    *,
    seconds: float | None = None,
    renders: int | None = None,
    template: str = "auto",
    distance: str | Distance = "mss",
    seed: int = 0,
    policy: bool = True,
    write: bool = False,
    proposers: Sequence[Proposer] | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Imitation:
    """Find a Glicol program that sounds like a recording.

    Parameters
    ----------
    sound : a recording's path, or float array [samples]
    sample_rate : of an array, Hz
    seconds : until the answer is there; 10 where ``renders`` is not given
    renders : programs to render at most; the same number gives the same program every time
    template : a task of one step, or "auto" for the one in ``raveforce.imitation.templates.AUTO`` that comes nearest
    distance : a name in ``raveforce.distances.DISTANCES`` or a distance: what is minimised
    seed : of the search
    policy : whether the policy that ships with RaveForce says where searches may begin, if there is one
    write : whether the best template's program is also written anew, in fewer lines, and programs from nothing
    proposers : what says where searches may begin instead of the analysis of the sound and the policy
    progress : called now and then with how far the search is

    Raises
    ------
    AudioError
        The sound cannot be used.
    ValueError
        An unknown template or distance, or a budget that is not above 0.

    Notes
    -----
    Ctrl-C ends the search and returns the best so far.

    Examples
    --------
    >>> time = np.arange(8820) / 44100
    >>> drum = np.sin(2 * np.pi * 60 * time) * np.exp(-time / 0.05)
    >>> imitation = imitate(drum, template="kick", renders=300)
    >>> imitation.distances["mss"] < imitation.silence["mss"] / 2
    True
    """
    started = time.monotonic()
    if seconds is None and renders is None:
        seconds = 10.0
    if seconds is not None and not 0 < seconds < math.inf:
        raise ValueError(f"seconds is a number above 0, not {seconds!r}")
    if not (isinstance(seed, int | np.integer) and seed >= 0):
        raise ValueError(f"seed is a whole number, at least 0, not {seed!r}")
    budget = Budget(renders, None if seconds is None else started + seconds)
    names = templates(template)
    minimised = make_distance(distance, SAMPLE_RATE)
    target = prepare(sound, sample_rate)

    objectives = [Objective(name, make_template(name, target, SAMPLE_RATE), minimised) for name in names]
    try:
        given = _proposers(policy) if proposers is None else proposers
        with ThreadPoolExecutor(1, "silence") as background:
            # Meanwhile: the distances to silence, with all that they import.
            silence = background.submit(_distances, np.zeros_like(target), target, minimised)
            if write:
                # Not above: only who writes needs it.
                from raveforce.imitation.write.beside_templates import write_beside_templates

                answer = write_beside_templates(objectives, given, budget, seed, policy, progress)
            else:
                answer = fill_templates(objectives, given, budget, seed, progress)
        return _imitation(answer, target, minimised, silence.result(), started)
    finally:
        for objective in objectives:
            objective.close()


def _proposers(policy: bool) -> list[Proposer]:
    """The analysis of the sound, and the shipped policy if it is wanted and there."""
    # Not above: they take long to import.
    from raveforce.imitation.analysis import analyse
    from raveforce.imitation.policy import PolicyError, load_policy

    found: list[Proposer] = [analyse]
    if policy:
        # A copy without a policy searches without it.
        with contextlib.suppress(PolicyError):
            found.append(load_policy())
    return found


def _imitation(
    answer: Answer, target: Audio, minimised: Distance, silence: dict[str, float], started: float
) -> Imitation:
    """Put down what a search found."""
    # What people will hear is what is measured: the program as it is printed.
    audio = render(answer.code, len(target) / SAMPLE_RATE, SAMPLE_RATE, samples=answer.samples)
    return Imitation(
        code=answer.code,
        template=answer.template,
        parameters=answer.parameters,
        audio=audio,
        target=target,
        sample_rate=SAMPLE_RATE,
        distance=minimised.name,
        distances=_distances(audio, target, minimised),
        silence=silence,
        random=answer.random,
        at_bounds=answer.at_bounds,
        renders=answer.renders,
        seconds=answer.searched - started,
        interrupted=answer.interrupted,
    )


def _distances(audio: Audio, target: Audio, minimised: Distance) -> dict[str, float]:
    return measure(audio, target, SAMPLE_RATE, extra=[minimised])
