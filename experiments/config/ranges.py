"""Which values settings may have, beyond their types."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from omegaconf import DictConfig, OmegaConf

from raveforce.registry import did_you_mean

__all__ = ["RANGES", "Choice", "Range", "check_ranges", "range_error"]


@dataclass(frozen=True)
class Range:
    """Numbers from ``low`` to ``high``, both included; None for no bound."""

    low: float
    high: float | None = None

    def problem(self, value: Any) -> str:
        """What is wrong with a value; empty where nothing is, or where it is no number."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return ""
        if value >= self.low and value <= (sys.float_info.max if self.high is None else self.high):
            return ""
        return (
            f"at least {_text(self.low)}" if self.high is None else f"between {_text(self.low)} and {_text(self.high)}"
        )

    def hint(self, value: Any) -> str:
        """A number is like no other."""
        return ""


@dataclass(frozen=True)
class Choice:
    """One of several words."""

    words: tuple[str, ...]

    def problem(self, value: Any) -> str:
        """What is wrong with a value; empty where nothing is."""
        if value in self.words:
            return ""
        return f"one of {', '.join(self.words)}"

    def hint(self, value: Any) -> str:
        """What was probably meant, as a question to append."""
        return did_you_mean(str(value), self.words)


@dataclass(frozen=True)
class Sizes:
    """Sizes of layers: a list, or lists by name, of numbers from 1 to ``high``."""

    high: int

    def problem(self, value: Any) -> str:
        """What is wrong with a value; empty where nothing is, or where it is no number."""
        inner = list(value.values()) if isinstance(value, Mapping) else value
        parts = inner if isinstance(inner, Sequence) and not isinstance(inner, str) else [inner]
        if isinstance(value, Mapping | Sequence) and not isinstance(value, str):
            return next((problem for part in parts if (problem := self.problem(part))), "")
        return "of sizes " + problem if (problem := Range(1, self.high).problem(value)) else ""

    def hint(self, value: Any) -> str:
        """A size is like no other."""
        return ""


POSITIVE, COUNT, SHARE = Range(1), Range(0), Range(0, 1)

AGENTS: Mapping[str, Range | Sizes] = {
    **{name: Range(1, 10**9) for name in ("batch_size", "buffer_size", "n_steps", "train_freq")},
    **{name: Range(1, 10**6) for name in ("n_epochs", "target_update_interval", "policy_delay")},
    **dict.fromkeys(("gamma", "gae_lambda", "tau", "exploration_initial_eps", "exploration_final_eps"), SHARE),
    **dict.fromkeys(("learning_rate", "final_learning_rate", "learning_starts", "clip_range"), COUNT),
    "gradient_steps": Range(-1, 10**6),  # -1: as many as were played
    "exploration_fraction": SHARE,
    "popsize": Range(2, 10**6),
    "policy_kwargs.net_arch": Sizes(65_536),
    "policy_kwargs.lstm_hidden_size": Range(1, 65_536),
}
"""What Stable-Baselines3 takes without a word, and then learns nothing, or never comes to an end."""

RANGES: Mapping[str, Range | Choice | Sizes] = {
    "seed": Range(0, 2**32 - 1),
    "actions": Choice(("auto", "box", "multi_discrete", "discrete", "tokens")),
    "num_envs": POSITIVE,
    "total_timesteps": POSITIVE,
    "log_every": POSITIVE,
    "evaluate_every": COUNT,
    "evaluation_episodes": POSITIVE,
    "checkpoint_every": COUNT,
    "torch_threads": Range(1, 1024),
    "task.sample_rate": Range(1000, 384_000),
    "task.total_step": POSITIVE,
    "task.attempts": POSITIVE,
    **{f"task.{name}": POSITIVE for name in ("layers", "max_layers")},
    "task.bins": Range(2),
    "task.max_tokens": Range(8),
    "task.max_processors": COUNT,
    "task.price": Range(0, 1),
    "task.on_forbidden": Choice(("end", "error")),
    **{
        f"{group}.{name}": POSITIVE for group in ("observation", "reward") for name in ("n_fft", "hop_length", "n_mels")
    },
    "observation.n_mfcc": POSITIVE,
    "observation.segments": POSITIVE,
    "tracking.mode": Choice(("offline", "online", "disabled")),
    "tracking.sounds_every": COUNT,
    "trials": POSITIVE,
    "repeats": POSITIVE,
    "prune_after_trials": COUNT,
    "prune_after_renders": COUNT,
    "engine.options.deadline": Range(1e-3),
    "engine.options.num_threads": POSITIVE,
    **{f"agent.settings.{name}": allowed for name, allowed in AGENTS.items()},
}
"""By setting; those of tasks and observations of one's own are checked where they are built."""


def range_error(key: str, value: Any) -> str:
    """What is wrong with the value of a setting, as a sentence; empty where nothing is.

    >>> range_error("log_every", 0)
    'log_every is at least 1, and not 0'
    >>> range_error("tracking.mode", "onlin")
    "tracking.mode is one of offline, online, disabled, and not 'onlin'; did you mean online?"
    """
    if key not in RANGES or value is None:
        return ""
    problem = RANGES[key].problem(value)
    shown = repr(value) if isinstance(value, str) else value
    return f"{key} is {problem}, and not {shown}{RANGES[key].hint(value)}" if problem else ""


def check_ranges(cfg: DictConfig) -> str:
    """The first setting of a configuration whose value lies outside its range, as a sentence; empty where none does."""
    values = ((key, _plain(OmegaConf.select(cfg, key))) for key in RANGES)
    return next((error for key, value in values if (error := range_error(key, value))), "")


def _plain(value: Any) -> Any:
    return OmegaConf.to_container(value) if OmegaConf.is_config(value) else value


def _text(number: float) -> str:
    """A bound as it is written, whole."""
    return f"{number:g}" if number != int(number) else str(int(number))
