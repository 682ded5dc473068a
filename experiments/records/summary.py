"""The record of a run: what it found, as sounds, programs, a picture and a summary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from omegaconf import DictConfig

from agents import Agent
from experiments.callbacks.recorder import Best, Recorder
from experiments.evaluate import Performance, play
from experiments.records.provenance import versions
from experiments.records.run_folder import RunFolder
from raveforce.distances import measure
from raveforce.env import RaveForceEnv
from raveforce.plotting import comparison

__all__ = ["conclude", "flat", "verdict"]


def conclude(
    cfg: DictConfig,
    folder: RunFolder,
    agent: Agent,
    eval_env: RaveForceEnv,
    recorder: Recorder,
    seconds: float,
    *,
    signal: str | None = None,
) -> dict[str, Any]:
    """Evaluate the final policy and write everything but the metrics."""
    policy = play(agent, eval_env, seed=cfg.seed)
    rate = eval_env.task.sample_rate
    silence = measure(0 * policy.target, policy.target, rate)
    name = eval_env.reward.distance.name
    summary: dict[str, Any] = {
        "task": eval_env.task.name,
        "agent": cfg.agent.name,
        "reward": {"distance": name, "kind": eval_env.reward.kind},
        "best": None if recorder.best is None else _best(recorder.best, policy, rate),
        "policy": {
            "distances": policy.distances,
            "return": policy.episode_return,
            "parameters": policy.parameters,
        },
        "silence": {"distances": silence},
        # 0 is silence, 1 the target itself; below 0 is worse than silence.
        "score": 1 - policy.distances[name] / silence[name],
        "renders": recorder.renders,
        "wall_seconds": round(seconds, 3),
        "interrupted": recorder.stop,
        "signal": signal,
        "seed": cfg.seed,
        "engine": eval_env.engine_kind,
        "versions": versions(),
    }
    folder.write_sound("target", policy.target, rate)
    folder.write_sound("policy", policy.audio, rate)
    folder.write_program("policy", policy.programs)
    shown, caption = policy.audio, "policy"
    if recorder.best is not None:
        folder.write_sound("best", recorder.best.audio, rate)
        folder.write_program("best", recorder.best.programs)
        shown, caption = recorder.best.audio, f"best of {recorder.renders} renders"
    title = f"{eval_env.task.name}, {cfg.agent.name}: {caption}"
    figure = comparison(shown, policy.target, rate, title=title)
    folder.write(folder.comparison.name, lambda path: figure.savefig(path))
    folder.write(folder.model.name, lambda path: agent.save(path))
    folder.write_summary(summary)
    return summary


def _best(best: Best, policy: Performance, sample_rate: int) -> dict[str, Any]:
    return {
        "distances": measure(best.audio, policy.target, sample_rate),
        "render": best.render,
        "parameters": best.parameters,
    }


def verdict(summary: Mapping[str, Any]) -> str:
    """The summary in a line."""
    name = summary["reward"]["distance"]
    best, policy, silence = (
        summary[part] and summary[part]["distances"][name] for part in ("best", "policy", "silence")
    )
    found = f"best {best:.4g} at render {summary['best']['render']}, " if best is not None else ""
    return (
        f"{name}: {found}policy {policy:.4g}, silence {silence:.4g} (score {summary['score']:.3f}) "
        f"after {summary['renders']} renders in {summary['wall_seconds']:.0f} s"
    )


def flat(summary: Mapping[str, Any]) -> dict[str, float]:
    """The summary's numbers, by dotted name."""
    flat = {key: summary[key] for key in ("score", "renders", "wall_seconds")}
    for part in ("best", "policy"):
        for name, value in ((summary[part] or {}).get("distances", {})).items():
            flat[f"{part}.{name}"] = value
    return flat
