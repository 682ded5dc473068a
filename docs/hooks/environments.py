"""A page for every environment, from its docstring, with its target to hear and one attempt at random."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
import soundfile
from numpy.typing import NDArray

from docs.hooks.docstrings import as_list, doc_of, sections, summary
from docs.hooks.links import player
from docs.hooks.tables import page_name, table
from raveforce.env import RaveForceEnv
from raveforce.parameters import Choose, Exp, Lin, Rel
from raveforce.plotting import comparison
from raveforce.tasks import ENVIRONMENTS

__all__ = ["Page", "make_page", "pages"]


@dataclass(frozen=True)
class Page:
    """An environment's page: Markdown, and the files that it shows, by name."""

    name: str
    title: str
    text: str
    files: dict[str, bytes]


def pages() -> list[Page]:
    """The pages of all environments, by id."""
    return [make_page(id) for id in sorted(ENVIRONMENTS)]


def make_page(id: str) -> Page:
    """Play an environment once at random, and describe it."""
    doc = doc_of(ENVIRONMENTS[id])
    name = ENVIRONMENTS[id].definition.name
    env = gymnasium.make(f"raveforce/{id}")
    played: Any = env.unwrapped
    _, info = env.reset(seed=0)
    env.action_space.seed(0)
    steps = 0
    while True:
        action = env.action_space.sample(info.get("action_mask"))
        *_, terminated, truncated, info = env.step(action)
        steps += 1
        if terminated or truncated:
            break
    stem = page_name(id).removesuffix(".md")
    files = {
        f"{stem}-target.wav": _wav(played.target, played.task.sample_rate),
        f"{stem}-random.wav": _wav(played.audio, played.task.sample_rate),
        f"{stem}.png": _picture(played),
    }
    said, parameters = sections(doc), _parameters(played)
    facts = [
        ("make it", f'`gymnasium.make("raveforce:raveforce/{id}")`'),
        ("train on it", f"`python run.py task={name}`"),
        ("action space", f"`{env.action_space}`"),
        ("observation space", f"`{_short(env.observation_space)}`"),
        ("an episode", f"{steps} step{'s' * (steps > 1)}, {played.task.duration:.3g} s"),
    ]
    text = f"""# {id}

{summary(doc)}

{table(("", ""), facts)}

## Description

{said["Description"]}

![The target, and one attempt at random]({stem}.png)

- the target {player(f"{stem}-target.wav")}
- an attempt at random {player(f"{stem}-random.wav")}

{_program(played)}

## Action space

{said["Action Space"]}

{table(("parameter", "scale", "values"), parameters) if parameters else ""}

"""
    for title in ("Observation Space", "Rewards", "Starting State", "Episode End"):
        text += f"## {title.capitalize()}\n\n{said[title]}\n\n"
    text += f"## Arguments\n\n{_arguments(said['Arguments'])}\n\n"
    text += f"## Version history\n\n{as_list(said['Version History'])}\n"
    env.close()
    return Page(page_name(id), id, text, files)


def _program(env: RaveForceEnv) -> str:
    """The program with its blanks, or what was written at random."""
    said = "The program that was written at random" if env.task.writes else "The program, before its blanks are filled"
    return f"{said}:\n\n```\n{(env.task.template or env.code).strip()}\n```"


def _arguments(text: str) -> str:
    return as_list(text).replace("see RaveForceEnv", "see [RaveForceEnv](../api/raveforce.md)")


def _parameters(env: RaveForceEnv) -> list[tuple[str, str, str]]:
    """Names, scales and values of the parameters."""
    rows = []
    for name, kind in env.task.parameters.parameters.items():
        if isinstance(kind, Choose):
            options = (option if isinstance(option, str) else f"{option:.4g}" for option in kind.options)
            rows.append((f"`{name}`", "choice", ", ".join(options)))
        elif isinstance(kind, Lin | Exp):
            scale = "linear" if isinstance(kind, Lin) else "logarithmic"
            rows.append((f"`{name}`", scale, f"{kind.low:.4g} to {kind.high:.4g}"))
        elif isinstance(kind, Rel):
            rule = f"`{kind.rule}` of `{kind.other}`" if isinstance(kind.rule, str) else f"of `{kind.other}`"
            rows.append((f"`{name}`", "follows", rule))
    return rows


def _short(space: gymnasium.Space[Any]) -> str:
    """A space in a line, without the bounds of every number."""
    if isinstance(space, gymnasium.spaces.Box):
        return f"Box({space.low.min():.3g}, {space.high.max():.3g}, {space.shape}, {space.dtype})"
    if isinstance(space, gymnasium.spaces.Dict):
        return "Dict(" + ", ".join(f"{name}: {_short(part)}" for name, part in space.items()) + ")"
    return str(space)


def _wav(audio: NDArray[np.float32], sample_rate: int) -> bytes:
    """A sound at 16 bits, made quieter where it would clip."""
    loud = max(1.0, float(np.abs(audio).max()))
    file = io.BytesIO()
    soundfile.write(file, audio / loud, sample_rate, format="WAV", subtype="PCM_16")
    return file.getvalue()


def _picture(env: RaveForceEnv) -> bytes:
    file = io.BytesIO()
    comparison(env.audio, env.target, env.task.sample_rate).savefig(file, format="png", dpi=90)
    return file.getvalue()
