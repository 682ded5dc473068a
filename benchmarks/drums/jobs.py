"""What is done for one sound, here or in processes of its own."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
from tqdm import tqdm

import raveforce
from benchmarks.drums.measures import PitchTrack, distances
from benchmarks.drums.players import WITH_POLICY, Answers, play
from benchmarks.drums.sounds import SAMPLE_RATE, DrumSound
from experiments.config.errors import ConfigError
from raveforce.imitation.policy import Policy, PolicyError, load_policy
from raveforce.tasks import TASKS

__all__ = ["imitated", "policy_answers", "spread", "template_of"]


def imitated(
    sound: DrumSound, *, agents: Sequence[str], budgets: Sequence[int], distance: str, seed: int, policy: str | None
) -> list[dict[str, Any]]:
    """A row for every agent and budget: how near it came to the sound."""
    answers = policy_answers(policy) if set(agents) & set(WITH_POLICY) else None
    template = template_of(sound.kind)
    track = PitchTrack(sound.audio)
    about = {"sound": sound.name, "kit": sound.kit, "kind": sound.kind}
    silence = np.zeros_like(sound.audio)
    rows = [{**about, "agent": "silence", "renders": 0, "seconds": 0.0, **distances(silence, sound.audio, track)}]
    rows[0]["f0"] = float("nan")
    for agent in agents:
        for found in play(agent, sound, template, budgets, distance=distance, seed=seed, answers=answers):
            audio = raveforce.render(found.code, len(sound.audio) / SAMPLE_RATE)
            near = distances(audio, sound.audio, track)
            shown = {"renders": found.renders, "seconds": found.seconds, "template": found.template, "code": found.code}
            rows.append({**about, "agent": agent, **shown, **near})
    return rows


def template_of(kind: str) -> str:
    """The template of a class: its own, the newest; else the one for any drum."""
    return next(name for name in (f"{kind}_v1", kind, "drum") if name in TASKS)


def policy_answers(path: str | None) -> Answers:
    """The answers of a policy, the shipped one without a path.

    Raises
    ------
    ConfigError
        There is none.
    """
    try:
        return load_policy() if path is None else Policy.load(path)
    except PolicyError as error:
        raise ConfigError(f"{error}; or name agents without {', '.join(WITH_POLICY)}") from error


def spread(task: Any, sounds: Sequence[DrumSound], jobs: int) -> Iterable[list[dict[str, Any]]]:
    """The task's results for all sounds, in their order."""
    quiet = not sys.stderr.isatty()
    if jobs == 1:
        yield from (task(sound) for sound in tqdm(sounds, disable=quiet))
        return
    # Started anew, not forked: the engines' threads do not survive a fork.
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from tqdm(pool.map(task, sounds), total=len(sounds), disable=quiet)
