"""From configuration to objects: the only place that knows both."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from omegaconf import DictConfig, OmegaConf
from stable_baselines3.common.vec_env import VecEnv

from agents import AGENTS, Agent, form_of_actions, make_agent
from agents.vec_env import BatchVecEnv
from experiments.config.errors import ConfigError
from experiments.config.spelling import did_you_mean
from raveforce.actions import make_actions
from raveforce.env import RaveForceEnv
from raveforce.observations import make_observation
from raveforce.rewards import make_reward
from raveforce.task import Task, define
from raveforce.tasks import TASKS, make_task

__all__ = ["build_agent", "build_env", "build_eval_env", "build_task", "build_vec_env"]


def build_task(cfg: DictConfig) -> Task:
    """The task of a configuration: a built-in one by name, or one defined by its ``code``."""
    with _part("task", TASKS.get(cfg.task.name) if cfg.task.get("name") in TASKS else define):
        options = _plain(cfg.task)
        return define(**options) if "code" in options else make_task(**options)


def build_env(cfg: DictConfig, *, render_mode: str | None = None) -> RaveForceEnv:
    """One environment of a configuration."""
    task = build_task(cfg)
    with _part("reward"):
        options = _plain(cfg.reward)
        reward = make_reward(options.pop("distance"), task.sample_rate, **options)
    with _part("observation"):
        options = _plain(cfg.observation)
        observation = make_observation(options.pop("kind"), task.sample_rate, **options)
    with _part("actions"):
        form = form_of_actions(cfg.agent.name, task.parameters) if cfg.actions == "auto" else cfg.actions
        make_actions(form, task.parameters)
    return RaveForceEnv(
        task,
        reward=reward,
        observation=observation,
        actions=form,
        engine=cfg.engine.kind,
        engine_options=_plain(cfg.engine.options),
        render_mode=render_mode,
    )


def build_eval_env(cfg: DictConfig) -> RaveForceEnv:
    """The environment in which a policy is evaluated: its own, with the task's settings in ``evaluation_task``."""
    trained = build_env(cfg)
    if not cfg.evaluation_task:
        return trained
    with _part("evaluation_task"):
        other: Any = OmegaConf.merge(cfg, {"task": cfg.evaluation_task})
    eval_env = build_env(other)
    if eval_env.observation_space != trained.observation_space or eval_env.action_space != trained.action_space:
        raise ConfigError(
            "evaluation_task: the policy would see or do other things than in training "
            f"({eval_env.observation_space}, not {trained.observation_space}); are the sounds as long?"
        )
    return eval_env


def build_vec_env(cfg: DictConfig) -> VecEnv:
    """The environments that an agent trains in, played side by side."""
    env = build_env(cfg)
    with _part("num_envs"):
        return BatchVecEnv(env, cfg.num_envs)


def build_agent(cfg: DictConfig, env: VecEnv) -> Agent:
    """The agent of a configuration."""
    with _part("agent", AGENTS.get(str(cfg.agent.get("name")))):
        return make_agent(cfg.agent.name, env, seed=cfg.seed, settings=_plain(cfg.agent.settings))


@contextmanager
def _part(group: str, taker: Callable[..., Any] | None = None) -> Iterator[None]:
    """Say which part of the configuration an error is about, and what the taker of the options calls them."""
    try:
        yield
    except (TypeError, ValueError, KeyError) as error:
        unknown = re.search(r"unexpected keyword argument '(\w+)'", str(error))
        names = inspect.signature(taker).parameters if unknown and taker is not None else ()
        hint = did_you_mean(unknown[1], names) if unknown else ""
        raise ConfigError(f"{group}: {error}{hint}") from error


def _plain(cfg: DictConfig) -> dict[str, Any]:
    plain = OmegaConf.to_container(cfg, resolve=True)
    assert isinstance(plain, dict)
    return {str(key): value for key, value in plain.items()}
