"""The step of a writer, for many rows at once: a token, and where it closes a layer, that layer's sound."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from raveforce.faults import silence_broken
from raveforce.rewards import Reward, RewardTarget
from raveforce.writing.grammar import make_grammar
from raveforce.writing.language import CLOSE, END, LAYER
from raveforce.writing.layers import make_structure, read_layer
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


@dataclass
class _Row:
    """What a row has of its own beside arrays.

    Attributes
    ----------
    target : float32 [samples]
    reference : what the reward knows of it
    names, texts : of the closed layers
    distance : of what is heard now; None where it is not measured
    nodes : in closed layers
    paid : of them
    """

    target: Array
    reference: RewardTarget
    names: list[str]
    texts: list[str]
    distance: float | None = None
    nodes: int = 0
    paid: float = 0.0


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
        self._rows: dict[int, _Row] = {}
        self._masks: NDArray[np.bool_] | None = None
        self._silence = observation.features(np.zeros((1, task.samples), np.float32))[0]
        self._seen_targets = np.zeros((rows, *self._silence.shape), np.float32)
        self._seen = self._seen_targets.copy()
        self._prepared: dict[int, tuple[Array, RewardTarget]] = {}
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
        return np.stack([self._rows[row].target for row in range(self.rows)])

    def target_of(self, row: int) -> Array:
        """The sound that a row is to imitate, float32 [samples]."""
        return self._rows[row].target

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
            known = self._rows.get(index)
            if known is None or known.target is not target:
                self._seen_targets[index] = self.observation.features(target[None])[0]
            self._rows[index] = _Row(target, self._prepare(target), [], [])
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
            rewards[row] = self._worst(row)
        sounding = [row for row in (closed if self._at_layers else ended).tolist() if row not in faults]
        before = self._measure(sounding)
        for row in sounding:
            rewards[row] = self._reward(row, before[row])
        for row in rows.tolist():
            if row not in faults and self._rows[row].distance is not None and chosen[row] in (CLOSE, END):
                distances[row] = self._rows[row].distance
        terminated = np.zeros(self.rows, bool)
        terminated[[*ended.tolist(), *faults]] = True
        self.over = self.over | terminated
        self._masks = None
        return WritingResult(self.observations(), rewards, distances, faults, terminated)

    def info(self, result: WritingResult, row: int) -> dict[str, Any]:
        """What an environment tells of a row's step; ``code`` is the program so far, its closed layers."""
        own = self._rows[row]
        info: dict[str, Any] = {
            "parameters": {},
            "code": "\n".join(own.texts),
            "tokens": self.tokens[row].copy(),
            "distances": {self._distance: float(result.distances[row])},
            "fault": result.faults.get(row, ""),
            "nodes": own.nodes,
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
        self._prepared.clear()

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
            mix([played[index]] if place == 0 else [self.sound[row], played[index]], mixed[index])
        mixed, wrong = silence_broken(mixed, broken)
        faults = {int(rows[index]): why for index, why in wrong.items()}
        self.sound[rows] = mixed
        self._seen[rows] = self.observation.features(mixed)
        for row, layer, place, span in zip(rows.tolist(), layers, places, spans, strict=True):
            own, structure = self._rows[row], make_structure(language, layer.elements)
            name, text = layer_text(structure, structure.values([layer.numbers], place)[0], own.names)
            own.names.append(name)
            own.texts.append(text)
            own.nodes += count_nodes(language, span)
        return faults

    def _silent(self, rows: NDArray[np.int64]) -> dict[int, str]:
        """Rows whose program is at its end and silent."""
        peaks = np.abs(self.sound[rows]).max(axis=1, initial=0)
        return {
            int(row): f"the program is silent: its peak is {peak:.2g}"
            for row, peak in zip(rows, peaks, strict=True)
            if peak < SILENT
        }

    def _measure(self, rows: Sequence[int]) -> dict[int, float]:
        """Measure what rows hear now; return what their distances were before, at first that of silence."""
        before = {}
        for same in self._by_reference(rows):
            reference = self._rows[same[0]].reference
            measured = self.reward.measure(self.sound[same], reference)
            for row, distance in zip(same, measured.tolist(), strict=True):
                known = self._rows[row].distance
                before[row] = float(self.reward.start(reference)[0]) if known is None else known
                self._rows[row].distance = distance
        return before

    def _by_reference(self, rows: Iterable[int]) -> list[list[int]]:
        """Rows that share a target."""
        groups: dict[int, list[int]] = {}
        for row in rows:
            groups.setdefault(id(self._rows[row].reference), []).append(row)
        return list(groups.values())

    def _reward(self, row: int, before: float) -> float:
        """What a row gets for what it hears now, less the price of the nodes that it has not paid yet."""
        own = self._rows[row]
        assert own.distance is not None
        value = self.reward.compute(np.array([own.distance]), np.array([before]), own.reference)[0]
        owed = self.task.price * own.nodes - own.paid
        own.paid += owed
        return float(value) - owed

    def _worst(self, row: int) -> float:
        """What a row gets whose episode ends badly: never more than any program's."""
        own = self._rows[row]
        before = self.reward.start(own.reference) if own.distance is None else np.array([own.distance])
        worst = self.reward.compute(np.broadcast_to(own.reference.worst, 1), before, own.reference)[0]
        return float(worst) - (self.task.price * self.task.language.max_tokens - own.paid)

    def _prepare(self, target: Array) -> RewardTarget:
        """What the reward knows of a target; kept for the last few, as recordings come again."""
        known = self._prepared.get(id(target))
        if known is not None:
            return known[1]
        while len(self._prepared) >= MOST_KEPT:
            self._prepared.pop(next(iter(self._prepared)))
        made = self.reward.prepare(target[None])
        self._prepared[id(target)] = target, made
        return made


MOST_KEPT = 32
"""Targets of which the features are kept."""
