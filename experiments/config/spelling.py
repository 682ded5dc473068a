"""What was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["did_you_mean", "nearest_path"]


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """A question to append to an error message; empty where nothing is near.

    >>> did_you_mean("sca", ["ppo", "sac", "td3"])
    '; did you mean sac?'
    >>> did_you_mean("xylophone", ["ppo", "sac", "td3"])
    ''
    """
    near = difflib.get_close_matches(word, sorted(set(words)), n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""


def nearest_path(path: str, paths: Iterable[str]) -> str:
    """The same for a dotted path: first the last part among its neighbours, then among the last parts of all.

    >>> nearest_path("agent.tua", ["agent.tau", "task.tau", "seed"])
    '; did you mean agent.tau?'
    >>> nearest_path("tau", ["agent.settings.tau", "task", "seed"])
    '; did you mean agent.settings.tau?'
    """
    parent, _, leaf = path.rpartition(".")
    leaves = {candidate.rpartition(".")[2]: candidate for candidate in sorted(set(paths), reverse=True)}
    beside = [candidate.rpartition(".")[2] for candidate in paths if candidate.rpartition(".")[0] == parent]
    near = difflib.get_close_matches(leaf, beside, n=1, cutoff=0.6)
    if near:
        return f"; did you mean {parent + '.' if parent else ''}{near[0]}?"
    near = difflib.get_close_matches(leaf, leaves, n=1, cutoff=0.75)
    return f"; did you mean {leaves[near[0]]}?" if near else ""
