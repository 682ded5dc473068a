"""One run: build or resume, learn, evaluate, write the record."""

from __future__ import annotations

import errno
import logging
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf
from stable_baselines3.common.callbacks import CallbackList
from stable_baselines3.common.logger import KVWriter, Logger
from stable_baselines3.common.vec_env import VecEnv

from agents.build import Agent
from experiments.callbacks.best_sounds import BestSounds
from experiments.callbacks.checkpointing import Checkpointer
from experiments.callbacks.evaluation import Evaluator
from experiments.callbacks.recorder import Best, Recorder, TrainingStopped
from experiments.config.build import build_agent, build_env_spec, build_eval_spec, build_vec_env
from experiments.config.errors import ConfigError, TrainingFailed
from experiments.config.ranges import check_ranges
from experiments.config.resume import check_unchanged, with_absolute_target
from experiments.interrupts import stop_on_interrupts
from experiments.records import summary as records
from experiments.records import training_state as state
from experiments.records.checkpoints import CheckpointError
from experiments.records.log_writers import MetricsFile, TensorBoardFile
from experiments.records.provenance import target_hash
from experiments.records.run_folder import FAILURE, RunFolder, RunFolderError, one_line
from experiments.tracking import Tracker, media, open_tracker
from raveforce import audio as audio_files
from raveforce.env import RaveForceEnv
from raveforce.glicol import EngineUnavailable, GlicolError
from raveforce.spec import EnvSpec

__all__ = ["train"]

log = logging.getLogger(__name__)


def train(
    cfg: DictConfig, path: Path, *, resume: bool = False, report: Callable[[int, float], bool] | None = None
) -> dict[str, Any]:
    """Train an agent and leave its record in a folder.

    Ctrl-C, SIGTERM and SIGHUP end the training after the current rollout, with checkpoint and record; a second one
    aborts.

    Parameters
    ----------
    cfg : resolved configuration, see ``conf/config.yaml``
    path : the run folder; unless the run is resumed, it must not hold a run yet
    resume : go on from the folder's newest undamaged checkpoint; from the beginning where there is none yet
    report : is called with the renders so far and the distance at each evaluation; returns whether to go on

    Returns
    -------
    what ``summary.json`` holds

    Raises
    ------
    ConfigError
        The configuration does not describe a run.
    RunFolderError
        The folder holds a run already, or cannot be written, as when the disk is full.
    CheckpointError
        All checkpoints are damaged.
    TrainingFailed
        It broke off, as where networks become NaN; what it found is in the folder, and why it did in ``failure.txt``.
    """
    # Everything that can be wrong is found before the folder is touched.
    problem = check_ranges(cfg)
    if problem:
        raise ConfigError(problem)
    cfg = with_absolute_target(cfg)
    torch.set_num_threads(cfg.torch_threads)
    spec = build_env_spec(cfg)
    eval_env = RaveForceEnv(build_eval_spec(cfg, spec))
    _check_playable(eval_env)
    env = build_vec_env(cfg, spec)
    with ExitStack() as stack:
        stack.callback(env.close)
        stack.callback(eval_env.close)
        if resume:
            folder = RunFolder(path)
            stack.enter_context(folder.held())
            agent, saved = _resumed(cfg, folder, env, spec)
        else:
            agent, saved = build_agent(cfg, env), None
            folder = RunFolder.create(path)
            stack.enter_context(folder.held())
        folder.sweep_up()
        with _explain_disk_errors(folder):
            return _run(cfg, folder, agent, spec, eval_env, saved, report)


def _run(
    cfg: DictConfig,
    folder: RunFolder,
    agent: Agent,
    spec: EnvSpec,
    eval_env: RaveForceEnv,
    saved: Mapping[str, Any] | None,
    report: Callable[[int, float], bool] | None,
) -> dict[str, Any]:
    """Learn and write the record."""
    before = saved["callbacks"].get("seconds", 0.0) if saved is not None else 0.0
    began = time.perf_counter()

    def seconds() -> float:
        return before + time.perf_counter() - began

    print(records.heading(cfg, eval_env))
    _write_config(cfg, folder)
    tracker = open_tracker(cfg, folder.path)
    callbacks = _callbacks(cfg, folder, eval_env, tracker, report)
    for name, callback in callbacks.items():
        if saved is not None and name in saved["callbacks"]:
            callback.restore(saved["callbacks"][name])
    lacks = state.why_not_resumable(agent)
    if lacks:
        log.warning("%s; this run keeps no checkpoints", lacks)
    record = {"config": OmegaConf.to_container(cfg, resolve=True), "target_sha256": target_hash(spec.task.targets)}
    checkpointer = Checkpointer(
        folder.checkpoints,
        every=cfg.checkpoint_every,
        callbacks=lambda: {"seconds": seconds(), **record, **{name: one.state() for name, one in callbacks.items()}},
        resumed=saved,
        enabled=not lacks,
    )
    writers = [callbacks["metrics"], tracker, *_tensorboard(cfg, folder, agent)]
    agent.set_logger(Logger(folder=str(folder.path), output_formats=writers))
    recorder: Recorder = callbacks["recorder"]
    try:
        # Where a rollout begins there is a checkpoint to go on from; who cannot go on may as well stop at once.
        stop = recorder.request_stop if lacks else checkpointer.request_stop
        with stop_on_interrupts(stop) as received:
            try:
                agent.learn(
                    cfg.total_timesteps - agent.num_timesteps,
                    callback=CallbackList([checkpointer, callbacks["evaluator"], recorder, callbacks["sounds"]]),
                    log_interval=None,  # type: ignore[arg-type]  # the recorder writes all rows
                    reset_num_timesteps=saved is None,
                )
            except TrainingStopped:
                recorder.request_stop()
                recorder.write_last_row()
            if not recorder.stop:
                checkpointer.save()
    except Exception as error:
        tracker.finish(recorder.renders, dict, {})
        if not isinstance(error, OSError):  # then nothing more can be written
            where = folder.write_failure(error)
            recorder.request_stop()
            records.conclude(cfg, folder, agent, eval_env, recorder, seconds(), failure=error)
            why = textwrap.shorten(one_line(error), 200)
            raise TrainingFailed(
                f"the training broke off after {recorder.renders} renders with {why}; what it found is kept in "
                f"{folder.path}, and where it broke in {where}"
            ) from error
        raise
    finally:
        recorder.close()
    summary = records.conclude(cfg, folder, agent, eval_env, recorder, seconds(), signal=received.name)
    (folder.path / FAILURE).unlink(missing_ok=True)  # of a life before this one
    unseen = recorder.best if callbacks["sounds"].is_new(recorder.best) else None
    tracker.finish(recorder.renders, lambda: _last_media(folder, eval_env, unseen), records.flat(summary))
    print(f"{records.verdict(summary)}\nrecord: {folder.path}")
    return summary


def _callbacks(
    cfg: DictConfig,
    folder: RunFolder,
    eval_env: RaveForceEnv,
    tracker: Tracker,
    report: Callable[[int, float], bool] | None,
) -> dict[str, Any]:
    """What follows the training and has a state to be kept with it."""
    recorder = Recorder(cfg.total_timesteps, log_every=cfg.log_every, progress=cfg.progress)
    target, rate = eval_env.target, eval_env.task.sample_rate

    def on_evaluation(renders: int, distance: float) -> None:
        if report is not None and not report(renders, distance):
            recorder.request_stop()

    def on_best(renders: int, best: Best) -> None:
        records.write_best(folder, best, target, rate)
        tracker.log_media(renders, lambda: _best_media(best, rate))

    # So that a run can be listened to while it goes on.
    folder.write_sound("target", target, rate)
    tracker.log_media(0, lambda: media("target", target, rate))
    return {
        "metrics": MetricsFile(folder.metrics),
        "recorder": recorder,
        "evaluator": Evaluator(
            eval_env,
            folder,
            every=cfg.evaluate_every,
            episodes=cfg.evaluation_episodes,
            seed=cfg.seed,
            report=on_evaluation,
        ),
        "sounds": BestSounds(
            every=cfg.tracking.sounds_every,
            best=lambda: recorder.best,
            log=on_best,
        ),
    }


def _resumed(cfg: DictConfig, folder: RunFolder, env: VecEnv, spec: EnvSpec) -> tuple[Agent, Mapping[str, Any] | None]:
    """The agent and the state to go on from; a new agent where no checkpoint was reached."""
    checkpoint = folder.checkpoints.newest()
    if checkpoint is None:
        agent = build_agent(cfg, env)
        lacks = state.why_not_resumable(agent)
        if lacks:
            raise CheckpointError(f"{lacks}; begin a new run")
        renders = folder.renders()
        if folder.summary.exists() or 0 < 2 * cfg.checkpoint_every <= renders:
            raise CheckpointError(
                f"the run in {folder.path} had come to {renders} renders, and there is no checkpoint in "
                f"{folder.checkpoints.path}: were they deleted? Its record stays; begin anew in another folder"
            )
        log.info("no checkpoint in %s yet: starting from the beginning", folder.path)
        folder.metrics.write_bytes(b"")
        return agent, None
    log.info("going on from %s", checkpoint.path)
    saved = state.read(checkpoint)
    # Before the agent is read, which would not fit sounds of another length.
    check_unchanged(saved["callbacks"], cfg, target_hash(spec.task.targets))
    return state.load(checkpoint, saved, cfg.agent.algorithm, env), saved


@contextmanager
def _explain_disk_errors(folder: RunFolder) -> Iterator[None]:
    """Say what a full or unwritable disk means for the run."""
    try:
        yield
    except OSError as error:
        if not folder.path.exists():
            raise RunFolderError(
                f"the run folder {folder.path} is not there any more; if it was moved, resume=DIR, with the place "
                "where it is now, goes on from the last checkpoint"
            ) from error
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EIO):
            raise
        then = f"resume={folder.path} goes on" if folder.checkpoints.found() else "the same command begins anew"
        raise RunFolderError(
            f"cannot write to the run folder {folder.path}: {error.strerror}; what was written before is intact, "
            f"and once this is mended, {then}{' from the last checkpoint' if folder.checkpoints.found() else ''}"
        ) from error


def _check_playable(eval_env: RaveForceEnv) -> None:
    """Play one episode, so that a program that Glicol refuses is found at once."""
    try:
        eval_env.reset(seed=0)
        terminated = False
        while not terminated:
            _, _, terminated, _, _ = eval_env.step(eval_env.trial_action())
    except (GlicolError, EngineUnavailable, ValueError) as error:
        unplayable = "" if isinstance(error, EngineUnavailable) else "task"
        raise ConfigError(f"the task cannot be played: {error}", group=unplayable) from error


def _write_config(cfg: DictConfig, folder: RunFolder) -> None:
    # Hydra writes its own copy when run.py is used; a run made from Python has the same record.
    text = OmegaConf.to_yaml(cfg, resolve=True)
    folder.write("config.yaml", lambda path: path.write_text(text, encoding="utf-8"))


def _tensorboard(cfg: DictConfig, folder: RunFolder, agent: Agent) -> list[KVWriter]:
    if not cfg.tracking.tensorboard:
        return []
    try:
        return [TensorBoardFile(folder.path / "tensorboard", renders=agent.num_timesteps)]
    except ImportError as error:
        raise ConfigError(f"tracking.tensorboard: install tensorboard first ({error})") from error


def _best_media(best: Best, sample_rate: int) -> dict[str, Any]:
    return media("best", best.audio, sample_rate, programs=best.programs, target=best.target)


def _last_media(folder: RunFolder, eval_env: RaveForceEnv, best: Best | None) -> dict[str, Any]:
    """What the trained policy plays, and the best sound if it was not logged yet."""
    rate = eval_env.task.sample_rate
    sound, target = (
        audio_files.load(folder.path / f"{name}.wav", sample_rate=rate)[0] for name in ("policy", "target")
    )
    text = (folder.path / "policy.glicol").read_text(encoding="utf-8")
    logged = media("policy", sound, rate, programs=[text], target=target)
    return logged if best is None else {**logged, **_best_media(best, rate)}
