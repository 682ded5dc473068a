"""The step of a writer, for many rows at once: a token, and where it closes a layer, that layer's sound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from raveforce.faults import silence_broken
from raveforce.rewards import Reward
from raveforce.writing.grammar import make_grammar
from raveforce.writing.language import CLOSE, END, LAYER
from raveforce.writing.layers import make_structure, read_layer
from raveforce.writing.ledger import Ledger
from raveforce.writing.observation import WritingObservation
from raveforce.writing.player import Player, mix, play_layers
from raveforce.writing.programs import count_nodes, layer_text
from raveforce.writing.task import WritingTask

__all__ = ["SILENT", "WritingEpisodes", "WritingResult"]

Array = NDArray[np.float32]

SILENT = 1e-4
"""Peak (-80 dB) below which a program is silent: the usual distance hears nothing there either."""


@dataclass(frozen=True)
class WritingResult:
    """What one step gave, for all rows.

    Attributes
    ----------
    observations : by part, [rows, ...]
    rewards : float64 [rows]
    distances : float64 [rows], of what is heard now, where it was measured; else infinite
    faults : by row, why its episode ended badly
    terminated : bool [rows], which episodes ended with it
    """

    observations: dict[str, NDArray[Any]]
    rewards: NDArray[np.float64]
    distances: NDArray[np.float64]
    faults: Mapping[int, str]
    terminated: NDArray[np.bool_]


class WritingEpisodes:
    """Rows of a writing task in play, each at its own step.

    Parameters
    ----------
    task : language and targets
    reward, observation : what the agent gets and sees
    player : plays layers
    rows : how many episodes side by side
    """

    resting = -1
    """The token of a row that is to wait for others."""

    def __init__(
        self, task: WritingTask, reward: Reward, observation: WritingObservation, player: Player, rows: int
    ) -> None:
        self.task = task
        self.reward = reward
        self.observation = observation
        self.engine = player
        self.rows = rows
        self.grammar = make_grammar(task.language)
        self.tokens = np.full((rows, task.language.max_tokens), -1, np.int64)
        self.sound = np.zeros((rows, task.samples), np.float32)
        self.over = np.ones(rows, bool)
        self._state = self.grammar.begin(rows)
        self._opened = np.zeros(rows, np.int64)
        self._ledger = Ledger(reward, task.price, task.language.max_tokens)
        # Names and texts of the closed layers.
        self._names: list[list[str]] = [[] for _ in range(rows)]
        self._texts: list[list[str]] = [[] for _ in range(rows)]
        self._masks: NDArray[np.bool_] | None = None
        self._silence = observation.features(np.zeros((1, task.samples), np.float32))[0]
        self._seen_targets = np.zeros((rows, *self._silence.shape), np.float32)
        self._seen = self._seen_targets.copy()
        self._distance = reward.distance.name
        # Rewards at every closed layer where they are what it brought nearer; else at the end.
        self._at_layers = reward.kind == "improvement"

    @property
    def audio_so_far(self) -> Array:
        """What is heard: the closed layers, float32 [rows, samples]."""
        return self.sound

    @property
    def targets(self) -> Array:
        """The sounds to imitate, float32 [rows, samples]."""
        return np.stack([self._ledger[row].target for row in range(self.rows)])

    def target_of(self, row: int) -> Array:
        """The sound that a row is to imitate, float32 [samples]."""
        return self._ledger[row].target

    def action_masks(self) -> NDArray[np.bool_]:
        """Which tokens may follow, bool [rows, tokens]; all of them where an episode is over."""
        if self._masks is None:
            self._masks = self.grammar.mask(self._state)
            self._masks[self.over] = True
        return self._masks

    def shortest(self) -> NDArray[np.int64]:
        """The tokens with which programs end soonest, int64 [rows]."""
        return self.grammar.shortest(self._state)

    def random_actions(self, uniforms: NDArray[np.float64]) -> NDArray[np.int64]:
        """Tokens as a random program of the grammar has them.

        Parameters
        ----------
        uniforms : float64 array [rows] in [0, 1), what chance decides with
        """
        return self.grammar.choose(self._state, self.action_masks(), uniforms)

    def reset(self, rngs: Sequence[np.random.Generator], rows: Sequence[int] | None = None) -> dict[str, NDArray[Any]]:
        """Begin rows (or all) anew, each with a target drawn from its own generator; return all rows' observations."""
        begun = list(range(self.rows) if rows is None else rows)
        drawn = [self.task.targets.draw(rng) for rng in rngs]
        for index, target in zip(begun, drawn, strict=True):
            if not self._ledger.holds(index, target):
                self._seen_targets[index] = self.observation.features(target[None])[0]
            self._ledger.open(index, target)
            self._names[index], self._texts[index] = [], []
        self.tokens[begun] = -1
        self.sound[begun] = 0
        self.over[begun] = False
        self._seen[begun] = self._silence
        self._state.put(begun, self.grammar.begin(len(begun)))
        self._masks = None
        return self.observations()

    def observations(self) -> dict[str, NDArray[Any]]:
        """What the rows see now."""
        allowed = self.action_masks() if self.observation.mask else np.zeros((0, 0), bool)
        return self.observation.assemble(self._seen_targets, self._seen, self.tokens, allowed)

    def step(self, actions: ArrayLike) -> WritingResult:
        """Write one token in every row.

        Parameters
        ----------
        actions : int array [rows], tokens; rows whose token is ``resting``, or whose episode is over, wait

        Raises
        ------
        ValueError
            A token that may not stand there, if the task says so.
        """
        chosen = np.asarray(actions).reshape(-1).astype(np.int64)
        if len(chosen) != self.rows:
            raise ValueError(f"{self.rows} rows need as many tokens, got {len(chosen)}")
        writing = ~self.over & (chosen != self.resting)
        rewards, distances = np.zeros(self.rows), np.full(self.rows, np.inf)
        faults = self._refused(chosen, writing)
        written = writing.copy()
        written[list(faults)] = False
        rows = np.flatnonzero(written)
        self._write(rows, chosen)
        closed = rows[chosen[rows] == CLOSE]
        faults |= self._play(closed)
        ended = rows[chosen[rows] == END]
        faults |= self._silent(ended)
        for row in faults:
            rewards[row] = self._ledger.worst(row)
        sounding = [row for row in (closed if self._at_layers else ended).tolist() if row not in faults]
        before = self._ledger.measure(sounding, self.sound)
        for row in sounding:
            rewards[row] = self._ledger.reward(row, before[row])
        for row in rows.tolist():
            distance = self._ledger[row].distance
            if row not in faults and distance is not None and chosen[row] in (CLOSE, END):
                distances[row] = distance
        terminated = np.zeros(self.rows, bool)
        terminated[[*ended.tolist(), *faults]] = True
        self.over = self.over | terminated
        self._masks = None
        return WritingResult(self.observations(), rewards, distances, faults, terminated)

    def info(self, result: WritingResult, row: int) -> dict[str, Any]:
        """What an environment tells of a row's step; ``code`` is the program so far, its closed layers."""
        info: dict[str, Any] = {
            "parameters": {},
            "code": "\n".join(self._texts[row]),
            "tokens": self.tokens[row].copy(),
            "distances": {self._distance: float(result.distances[row])},
            "fault": result.faults.get(row, ""),
            "nodes": self._ledger[row].nodes,
            "action_mask": self.action_masks()[row].astype(np.int8),
        }
        if result.terminated[row]:
            info["audio"] = self.sound[row].copy()
        return info

    def first_info(self) -> dict[str, Any]:
        """What is told at the beginning, in the same form."""
        return {
            "parameters": {},
            "code": "",
            "tokens": np.full(self.task.language.max_tokens, -1, np.int64),
            "distances": {self._distance: np.inf},
            "fault": "",
            "nodes": 0,
            "action_mask": self.grammar.mask(self.grammar.begin(1))[0].astype(np.int8),
        }

    def close(self) -> None:
        """Let go of the sounds."""
        self._ledger.close()

    def _refused(self, chosen: NDArray[np.int64], writing: NDArray[np.bool_]) -> dict[int, str]:
        """Rows whose token may not stand where it is, and why."""
        count = len(self.task.language.tokens)
        known = (chosen >= 0) & (chosen < count)
        allowed = self.grammar.mask(self._state)[np.arange(self.rows), np.where(known, chosen, 0)] & known
        refused = {
            row: self.grammar.explain(self._state, row, int(chosen[row]))
            for row in np.flatnonzero(writing & ~allowed).tolist()
        }
        if refused and self.task.on_forbidden == "error":
            row, why = next(iter(refused.items()))
            raise ValueError(f"row {row}: {why}" if self.rows > 1 else why)
        return refused

    def _write(self, rows: NDArray[np.int64], chosen: NDArray[np.int64]) -> None:
        """Add tokens to the programs of some rows."""
        state, tokens = self._state, chosen[rows]
        self.tokens[rows, state.used[rows]] = tokens
        opened = rows[tokens == LAYER]
        self._opened[opened] = state.used[opened]
        state.put(rows, self.grammar.follow(state.at(rows), tokens))

    def _play(self, rows: NDArray[np.int64]) -> dict[int, str]:
        """Play the layers that rows closed, and add them to what is heard; why some broke."""
        if not len(rows):
            return {}
        language = self.task.language
        spans = [self.tokens[row, self._opened[row] : self._state.used[row]].tolist() for row in rows]
        layers = [read_layer(language, span) for span in spans]
        places = (self._state.layers[rows] - 1).tolist()
        played, broken = play_layers(self.engine, layers, places, self.task.samples)
        mixed = np.empty((len(rows), self.task.samples), np.float32)
        for index, (row, place) in enumerate(zip(rows, places, strict=True)):
            mix(played[index : index + 1] if place == 0 else [self.sound[row], played[index]], mixed[index])
        mixed, wrong = silence_broken(mixed, broken)
        faults = {int(rows[index]): why for index, why in wrong.items()}
        self.sound[rows] = mixed
        self._seen[rows] = self.observation.features(mixed)
        for row, layer, place, span in zip(rows.tolist(), layers, places, spans, strict=True):
            structure = make_structure(language, layer.elements)
            name, text = layer_text(structure, structure.values([layer.numbers], place)[0], self._names[row])
            self._names[row].append(name)
            self._texts[row].append(text)
            self._ledger[row].nodes += count_nodes(language, span)
        return faults

    def _silent(self, rows: NDArray[np.int64]) -> dict[int, str]:
        """Rows whose program is at its end and silent."""
        peaks = np.abs(self.sound[rows]).max(axis=1, initial=0)
        return {
            int(row): f"the program is silent: its peak is {peak:.2g}"
            for row, peak in zip(rows, peaks, strict=True)
            if peak < SILENT
        }
