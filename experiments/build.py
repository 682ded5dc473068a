"""From configuration to objects: the only place that knows both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from omegaconf import DictConfig, OmegaConf
from stable_baselines3.common.vec_env import VecEnv

from agents import Agent, form_of_actions, make_agent
from agents.vec_env import BatchVecEnv
from raveforce.actions import make_actions
from raveforce.env import RaveForceEnv
from raveforce.observations import make_observation
from raveforce.rewards import make_reward
from raveforce.task import Task, define
from raveforce.tasks import make_task

__all__ = ["ConfigError", "build_agent", "build_env", "build_task", "build_vec_env"]


class ConfigError(ValueError):
    """The configuration does not describe a run; the message says which part and why."""


def build_task(cfg: DictConfig) -> Task:
    """The task of a configuration: a built-in one by name, or one defined by its ``code``."""
    with _part("task"):
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


def build_vec_env(cfg: DictConfig) -> VecEnv:
    """The environments that an agent trains in."""
    with _part("num_envs"):
        return BatchVecEnv(build_env(cfg), cfg.num_envs)


def build_agent(cfg: DictConfig, env: VecEnv) -> Agent:
    """The agent of a configuration."""
    with _part("agent"):
        return make_agent(cfg.agent.name, env, seed=cfg.seed, settings=_plain(cfg.agent.settings))


@contextmanager
def _part(group: str) -> Iterator[None]:
    """Say which part of the configuration an error is about."""
    try:
        yield
    except (TypeError, ValueError, KeyError) as error:
        raise ConfigError(f"{group}: {error}") from error


def _plain(cfg: DictConfig) -> dict[str, Any]:
    plain = OmegaConf.to_container(cfg, resolve=True)
    assert isinstance(plain, dict)
    return {str(key): value for key, value in plain.items()}
