"""What was probably meant by a dotted path; for single words: ``raveforce.registry.did_you_mean``."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["nearest_path"]


def nearest_path(path: str, paths: Iterable[str]) -> str:
    """A question to append to an error message: the last part among its neighbours, then among the last parts of all.

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
