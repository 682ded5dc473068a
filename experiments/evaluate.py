"""What a trained agent plays when it does not explore: ``python -m experiments.evaluate run=DIR``.

python -m experiments.evaluate run=results/runs/NAME task.target=other.wav model=best
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray
from omegaconf import DictConfig

from agents.build import load_agent
from experiments.config import readers
from experiments.config.build import build_env_spec
from experiments.config.errors import ConfigError
from experiments.config.options import LARGEST_SEED, Option, read_options, run_command
from experiments.config.overrides import parse
from experiments.config.resume import read_config
from experiments.config.settings import with_changes
from experiments.records.programs import program_text
from experiments.records.remarks import levels
from experiments.records.run_folder import RunFolder
from experiments.rollouts import Performance, evaluate, measure_all, score
from raveforce.env import RaveForceEnv
from raveforce.observations import Progress, row
from raveforce.plotting import comparison
from raveforce.recordings import fit
from raveforce.spec import EnvSpec
from raveforce.targets import FixedTarget, RandomPrograms

__all__ = ["evaluate_run", "main"]

log = logging.getLogger(__name__)

OPTIONS = {
    "run": Option("folder of the run", reads=readers.folder),
    "model": Option("final, best, or the path of one", "final"),
    "episodes": Option("how many to play", 1, int, least=1, most=10**6),
    "seed": Option("of the first episode; otherwise the run's", None, int, least=0, most=LARGEST_SEED),
    "output": Option(
        "folder for what was played; otherwise one in the run's folder evaluations/, by the settings",
        reads=readers.new_folder,
    ),
}


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
    cfg = read_config(run)
    trained = build_env_spec(cfg)
    cfg = with_changes(cfg, changes or {}, OPTIONS)
    env = RaveForceEnv(_spec(cfg, changes or {}, trained))
    try:
        agent = load_agent(cfg.agent.algorithm, _model(folder, model))
    except ValueError as error:
        raise ConfigError(str(error)) from error
    if agent.observation_space != env.observation_space or agent.action_space != env.action_space:
        raise ConfigError(
            f"the agent was trained to see {agent.observation_space} and to do {agent.action_space}, "
            f"and here are {env.observation_space} and {env.action_space}"
        )
    if not np.array_equal(_a_target(env.env_spec), _a_target(trained)) and not _shows_target(env.env_spec):
        log.warning("the agent's observation does not show the target: it plays what it learnt, whatever the target is")
    first = cfg.seed if seed is None else seed
    performances = evaluate(agent, env, episodes=episodes, seed=first)
    scores = [_scores(performance, env) for performance in performances]
    output.mkdir(parents=True, exist_ok=True)
    written = RunFolder(output)
    for number, performance in enumerate(performances):
        _write(written, performance, env, f"_{number}" if episodes > 1 else "")
    env.close()
    summary = {
        "run": str(run),
        "model": model,
        "seed": first,
        "settings": {key: str(value) for key, value in (changes or {}).items()},
        "distance": env.reward.distance.name,
        "score": float(np.mean([score["score"] for score in scores])),
        "episodes": scores,
    }
    written.write("scores.json", lambda path: path.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8"))
    return summary


def _spec(cfg: DictConfig, changes: Mapping[str, Any], trained: EnvSpec) -> EnvSpec:
    """What the agent is to play: sounds as long as those that it was trained with."""
    target = changes.get("task.target")
    if target is None:
        return build_env_spec(cfg)
    if "seconds" in cfg.task:  # a task of many targets makes them so itself
        if "task.seconds" not in changes:
            cfg.task.seconds = trained.task.samples / trained.task.sample_rate
        if "task.split" not in changes and isinstance(trained.task.targets, RandomPrograms):
            cfg.task.split = None
        return build_env_spec(cfg)
    spec = build_env_spec(cfg)
    if spec.task.samples == trained.task.samples or not isinstance(spec.task.targets, FixedTarget):
        return spec
    sound, samples, rate = spec.task.targets.audio, trained.task.samples, spec.task.sample_rate
    log.warning(
        "%s lasts %.3f s and is made to last the %.3f s of the run's target", target, len(sound) / rate, samples / rate
    )
    fitted = FixedTarget(fit(sound, samples, rate))
    # The parameters' ranges are those of the training too: some depend on the target's length.
    return replace(spec, task=replace(trained.task, targets=fitted))


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
    distances = measure_all(performance.audio, performance.target, env)
    silence = measure_all(0 * performance.target, performance.target, env)
    return {
        "score": score(distances[name], silence[name]),
        "distances": distances,
        "return": performance.episode_return,
        "parameters": performance.parameters,
        "level": levels(performance.audio),
        "target_level": levels(performance.target),
    }


def _a_target(spec: EnvSpec) -> NDArray[np.float32]:
    return spec.task.targets.draw(np.random.default_rng(0))


def _shows_target(spec: EnvSpec) -> bool:
    """Whether the observation of one target differs from that of another."""
    target = _a_target(spec)[None]
    begin = Progress(0, spec.task.total_step, np.zeros((1, len(spec.task.parameters.free)), np.float32))
    observations = (
        spec.observation.observe(0 * target, spec.observation.features(sound), begin) for sound in (target, 0 * target)
    )
    shown: list[Any] = [gymnasium.spaces.flatten(spec.observation_space, row(batch, 0)) for batch in observations]
    return not np.array_equal(shown[0], shown[1])


def _write(written: RunFolder, performance: Performance, env: RaveForceEnv, ending: str) -> None:
    rate = env.task.sample_rate
    written.write_sound(f"sound{ending}", performance.audio, rate)
    written.write_sound(f"target{ending}", performance.target, rate)
    written.write_program(f"program{ending}", program_text(performance.programs, performance.audio, rate))
    figure = comparison(performance.audio, performance.target, rate, title=f"{env.task.name}: evaluation")
    written.write(f"comparison{ending}.png", lambda path: figure.savefig(path))


def _output(run: Path, model: str, changes: Mapping[str, Any]) -> Path:
    """A folder for each model and each set of other settings, so that no evaluation replaces another."""
    name = "_".join(
        [Path(model).stem, *(f"{key.rpartition('.')[2]}-{Path(str(v)).stem}" for key, v in changes.items())]
    )
    name = re.sub(r"[^\w.-]+", "-", name)[:80]
    told_apart = json.dumps([model, {key: str(value) for key, value in changes.items()}])
    digest = hashlib.sha256(told_apart.encode()).hexdigest()[:6]
    return run / "evaluations" / (f"{name}_{digest}" if changes else name)


def main(arguments: Sequence[str]) -> None:
    """Evaluate as the command line says."""
    options, others = read_options(
        arguments, OPTIONS, doc=__doc__, settings="settings of the run that are to be others, such as task.target=FILE"
    )
    if options["run"] is None:
        raise ConfigError("name a run's folder: python -m experiments.evaluate run=DIR [task.target=FILE]")
    changes = {override.key_or_group: override.value() for override in parse(others)}
    run, model = Path(options["run"]), options["model"]
    output = Path(options["output"]) if options["output"] else _output(run, model, changes)
    summary = evaluate_run(
        run, output, changes=changes, model=model, episodes=options["episodes"], seed=options["seed"]
    )
    for episode in summary["episodes"]:
        distances = ", ".join(f"{name} {value:.4g}" for name, value in episode["distances"].items())
        print(f"score {episode['score']:.3f} ({distances})")
    if len(summary["episodes"]) > 1:
        print(f"mean: score {summary['score']:.3f} of {len(summary['episodes'])} episodes")
    print(f"record: {output}")


if __name__ == "__main__":
    run_command("experiments.evaluate", main)
