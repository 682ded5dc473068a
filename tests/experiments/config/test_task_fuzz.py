"""Tasks that anyone may have written: they are made, or what is wrong is said, and nothing else comes of them."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
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
    "target": None,
    "seconds": 0.1,
    "sample_rate": 22050,
    "total_step": 2,
    "name": "own",
}
TASKS: list[dict[str, Any]] = [
    OWN,
    {"name": "kick", "target": None, "seconds": 0.1},
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


@st.composite
def tasks(draw: st.DrawFn) -> dict[str, Any]:
    """A task with a few of its parts replaced, taken away, or added."""
    task: Any = copy.deepcopy(draw(st.sampled_from(TASKS)))
    for _ in range(draw(st.integers(1, 3))):
        part, place = task, draw(st.sampled_from(sorted(task)))
        while isinstance(part[place], (dict, list)) and len(part[place]) and draw(st.booleans()):
            part = part[place]
            place = draw(st.sampled_from(sorted(part) if isinstance(part, dict) else list(range(len(part)))))
        done = draw(st.sampled_from(["replace", "replace", "take away", "add"]))
        if done == "replace":
            part[place] = draw(values)
        elif done == "take away":
            del part[place]
        elif isinstance(part, dict):
            part[draw(st.text(min_size=1, max_size=6))] = draw(values)
        else:
            part.append(draw(values))
        if not task:
            break
    return dict(task)


@pytest.fixture(scope="module")
def base(configure: Callable[..., DictConfig], tmp_path_factory: pytest.TempPathFactory) -> Iterator[DictConfig]:
    """A configuration, in a folder without files that a text could name."""
    here = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("elsewhere"))
    yield configure("agent=random", "task=kick")
    os.chdir(here)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(task=tasks())
def test_a_task_is_made_or_refused_in_a_line(base: DictConfig, task: dict[str, Any]) -> None:
    cfg = copy.deepcopy(base)
    try:
        cfg.task = OmegaConf.create(task)
    except OmegaConfBaseException:  # a file that says so is refused before the task is looked at
        assume(False)
    spec, said = None, ""
    try:
        spec = build_env_spec(cfg)
    except ConfigError as error:
        said = str(error).strip()
    assert said or (spec is not None and spec.task.samples > 0)
