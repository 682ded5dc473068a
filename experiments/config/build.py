"""From configuration to objects: the only place that knows both."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psutil
from omegaconf import DictConfig, OmegaConf
from stable_baselines3.common.vec_env import VecEnv

from agents.build import Agent, form_of_actions, make_agent
from agents.registry import AGENTS
from experiments.config.errors import ConfigError
from raveforce.actions import make_actions
from raveforce.glicol import EngineUnavailable, GlicolError
from raveforce.observations import make_observation
from raveforce.registry import did_you_mean
from raveforce.rewards import make_reward
from raveforce.sb3 import BatchVecEnv
from raveforce.spec import EnvSpec, complete
from raveforce.task import Task, define
from raveforce.tasks import TASKS

__all__ = ["build_agent", "build_env_spec", "build_eval_spec", "build_task", "build_vec_env", "observation_name"]


def build_task(cfg: DictConfig) -> Task:
    """The task of a configuration: one by its name or path, or one defined by its ``code``."""
    options = _plain(cfg.task)
    if options.get("target") == "":
        raise ConfigError("task.target is empty; name a recording or a folder, or leave it out for the task's own")
    name = options.get("name")
    if not isinstance(name, str) and not (name is None and "code" in options):
        raise ConfigError(
            f"task.name is a text, and not {name!r}" if name is not None else "task.name is missing", group="task"
        )
    with _part("task"):
        made: Callable[..., Task] = define if "code" in options else TASKS.get(options.pop("name", ""))
    with _part("task", made):
        return made(**options)


def build_env_spec(cfg: DictConfig) -> EnvSpec:
    """The environment of a configuration; what it does not say of reward and observation is the task's own.

    Raises
    ------
    ConfigError
        A part cannot be built; the message says which.
    """
    task = build_task(cfg)
    with _part("reward"):
        reward = make_reward(_completed(cfg.reward, "distance", task.reward, keep=("kind", "until")), task.sample_rate)
    observation = _completed(cfg.observation, "kind", task.observation)
    if not task.writes:
        with _part("observation"):
            observation = make_observation(observation, task.sample_rate)
    actions = None if cfg.actions == "auto" else cfg.actions
    if not task.writes and actions is None:
        with _part("agent"):
            actions = form_of_actions(cfg.agent.algorithm, task.parameters)
    if not task.writes:
        with _part("actions"):
            actions = make_actions(str(actions), task.parameters)
    parts = {"reward": reward, "observation": observation, "actions": actions}
    try:
        with _part("engine"):
            return complete(task, **parts, engine=cfg.engine.kind, engine_options=_plain(cfg.engine.options))
    except (GlicolError, EngineUnavailable) as error:
        unplayable = "" if isinstance(error, EngineUnavailable) else "task"
        raise ConfigError(f"the task cannot be played: {error}", group=unplayable) from error


def build_eval_spec(cfg: DictConfig, trained: EnvSpec) -> EnvSpec:
    """The environment in which a policy is evaluated: its own, with the task's settings in ``evaluation_task``.

    Parameters
    ----------
    trained : the training's; sounds are made as long as its own, unless the settings say otherwise
    """
    if not cfg.evaluation_task:
        return trained
    with _part("evaluation_task"):
        other: Any = OmegaConf.merge(cfg, {"task": cfg.evaluation_task})
    if "seconds" in other.task and "seconds" not in cfg.evaluation_task:
        other.task.seconds = trained.task.samples / trained.task.sample_rate
    spec = build_env_spec(other)
    if spec.observation_space != trained.observation_space or spec.action_space != trained.action_space:
        raise ConfigError(
            "evaluation_task: the policy would see or do other things than in training "
            f"({spec.observation_space}, not {trained.observation_space}); are the sounds as long?"
        )
    return spec


def observation_name(cfg: DictConfig, task: Task) -> str:
    """The name of what the agent sees; that of its class where the task brings an object of its own."""
    own = task.observation
    named = cfg.observation.get("kind") or (own.get("kind") if isinstance(own, Mapping) else own)
    return named if isinstance(named, str) else type(own).__name__


def build_vec_env(cfg: DictConfig, spec: EnvSpec) -> VecEnv:
    """The environments that an agent trains in, played side by side."""
    # The sound of a step, of the step before, and the engine's own of all rows are there at once.
    needed, free = 3 * 4 * cfg.num_envs * spec.task.samples, psutil.virtual_memory().available
    if needed > free:
        raise ConfigError(
            f"num_envs: {cfg.num_envs} rows of {spec.task.samples} samples need {needed / 1e9:.1f} GB, "
            f"and {free / 1e9:.1f} GB are free"
        )
    with _part("num_envs"):
        return BatchVecEnv(spec, cfg.num_envs)


def build_agent(cfg: DictConfig, env: VecEnv) -> Agent:
    """The agent of a configuration."""
    with _part("agent"):
        algorithm = AGENTS.get(cfg.agent.algorithm)
    with _part("agent", algorithm):
        return make_agent(cfg.agent.algorithm, env, seed=cfg.seed, settings=_plain(cfg.agent.settings))


def _completed(cfg: DictConfig, key: str, default: Any, keep: tuple[str, ...] = ()) -> Any:
    """What a group says, completed by the task's default.

    Where the group chooses the thing itself (``key``), only those options in ``keep`` are the default's.
    """
    own = {name: value for name, value in _plain(cfg).items() if value is not None}
    if isinstance(default, str):
        default = {key: default}
    if not isinstance(default, Mapping):  # an object of the task's own
        return own or default
    return {**(default if key not in own else {name: default[name] for name in keep if name in default}), **own}


@contextmanager
def _part(group: str, taker: Callable[..., Any] | None = None) -> Iterator[None]:
    """Say which part of the configuration an error is about, and what the taker of the options calls them."""
    try:
        yield
    except (TypeError, ValueError, KeyError, OSError) as error:
        if isinstance(error, ConfigError):
            raise
        raise ConfigError(f"{group}: {_said(error, taker)}", group=group) from error


def _said(error: Exception, taker: Callable[..., Any] | None) -> str:
    """What an error says; what Python says of options in the words of those who wrote them."""
    unknown = re.search(r"unexpected keyword argument '(.*)'", str(error), re.DOTALL)
    if unknown:
        names = inspect.signature(taker).parameters if taker is not None else ()
        # Some of Python's messages have the name as it is, some with its odd letters escaped already.
        name = unknown[1] if unknown[1].isprintable() else repr(unknown[1])[1:-1]
        return f"there is no option '{name}'{did_you_mean(unknown[1], names)}"
    missing = re.search(r"missing \d+ required (?:positional|keyword-only) arguments?: (.*)", str(error))
    return f"{missing[1].replace(chr(39), '')} missing" if missing else str(error)


def _plain(cfg: DictConfig) -> dict[str, Any]:
    plain = OmegaConf.to_container(cfg, resolve=True)
    assert isinstance(plain, dict)
    return {str(key): value for key, value in plain.items()}
