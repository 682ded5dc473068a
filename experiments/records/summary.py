"""The record of a run: what it found, as sounds, programs, a picture and a summary."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from omegaconf import DictConfig

from agents.build import Agent
from experiments.callbacks.recorder import Best, Recorder
from experiments.config.build import observation_name
from experiments.config.tuned import describe, tuned_on
from experiments.records.programs import program_text
from experiments.records.provenance import target_hash, versions
from experiments.records.remarks import levels, remarks
from experiments.records.run_folder import RunFolder
from experiments.report import write_report
from experiments.rollouts import Performance, evaluate, mean_distances, measure_all, score
from raveforce.env import RaveForceEnv
from raveforce.plotting import comparison

__all__ = ["conclude", "flat", "heading", "verdict", "write_best"]

log = logging.getLogger(__name__)


def conclude(
    cfg: DictConfig,
    folder: RunFolder,
    agent: Agent,
    eval_env: RaveForceEnv,
    recorder: Recorder,
    seconds: float,
    *,
    signal: str | None = None,
    failure: BaseException | None = None,
) -> dict[str, Any]:
    """Evaluate the final policy and write everything but the metrics.

    Parameters
    ----------
    seconds : the training took
    signal : that ended the training, by name
    failure : that broke the training off; then a policy that cannot be played any more is left out of the record
    """
    try:
        performances = evaluate(agent, eval_env, episodes=cfg.evaluation_episodes, seed=cfg.seed)
    except (ValueError, RuntimeError) as error:
        if failure is None:
            raise
        log.warning("the policy cannot be played: %s", error)
        performances = []
    name, best = eval_env.reward.distance.name, recorder.best
    policy, silence = _policy(performances, eval_env)
    summary: dict[str, Any] = {
        "task": eval_env.task.name,
        "agent": cfg.agent.algorithm,
        "tuned_on": tuned_on(cfg),
        "reward": {"distance": name, "kind": eval_env.reward.kind},
        "observation": observation_name(cfg, eval_env.task),
        "best": None if best is None else _best(best, eval_env),
        "policy": policy,
        "silence": silence,
        # The mean over the evaluation's episodes.
        "score": None if policy is None else policy.pop("score"),
        "renders": recorder.renders,
        "wall_seconds": round(seconds, 3),
        "interrupted": recorder.stop,
        "signal": signal,
        "failure": None if failure is None else f"{type(failure).__name__}: {failure}",
        "seed": cfg.seed,
        "target_sha256": target_hash(eval_env.task.targets),
        "engine": eval_env.engine_kind,
        "versions": versions(),
    }
    summary["remarks"] = remarks(summary, eval_env.task.parameters)
    _write_sounds(cfg, folder, performances[:1], best, eval_env, recorder.renders)
    folder.write(folder.model.name, lambda path: agent.save(path))
    folder.write_summary(summary)
    write_report([folder.path], folder.report)
    return summary


def _policy(
    performances: Sequence[Performance], env: RaveForceEnv
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """What the policy came to, and silence in the same episodes: means, and the episode whose sound is kept."""
    if not performances:
        return None, None
    name = env.reward.distance.name
    measured = [measure_all(one.audio, one.target, env) for one in performances]
    silent = [measure_all(0 * one.target, one.target, env) for one in performances]
    first = performances[0]
    policy = {
        "episodes": len(performances),
        "distances": mean_distances(measured),
        "return": float(np.mean([one.episode_return for one in performances])),
        "score": float(np.mean([score(ours[name], none[name]) for ours, none in zip(measured, silent, strict=True)])),
        "example": {
            "sound": "policy.wav",
            "target": "target.wav",
            "distances": measured[0],
            "return": first.episode_return,
            "parameters": first.parameters,
            "level": levels(first.audio),
            "target_level": levels(first.target),
        },
    }
    return policy, {"distances": mean_distances(silent)}


def _best(best: Best, env: RaveForceEnv) -> dict[str, Any]:
    name = env.reward.distance.name
    distances = measure_all(best.audio, best.target, env)
    return {
        "distances": distances,
        "score": score(distances[name], measure_all(0 * best.target, best.target, env)[name]),
        "render": best.render,
        "parameters": best.parameters,
        "level": levels(best.audio),
        "target_level": levels(best.target),
    }


def _write_sounds(
    cfg: DictConfig,
    folder: RunFolder,
    performances: Sequence[Performance],
    best: Best | None,
    env: RaveForceEnv,
    renders: int,
) -> None:
    """Write what was played beside what it was to be, and a picture of the best."""
    rate, pictured = env.task.sample_rate, None
    for policy in performances:
        folder.write_sound("target", policy.target, rate)
        folder.write_sound("policy", policy.audio, rate)
        folder.write_program("policy", program_text(policy.programs, policy.audio, rate))
        pictured = policy.audio, policy.target, "policy"
    if best is not None:
        write_best(folder, best, performances[0].target if performances else None, rate)
        pictured = best.audio, best.target, f"best of {renders} renders"
    if pictured is not None and cfg.get("picture", True):  # not said in runs of old
        audio, target, caption = pictured
        figure = comparison(audio, target, rate, title=f"{env.task.name}, {cfg.agent.algorithm}: {caption}")
        folder.write(folder.comparison.name, lambda path: figure.savefig(path))


def write_best(folder: RunFolder, best: Best, target: NDArray[np.float32] | None, sample_rate: int) -> None:
    """Write the best sound and its program; and its target, if that is not the one in ``target.wav``."""
    folder.write_sound("best", best.audio, sample_rate)
    folder.write_program("best", program_text(best.programs, best.audio, sample_rate))
    if target is None or not np.array_equal(best.target, target):
        folder.write_sound("best_target", best.target, sample_rate)
    else:
        folder.best_target.unlink(missing_ok=True)  # of a best sound before


def heading(cfg: DictConfig, env: RaveForceEnv) -> str:
    """What a run is about to do, in a line."""
    return (
        f"{env.task.name}, {cfg.agent.algorithm}, seed {cfg.seed}: reward {env.reward.distance.name}, "
        f"observation {observation_name(cfg, env.task)}; {describe(cfg)}"
    )


def verdict(summary: Mapping[str, Any]) -> str:
    """The summary in a line, and a line for each remark."""
    name = summary["reward"]["distance"]
    best, policy, silence = (
        summary[part] and summary[part]["distances"][name] for part in ("best", "policy", "silence")
    )
    found = [] if best is None else [f"best {best:.4g} at render {summary['best']['render']}"]
    if policy is not None:
        episodes = summary["policy"]["episodes"]
        mean = f" (mean of {episodes} episodes)" if episodes > 1 else ""
        found += [f"policy {policy:.4g}{mean}", f"silence {silence:.4g} (score {summary['score']:.3f})"]
    line = f"{name}: {', '.join(found)} after {summary['renders']} renders in {summary['wall_seconds']:.0f} s"
    return "\n".join([line, *summary["remarks"]])


def flat(summary: Mapping[str, Any]) -> dict[str, float | str]:
    """The summary's numbers and words, by dotted name."""
    plain = ("task", "agent", "observation", "seed", "score", "renders", "wall_seconds", "engine", "target_sha256")
    flat = {key: summary[key] for key in plain if summary.get(key) is not None}
    reward = summary.get("reward") or {}
    flat |= {name: reward[key] for name, key in (("distance", "distance"), ("reward_kind", "kind")) if key in reward}
    for part in ("best", "policy", "silence"):
        for name, value in ((summary.get(part) or {}).get("distances") or {}).items():
            flat[f"{part}.{name}"] = value
    return flat
