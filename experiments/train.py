"""One run: build, learn, evaluate, write the record."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf
from stable_baselines3.common.logger import KVWriter, Logger

from agents import Agent
from experiments.build import ConfigError, build_agent, build_env, build_vec_env
from experiments.evaluate import Performance, play
from experiments.recorder import Best, Recorder
from experiments.runs import RunFolder, RunFolderError
from experiments.tracking import MetricsFile, WandbTracker
from experiments.versions import versions
from raveforce.distances import measure
from raveforce.env import RaveForceEnv
from raveforce.glicol import EngineUnavailable, GlicolError
from raveforce.pictures import comparison

__all__ = ["train"]

log = logging.getLogger(__name__)


def train(cfg: DictConfig, path: Path) -> dict[str, Any]:
    """Train an agent and leave its record in a folder.

    Ctrl-C ends the training after the current step and writes what there is; a second one aborts.

    Parameters
    ----------
    cfg : resolved configuration, see ``conf/config.yaml``
    path : the run folder; it must not hold a run yet

    Returns
    -------
    what ``summary.json`` holds

    Raises
    ------
    ConfigError
        The configuration does not describe a run, or its folder cannot be used.
    """
    began = time.perf_counter()
    torch.set_num_threads(cfg.torch_threads)
    # Everything that can be wrong is found before the folder is touched.
    stage = build_env(cfg)
    _try_out(stage)
    env = build_vec_env(cfg)
    agent = build_agent(cfg, env)
    try:
        folder = RunFolder.create(path)
    except RunFolderError as error:
        raise ConfigError(str(error)) from error
    _write_config(cfg, folder)
    tracker = _tracker(cfg, folder)
    recorder = Recorder(cfg.total_timesteps, log_every=cfg.log_every, progress=cfg.progress)
    writers: list[KVWriter] = [MetricsFile(folder.metrics)] + ([tracker] if tracker else [])
    agent.set_logger(Logger(folder=str(path), output_formats=writers))
    try:
        with _stop_on_interrupt(recorder.request_stop):
            # The recorder writes all rows; SB3's own dumps would double them.
            agent.learn(cfg.total_timesteps, callback=recorder, log_interval=None)  # type: ignore[arg-type]
    except Exception:
        log.exception("the training broke off; what it found so far is kept in %s", folder.path)
        recorder.request_stop()
        _conclude(cfg, folder, agent, stage, recorder, time.perf_counter() - began)
        raise
    finally:
        recorder.close()
        env.close()
    summary = _conclude(cfg, folder, agent, stage, recorder, time.perf_counter() - began)
    if tracker is not None:
        tracker.finish(lambda: _media(folder, stage.task.sample_rate), _flat(summary))
    print(f"{_verdict(summary)}\nrecord: {folder.path}")
    return summary


def _try_out(stage: RaveForceEnv) -> None:
    """Play one episode, so that a program that Glicol refuses is found at once."""
    try:
        stage.reset(seed=0)
        terminated = False
        while not terminated:
            _, _, terminated, _, _ = stage.step(stage.actions.middle)
    except (GlicolError, EngineUnavailable, ValueError) as error:
        raise ConfigError(f"the task cannot be played: {error}") from error


def _conclude(
    cfg: DictConfig,
    folder: RunFolder,
    agent: Agent,
    stage: RaveForceEnv,
    recorder: Recorder,
    seconds: float,
) -> dict[str, Any]:
    """Evaluate the final policy and write everything but the metrics."""
    policy = play(agent, stage, seed=cfg.seed)
    rate = stage.task.sample_rate
    silence = measure(0 * policy.target, policy.target, rate)
    name = stage.reward.distance.name
    summary: dict[str, Any] = {
        "task": stage.task.name,
        "agent": cfg.agent.name,
        "reward": {"distance": name, "kind": stage.reward.kind},
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
        "seed": cfg.seed,
        "engine": stage.engine_kind,
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
    title = f"{stage.task.name}, {cfg.agent.name}: {caption}"
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


def _verdict(summary: Mapping[str, Any]) -> str:
    name = summary["reward"]["distance"]
    best, policy, silence = (
        summary[part] and summary[part]["distances"][name] for part in ("best", "policy", "silence")
    )
    found = f"best {best:.4g} at render {summary['best']['render']}, " if best is not None else ""
    return (
        f"{name}: {found}policy {policy:.4g}, silence {silence:.4g} (score {summary['score']:.3f}) "
        f"after {summary['renders']} renders in {summary['wall_seconds']:.0f} s"
    )


def _write_config(cfg: DictConfig, folder: RunFolder) -> None:
    # Hydra writes its own copy when run.py is used; a run made from Python has the same record.
    text = OmegaConf.to_yaml(cfg, resolve=True)
    folder.write("config.yaml", lambda path: path.write_text(text, encoding="utf-8"))


def _tracker(cfg: DictConfig, folder: RunFolder) -> WandbTracker | None:
    options: Any = OmegaConf.to_container(cfg.tracking, resolve=True)
    if options["mode"] == "disabled":
        return None
    config: Any = OmegaConf.to_container(cfg, resolve=True)
    return WandbTracker(folder.path, config, **options)


def _media(folder: RunFolder, sample_rate: int) -> dict[str, Any]:
    """What is heard, seen and read of a run, as W&B objects."""
    import html

    import wandb

    media: dict[str, Any] = {"comparison": wandb.Image(str(folder.comparison))}
    for name in ("best", "policy", "target"):
        sound, program = folder.path / f"{name}.wav", folder.path / f"{name}.glicol"
        if sound.exists():
            media[f"sound/{name}"] = wandb.Audio(str(sound), sample_rate=sample_rate)
        if program.exists():
            media[f"program/{name}"] = wandb.Html(f"<pre>{html.escape(program.read_text(encoding='utf-8'))}</pre>")
    return media


def _flat(summary: Mapping[str, Any]) -> dict[str, float]:
    """The summary's numbers, by dotted name."""
    flat = {key: summary[key] for key in ("score", "renders", "wall_seconds")}
    for part in ("best", "policy"):
        for name, value in ((summary[part] or {}).get("distances", {})).items():
            flat[f"{part}.{name}"] = value
    return flat


@contextmanager
def _stop_on_interrupt(stop: Callable[[], None]) -> Iterator[None]:
    """Turn the first Ctrl-C into a request to stop; the second one interrupts as usual."""
    try:
        usual = signal.getsignal(signal.SIGINT)

        def handle(number: int, frame: FrameType | None) -> None:
            signal.signal(signal.SIGINT, usual)
            log.warning("stopping after this step; Ctrl-C again aborts")
            stop()

        signal.signal(signal.SIGINT, handle)
    except ValueError:  # only the main thread may; elsewhere nobody presses Ctrl-C
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
