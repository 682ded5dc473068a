"""What a writing environment is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import gymnasium
from numpy.typing import NDArray

from raveforce.distances import Distance
from raveforce.rewards import Reward, make_reward
from raveforce.spec import EnvSpec, complete
from raveforce.writing.episodes import WritingEpisodes
from raveforce.writing.grammar import make_grammar
from raveforce.writing.language import Language
from raveforce.writing.observation import WritingObservation, make_writing_observation
from raveforce.writing.player import open_player
from raveforce.writing.task import WritingTask

__all__ = ["TokenActions", "WritingSpec"]


@dataclass(frozen=True)
class TokenActions:
    """A token for an action."""

    language: Language

    @property
    def space(self) -> gymnasium.spaces.Discrete:
        """``Discrete(tokens)``."""
        return gymnasium.spaces.Discrete(len(self.language.tokens))

    @property
    def middle(self) -> int:
        """The token that begins a program."""
        return 0

    def to_box(self, actions: NDArray[Any]) -> NDArray[Any]:
        """The tokens themselves."""
        return actions


@dataclass(frozen=True)
class WritingSpec(EnvSpec):
    """Everything that a writing environment is made of, see ``EnvSpec``.

    Raises
    ------
    ValueError
        A reward that compares up to now: what is heard of an unfinished program is whole sounds.
    """

    task: WritingTask  # type: ignore[assignment]
    observation: WritingObservation  # type: ignore[assignment]

    @classmethod
    def of(
        cls,
        task: WritingTask | WritingSpec,  # type: ignore[override]
        *,
        reward: str | Mapping[str, Any] | Distance | Reward | None = None,
        observation: Any = None,
        actions: str | TokenActions | None = None,  # type: ignore[override]
        engine: str | None = None,
        engine_options: Mapping[str, Any] | None = None,
        render_mode: str | None = None,
    ) -> WritingSpec:
        """Complete a task, or change what a spec says; see ``EnvSpec.of``."""
        of = task.task if isinstance(task, WritingSpec) else task
        if actions not in (None, "tokens") and not isinstance(actions, TokenActions):
            raise ValueError(f"programs are written token by token: the form of actions is tokens, not {actions!r}")
        parts: dict[str, Any] = {
            "reward": make_reward(task.reward if reward is None else reward, of.sample_rate),
            "observation": make_writing_observation(
                task.observation if observation is None else observation, of.language
            ),
            "actions": TokenActions(of.language),
        }
        settings = {"engine": engine, "engine_options": engine_options, "render_mode": render_mode}
        parts |= {name: value for name, value in settings.items() if value is not None}
        return replace(task, **parts) if isinstance(task, WritingSpec) else cls(of, **parts)

    @property
    def observation_space(self) -> gymnasium.Space[Any]:
        """The space of one row's observation."""
        return self.observation.space(self.task.samples)

    def open(self, rows: int) -> WritingEpisodes:  # type: ignore[override]
        """Open episodes, so many side by side."""
        player = open_player(self.task.language, self.engine, **self.engine_options)
        return WritingEpisodes(self.task, self.reward, self.observation, player, rows)

    def check_program(self) -> None:
        """Every program of the grammar is one that the engines take."""
        if self.reward.until != "end":
            raise ValueError("a program that is being written is compared with the whole target: until is end")
        make_grammar(self.task.language)


complete.register(WritingTask, WritingSpec.of)
complete.register(WritingSpec, WritingSpec.of)
