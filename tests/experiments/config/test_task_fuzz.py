"""Tasks that anyone may have written: they are made, or what is wrong is said, and nothing else comes of them."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from experiments.config.build import build_env_spec
from experiments.config.errors import ConfigError

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "150"))

OWN = {
    "code": "~e: imp 0.1 >> envperc {attack} {decay}\no: sin {freq} >> mul ~e",
    "parameters": {
        "attack": ["lin", 0.001, 0.1],
        "decay": ["rel", "attack", "0.2 - x"],
        "freq": ["exp", 50, 500],
    },
    "target": "sound.wav",
    "sample_rate": 22050,
    "total_step": 2,
    "name": "own",
}
TASKS: list[dict[str, Any]] = [
    OWN,
    {"name": "kick", "target": None, "sample_rate": 22050, "trim": True},
    {"name": "match", "template": "kick", "attempts": 2, "seconds": 0.1},
    {"name": "write", "layers": 2, "bins": 8, "words": ["sin", "mul"], "seconds": 0.1},
]

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["lin", "exp", "rel", "choose", "1/0", "x**x", "kick", "-1", "{}", "{x}", "o: sin {}", "10e400"])
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


Place = str | int


@st.composite
def changes(draw: st.DrawFn, task: Any) -> list[Place]:
    """Replace a part of a task, take it away or add one; where."""
    part, path = task, [draw(st.sampled_from(sorted(task)))]
    while isinstance(part[path[-1]], (dict, list)) and len(part[path[-1]]) and draw(st.booleans()):
        part = part[path[-1]]
        path.append(draw(st.sampled_from(sorted(part) if isinstance(part, dict) else list(range(len(part))))))
    done = draw(st.sampled_from(["replace", "replace", "take away", "add"]))
    if done == "replace":
        part[path[-1]] = draw(values)
    elif done == "take away":
        del part[path[-1]]
    elif isinstance(part, dict):
        path[-1] = draw(st.text(min_size=1, max_size=6))
        part[path[-1]] = draw(values)
    else:
        part.append(draw(values))
    return path


@st.composite
def tasks(draw: st.DrawFn, most: int) -> tuple[dict[str, Any], list[list[Place]]]:
    """A task of which up to ``most`` parts are others, and where they are."""
    task = copy.deepcopy(draw(st.sampled_from(TASKS)))
    places: list[list[Place]] = []
    for _ in range(draw(st.integers(1, most))):
        if task:
            places.append(draw(changes(task)))
    return task, places


@pytest.fixture(scope="module")
def base(configure: Callable[..., DictConfig], tmp_path_factory: pytest.TempPathFactory) -> Iterator[DictConfig]:
    """A configuration, in a folder without files that a text could name."""
    here = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("elsewhere"))
    soundfile.write("sound.wav", 0.5 * np.sin(np.arange(4410) / 10), 22050)
    yield configure("agent=random", "task=kick")
    os.chdir(here)


def refusal(base: DictConfig, task: dict[str, Any]) -> str:
    """Why a task is refused; empty where it is made."""
    cfg = copy.deepcopy(base)
    try:
        cfg.task = OmegaConf.create(task)
    except OmegaConfBaseException:  # a file that says so is refused before the task is looked at
        assume(False)
    try:
        spec = build_env_spec(cfg)
    except ConfigError as error:
        return str(error) or "nothing is said"
    assert spec.task.samples > 0
    return ""


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task["name"])
def test_what_is_changed_is_made_as_it_is(base: DictConfig, task: dict[str, Any]) -> None:
    assert refusal(base, copy.deepcopy(task)) == ""


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(changed=tasks(most=3))
def test_a_task_is_made_or_refused_in_a_line(base: DictConfig, changed: tuple[dict[str, Any], Any]) -> None:
    refusal(base, changed[0])


PYTHON = ("NoneType", "not supported between", "unhashable", "object is not", "argument of type", "positional")
"""What is said to those who know the code."""


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(changed=tasks(most=1))
@example(changed=({"name": "kick", "target": None, "sample_rate": 22050, "trim": True, "0\x1f": None}, [["0\x1f"]]))
def test_what_is_wrong_is_named(base: DictConfig, changed: tuple[dict[str, Any], list[list[Place]]]) -> None:
    task, (place,) = changed
    said = refusal(base, task)
    names = {key.rstrip("s") for key in place if isinstance(key, str)} | {repr(key)[1:-1] for key in place}
    value = task.get(str(place[0]))
    named = any(name in said for name in names) or (value is not None and str(value) in said)
    assert not said or named or f"unknown task {task.get('name')!r}" in said, said
    assert not any(words in said for words in PYTHON), said
