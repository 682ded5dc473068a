"""What a trained agent plays when it does not explore: ``python -m experiments.evaluate run=DIR``.

Further arguments are settings of the run, such as ``task.target=FILE``, and ``model`` (final or best), ``episodes``,
``seed`` and ``output``.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from omegaconf import DictConfig, OmegaConf

from agents import Agent, load_agent
from experiments.config.build import ConfigError, build_env
from experiments.config.spelling import did_you_mean
from experiments.records.run_folder import RunFolder, RunFolderError
from raveforce import audio as recordings
from raveforce.distances import measure
from raveforce.env import RaveForceEnv
from raveforce.plotting import comparison
from raveforce.recordings import Recordings

__all__ = ["Evaluation", "Performance", "evaluate", "evaluate_run", "main", "play"]

log = logging.getLogger(__name__)

OPTIONS: dict[str, Any] = {"run": None, "model": "final", "episodes": 1, "seed": None, "output": None}
"""Arguments of the command; all others are settings of the run."""


@dataclass(frozen=True)
class Performance:
    """One episode played with the agent's best guess.

    Attributes
    ----------
    audio, target : float32 [samples]
    distances : between them, by name
    episode_return : sum of rewards
    programs, parameters : one a step
    """

    audio: NDArray[np.float32]
    target: NDArray[np.float32]
    distances: dict[str, float]
    episode_return: float
    programs: tuple[str, ...]
    parameters: tuple[dict[str, float | str], ...]


def play(agent: Agent, env: RaveForceEnv, *, seed: int | None = None) -> Performance:
    """Play one episode without exploration."""
    observation, _ = env.reset(seed=seed)
    total, programs, parameters, done = 0.0, [], [], False
    state, start = None, np.ones(1, dtype=bool)
    while not done:
        # Recurrent agents remember through the state; the others give back None.
        action, state = agent.predict(observation, state=state, episode_start=start, deterministic=True)
        start = np.zeros(1, dtype=bool)
        observation, reward, terminated, truncated, info = env.step(action)
        total += reward
        programs.append(info["code"])
        parameters.append(info["parameters"])
        done = terminated or truncated
    return Performance(
        audio=env.audio,
        target=env.target,
        distances=measure(env.audio, env.target, env.task.sample_rate),
        episode_return=total,
        programs=tuple(programs),
        parameters=tuple(parameters),
    )


@dataclass(frozen=True)
class Evaluation:
    """Means over several episodes.

    Attributes
    ----------
    distance : by the reward's distance
    episode_return : sum of an episode's rewards
    """

    distance: float
    episode_return: float


def evaluate(agent: Agent, env: RaveForceEnv, *, episodes: int = 1, seed: int = 0) -> Evaluation:
    """Play several episodes without exploration, the k-th begun with ``seed + k``."""
    performances = [play(agent, env, seed=seed + k) for k in range(episodes)]
    name = env.reward.distance.name
    return Evaluation(
        distance=float(np.mean([performance.distances[name] for performance in performances])),
        episode_return=float(np.mean([performance.episode_return for performance in performances])),
    )


def evaluate_run(
    run: Path,
    output: Path,
    *,
    changes: Mapping[str, Any] | None = None,
    model: str = "final",
    episodes: int = 1,
    seed: int | None = None,
) -> dict[str, Any]:
    """Play the agent of a run, and write what it played.

    Parameters
    ----------
    run : its folder
    output : where ``sound.wav``, ``program.glicol``, ``target.wav``, ``comparison.png`` and ``scores.json`` go; with
        several episodes the names end in their numbers
    changes : settings of the run that are to be others, such as ``task.target``. Recordings are cut or padded to the
        length that the agent was trained with; where it was trained on none, a folder's are not split.
    model : "final", "best", or the path of one
    episodes, seed : how many, the k-th begun with ``seed + k``; None takes the run's seed

    Returns
    -------
    what ``scores.json`` holds

    Raises
    ------
    ConfigError
        There is no such run or model, or the agent cannot play what it is asked to.
    """
    folder = RunFolder(run)
    if not folder.config.is_file():
        raise ConfigError(f"there is no run in {run}")
    cfg: Any = OmegaConf.load(folder.config)
    trained = build_env(cfg)
    for key, value in (changes or {}).items():
        if OmegaConf.select(cfg, key.rpartition(".")[0] or key) is None:
            raise ConfigError(f"the run has no setting {key}{did_you_mean(key, [*OPTIONS, *map(str, cfg)])}")
        OmegaConf.update(cfg, key, value, force_add=True)
    _keep_length(cfg, changes or {}, trained)
    written = RunFolder(output)
    output.mkdir(parents=True, exist_ok=True)
    env = build_env(cfg)
    target = OmegaConf.select(cfg, "task.target")
    if env.task.samples != trained.task.samples and target is not None and Path(target).is_file():
        cfg.task.update(target=str(_fitted(cfg, written, trained.task.samples)), trim=False, normalise=False)
        env = build_env(cfg)
    agent = load_agent(cfg.agent.name, _model(folder, model))
    if agent.observation_space != env.observation_space or agent.action_space != env.action_space:
        raise ConfigError(
            f"the agent was trained to see {agent.observation_space} and to do {agent.action_space}, "
            f"and here are {env.observation_space} and {env.action_space}"
        )
    first = cfg.seed if seed is None else seed
    scores = []
    for number in range(episodes):
        performance = play(agent, env, seed=first + number)
        scores.append(_scores(performance, env))
        _write(written, performance, env, f"_{number}" if episodes > 1 else "")
    env.close()
    name = env.reward.distance.name
    summary = {
        "run": str(run),
        "model": model,
        "seed": first,
        "distance": name,
        "score": float(np.mean([score["score"] for score in scores])),
        "episodes": scores,
    }
    written.write("scores.json", lambda path: path.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8"))
    return summary


def _keep_length(cfg: DictConfig, changes: Mapping[str, Any], trained: RaveForceEnv) -> None:
    """Have a task of many targets, given others, make them as long as those of the training, and take them all."""
    if "task.target" not in changes or "seconds" not in cfg.task:
        return
    if "task.seconds" not in changes:
        cfg.task.seconds = trained.task.samples / trained.task.sample_rate
    if "task.split" not in changes and not isinstance(trained.task.targets, Recordings):
        cfg.task.split = None


def _fitted(cfg: DictConfig, written: RunFolder, samples: int) -> Path:
    """The recording that is the target, as the task would take it, cut or padded with silence."""
    rate = cfg.task.get("sample_rate", 44100)
    sound, _ = recordings.load(cfg.task.target, sample_rate=rate)
    if cfg.task.get("trim", False):
        sound = recordings.trim(sound)
    if cfg.task.get("normalise", False):
        sound = recordings.normalise(sound)
    log.warning(
        "%s lasts %.3f s and is made to last the %.3f s of the run's target",
        cfg.task.target,
        len(sound) / rate,
        samples / rate,
    )
    return written.write_sound("fitted", np.pad(sound[:samples], (0, max(samples - len(sound), 0))), rate)


def _model(folder: RunFolder, model: str) -> Path:
    """The file of a model."""
    known = {"final": folder.model, "best": folder.best_model}
    path = known.get(model, Path(model))
    if path.is_file():
        return path
    checkpoint = folder.checkpoints.newest()
    if model == "final" and checkpoint is not None:
        log.warning("the run has not ended; playing its last checkpoint, at %d renders", checkpoint.renders)
        return checkpoint.path / "model.zip"
    raise ConfigError(f"there is no model {path}; model=final, model=best, or the path of one")


def _scores(performance: Performance, env: RaveForceEnv) -> dict[str, Any]:
    name = env.reward.distance.name
    silence = measure(0 * performance.target, performance.target, env.task.sample_rate)
    return {
        "score": 1 - performance.distances[name] / silence[name],
        "distances": performance.distances,
        "return": performance.episode_return,
        "parameters": performance.parameters,
    }


def _write(written: RunFolder, performance: Performance, env: RaveForceEnv, ending: str) -> None:
    rate = env.task.sample_rate
    written.write_sound(f"sound{ending}", performance.audio, rate)
    written.write_sound(f"target{ending}", performance.target, rate)
    written.write_program(f"program{ending}", performance.programs)
    figure = comparison(performance.audio, performance.target, rate, title=f"{env.task.name}: evaluation")
    written.write(f"comparison{ending}.png", lambda path: figure.savefig(path))


def main(arguments: Sequence[str]) -> None:
    """Evaluate as the command line says."""
    from experiments.config.overrides import parse

    given = {override.key_or_group: override.value() for override in parse(arguments)}
    options = {name: given.pop(name, default) for name, default in OPTIONS.items()}
    if options["run"] is None:
        raise ConfigError("name a run's folder: python -m experiments.evaluate run=DIR [task.target=FILE]")
    run = Path(str(options["run"]))
    output = Path(str(options["output"])) if options["output"] else run / "evaluation"
    summary = evaluate_run(
        run, output, changes=given, model=options["model"], episodes=options["episodes"], seed=options["seed"]
    )
    for score in summary["episodes"]:
        distances = ", ".join(f"{name} {value:.4g}" for name, value in score["distances"].items())
        print(f"score {score['score']:.3f} ({distances})")
    print(f"record: {output}")


if __name__ == "__main__":
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    try:
        main(sys.argv[1:])
    except (ConfigError, RunFolderError, ValueError, OSError) as error:
        sys.exit(f"evaluate: {error}")
