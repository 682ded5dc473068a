"""Hidden programs: how near do writers come with so many renders, and do they find the structure?"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.write.genetic import evolve
from raveforce.distances import make_distance, measure_rows
from raveforce.imitation.analysis import analyse
from raveforce.imitation.objective import Objective
from raveforce.imitation.policy import load_policy
from raveforce.imitation.race import Budget, race
from raveforce.imitation.starts import starts
from raveforce.imitation.templates import AUTO, make_template
from raveforce.imitation.write.from_nothing import EXACT, Writing, WritingSettings
from raveforce.imitation.write.tuning import Tuning
from raveforce.imitation.writer import WritingPolicy, load_writing_policy
from raveforce.writing.drafts import Draft
from raveforce.writing.language import Language
from raveforce.writing.layers import read_layers
from raveforce.writing.objective import FormObjective, Judge
from raveforce.writing.player import open_player
from raveforce.writing.programs import count_nodes
from raveforce.writing.targets import HiddenPrograms
from raveforce.writing.variation import random_draft

__all__ = [
    "WITH_POLICY",
    "WRITERS",
    "Hidden",
    "hidden_programs",
    "make_policy",
    "play_hidden",
    "structure_of",
    "table_of",
]

RATE = 44100
SAMPLES = 17640
"""Length of the hidden programs' sounds, as in the environment."""
SIGMA, POPSIZE = WritingSettings.sigma, WritingSettings.popsize


@dataclass(frozen=True, eq=False)
class Hidden:
    """A hidden program.

    Attributes
    ----------
    number : its place in the test
    tokens : int64 [tokens]
    sound : float32 [samples]
    """

    number: int
    tokens: NDArray[np.int64]
    sound: NDArray[np.float32]

    @property
    def words(self) -> str:
        """Its tokens as words."""
        return Language().spell(self.tokens.tolist())

    @property
    def layers(self) -> int:
        """How many layers it has."""
        return len(read_layers(Language(), self.tokens))


def hidden_programs(count: int, seed: int, layers: int = 3) -> list[Hidden]:
    """Different hidden programs of the test's split, which no training has seen."""
    source, rng = HiddenPrograms(Language(), samples=SAMPLES, layers=layers, split="test"), np.random.default_rng(seed)
    found: dict[tuple[int, ...], Hidden] = {}
    while len(found) < count:
        tokens, sound = source.draw_program(rng)
        # The shortest programs come again and again.
        found.setdefault(tuple(tokens.tolist()), Hidden(len(found), tokens, sound))
    return list(found.values())


def structure_of(language: Language, draft: Draft) -> Counter[tuple[str, ...]]:
    """Sources and processors of the layers, up to the layers' order."""
    return Counter(tuple(language.elements[each].word for each in elements) for elements in draft.form)


@dataclass(frozen=True, eq=False)
class Question:
    """What a writer is asked.

    Attributes
    ----------
    judge : plays programs and measures them
    renders : how many it may play
    seed : of all random numbers
    policy : a policy's file; None for the shipped one
    truth : the hidden program, which none looks at but who says so
    """

    judge: Judge
    renders: int
    seed: int
    policy: str | None
    truth: Draft


@dataclass(frozen=True, eq=False)
class Written:
    """What a writer answers: what its program is worth, the program if it is of the language, and more columns."""

    worth: float
    draft: Draft | None
    more: Mapping[str, Any] = field(default_factory=dict)


def play_hidden(hidden: Hidden, writer: str, renders: int, seed: int, policy: str | None) -> dict[str, Any]:
    """A row of the table: how near a writer comes to a hidden program."""
    started = time.perf_counter()
    distance = make_distance("mss", RATE)
    judge = Judge(_player(), hidden.sound, distance)
    language = judge.player.language
    truth = Draft.read(language, hidden.tokens)
    written = WRITERS[writer](Question(judge, renders, seed + hidden.number, policy, truth))
    silence = np.zeros((1, len(hidden.sound)), np.float32)
    row = {
        "number": hidden.number,
        "layers": hidden.layers,
        "nodes": count_nodes(language, hidden.tokens),
        "writer": writer,
        "renders": renders,
        "mss": float(written.worth),
        "silence": float(measure_rows(distance, silence, judge.features)[0]),
        "seconds": time.perf_counter() - started,
    }
    draft = written.draft
    if draft is None:
        return row
    return {
        **row,
        "structure": structure_of(language, draft) == structure_of(language, truth),
        "written": draft.nodes(language),
        "lines": draft.text(language).count("\n") + 1,
        **written.more,
        "code": draft.text(language),
    }


def _best(judge: Judge, drafts: Sequence[Draft], **more: Any) -> Written:
    """The nearest of some programs."""
    worth = judge(drafts)
    return Written(float(worth.min()), drafts[int(worth.argmin())], more)


def _random(asked: Question) -> Written:
    language, rng = asked.judge.player.language, np.random.default_rng(asked.seed)
    return _best(asked.judge, [random_draft(language, rng, int(rng.integers(1, 4))) for _ in range(asked.renders)])


def _genetic(asked: Question) -> Written:
    return Written(*evolve(asked.judge, asked.renders, asked.seed))


def _templates(asked: Question) -> Written:
    """``imitate``: nine templates race, with the analysis and the shipped policy; CMA-ES fills the best ones."""
    judge = asked.judge
    objectives = [Objective(name, make_template(name, judge.target, RATE), judge.distance) for name in AUTO]
    budget = Budget(renders=asked.renders)
    try:
        best, _ = race(starts(objectives, [analyse, load_policy()], budget, asked.seed), budget, threads=1)
        return Written(best.search.nearest[0], None)
    finally:
        for objective in objectives:
            objective.close()


def _write(asked: Question) -> Written:
    return _searched(asked, make_policy(asked.policy))


def _search(asked: Question) -> Written:
    """The same search without a policy."""
    return _searched(asked, None)


def _searched(asked: Question, policy: WritingPolicy | None) -> Written:
    writing = Writing(asked.judge, policy, asked.seed)
    writing.run(asked.renders)
    return Written(*writing.nearest)


def _sampled(asked: Question) -> Written:
    """The best of what the policy writes, and whether the right structure was written at all."""
    language, rng = asked.judge.player.language, np.random.default_rng(asked.seed)
    written = make_policy(asked.policy).write(language, asked.judge.target, asked.renders, rng)
    drafts = [Draft.read(language, tokens) for tokens in written]
    wanted = structure_of(language, asked.truth)
    return _best(asked.judge, drafts, drawn=any(structure_of(language, draft) == wanted for draft in drafts))


def _told(asked: Question) -> Written:
    """The right structure, whose numbers are searched: a fifth of the programs anywhere, then CMA-ES from the best."""
    judge, rng = asked.judge, np.random.default_rng(asked.seed)
    form, numbers = asked.truth.form, len(asked.truth.places)
    objective, seed = FormObjective(judge, form), np.random.SeedSequence(asked.seed)
    first = max(asked.renders // 5, 1) if numbers else 1
    drafts = [Draft(form, places) for places in rng.random((first, numbers))]
    best = _best(judge, drafts)
    assert best.draft is not None
    sigma, left = SIGMA, asked.renders - first
    seeds = iter(lambda: seed.spawn(1)[0], None)
    tuning = Tuning(objective, best.draft, best.worth, sigma, POPSIZE, next(seeds))
    # A generation after a restart is twice as large.
    while numbers and left >= 2 * POPSIZE and tuning.nearest[0] > EXACT:
        left -= tuning.advance()
        if tuning.converged:
            sigma /= 2
            tuning = Tuning(objective, tuning.nearest[1], tuning.nearest[0], sigma, POPSIZE, next(seeds))
    return Written(*tuning.nearest)


WRITERS: dict[str, Callable[[Question], Written]] = {
    "random": _random,
    "templates": _templates,
    "genetic": _genetic,
    "search": _search,
    "policy": _sampled,
    "write": _write,
    "told": _told,
}
"""Random programs; the best template; genetic programming; write-then-tune without a policy; the policy alone; both;
and a search that is told the structure."""
WITH_POLICY = ("policy", "write")
"""Those that need a policy."""


@lru_cache(maxsize=1)
def _player():  # type: ignore[no-untyped-def]
    return open_player(Language())


@lru_cache(maxsize=4)
def make_policy(path: str | None) -> WritingPolicy:
    """The policy of a file, or the shipped one."""
    return load_writing_policy() if path is None else WritingPolicy.load(path)


def table_of(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Medians by writer, over all programs and by their layers."""
    table = []
    for writer in dict.fromkeys(row["writer"] for row in rows):
        for layers in ("all", 1, 2, 3, 4, 5, 6):
            own = [row for row in rows if row["writer"] == writer and layers in ("all", row["layers"])]
            if not own:
                continue
            found = [row["structure"] for row in own if "structure" in row]
            drawn = [row["drawn"] for row in own if "drawn" in row]
            table.append(
                {
                    "writer": writer,
                    "layers": layers,
                    "programs": len(own),
                    "renders": own[0]["renders"],
                    "mss": float(np.median([row["mss"] for row in own])),
                    "silence": float(np.median([row["silence"] for row in own])),
                    "structure": float(np.mean(found)) if found else None,
                    "drawn": float(np.mean(drawn)) if drawn else None,
                    "written": float(np.median([row["written"] for row in own])) if found else None,
                    "nodes": float(np.median([row["nodes"] for row in own])),
                    "lines": float(np.median([row["lines"] for row in own])) if found else None,
                }
            )
    return table
