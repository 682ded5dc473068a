import inspect
import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import gymnasium
import numpy as np
import pytest

import raveforce
from raveforce.ids import IDS
from raveforce.tasks import ENVIRONMENTS, TASKS, kick, make_env, make_spec, make_task
from raveforce.tasks.definition import ProgramTask
from raveforce.tasks.environment import TaskEnv

kick_v9 = replace(
    kick,
    name="kick_v9",
    id="Kick-v9",
    parameters={**kick.parameters, "gain": ("choose", [0.5, 1])},
    observation={"kind": "log_mel", "show": ["target"], "as_dict": True},
    reward={"distance": "sot", "kind": "negative"},
    history={**kick.history, "v9": "two levels."},
)


class KickV9Env(TaskEnv, task=kick_v9):
    """Imitate a kick drum, louder or softer.

    What is new is the gain.
    """


@pytest.fixture
def ninth() -> Iterator[ProgramTask]:
    TASKS.register("kick_v9")(kick_v9)
    yield kick_v9
    TASKS._registered.pop("kick_v9")


def teardown_module() -> None:
    ENVIRONMENTS.pop("Kick-v9")


def test_every_task_that_comes_with_raveforce_is_in_gymnasiums_register() -> None:
    assert IDS.keys() == ENVIRONMENTS.keys() - {"Kick-v9"}, "raveforce/ids.py has a line for each"
    for id, environment in ENVIRONMENTS.items():
        if id != "Kick-v9":
            assert TASKS.get(environment.definition.name) is environment.definition
            assert gymnasium.spec(f"raveforce/{id}").kwargs == {"task": environment.definition.name}
            assert type(gymnasium.make(f"raveforce/{id}").unwrapped) is environment


def test_a_new_version_is_a_few_lines(ninth: ProgramTask) -> None:
    assert make_task("kick_v9").parameters.free == make_task("kick").parameters.free
    spec = make_spec("raveforce/Kick-v9", normalise=False, actions="box")
    assert (spec.task.name, spec.reward.distance.name, spec.reward.kind) == ("kick_v9", "sot", "negative")
    assert list(spec.observation_space) == ["target"]
    env = make_env("kick_v9")
    assert type(env) is KickV9Env
    env.reset(seed=0)
    *_, info = env.step(np.ones(6, np.float32))
    assert info["parameters"]["gain"] == 1
    assert type(pickle.loads(pickle.dumps(env))) is KickV9Env


def test_the_docstring_is_made_from_the_declaration() -> None:
    text = inspect.cleandoc(KickV9Env.__doc__ or "")
    assert text.startswith(
        "Imitate a kick drum, louder or softer.\n\nDescription\n-----------\nWhat is new is the gain."
    )
    assert "gain (0.5, 1: equal\nshares)" in text or "gain (0.5, 1: equal shares)" in text
    assert "Of target, kept apart." in text
    assert "Minus the distance. Distance ``sot``: How far energy must move" in text
    assert "target : a recording's path" in text
    assert text.endswith("v0: first version.\nv9: two levels.")


def test_a_definition_is_called_as_the_function_that_makes_its_task() -> None:
    assert list(inspect.signature(kick).parameters) == ["target", "sample_rate", "trim", "normalise"]
    with pytest.raises(TypeError, match="unexpected keyword argument 'tirm'"):
        kick(tirm=False)  # type: ignore[call-arg, unused-ignore]


def test_a_task_of_ones_own_needs_only_a_function_and_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_sounds.py").write_text(
        "import numpy as np, raveforce\n"
        "def whistle(seconds=0.2):\n"
        "    sound = np.sin(2 * np.pi * 2000 * np.arange(round(seconds * 44100)) / 44100)\n"
        "    return raveforce.define('o: sin {freq}', sound, {'freq': ('exp', 500, 5000)})\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    env = make_env("my_sounds:whistle", seconds=0.1, reward="sot")
    assert (env.task.duration, env.reward.distance.name) == (0.1, "sot")
    assert raveforce.make_vec("my_sounds:whistle", 3).task.duration == 0.2
