"""Programs as a run leaves them."""

from __future__ import annotations

import numpy as np
import pytest

import raveforce
from experiments.records.programs import program_text
from raveforce.env import RaveForceEnv
from raveforce.task import Task
from raveforce.tasks import bass_line, drum_loop, kick


def played(task: Task) -> tuple[list[str], np.ndarray]:
    """A random episode."""
    env = RaveForceEnv(task)
    env.reset(seed=1)
    env.action_space.seed(3)
    programs, over = [], False
    while not over:
        _, _, over, _, info = env.step(env.action_space.sample())
        programs.append(info["code"])
    return programs, env.audio


@pytest.mark.parametrize("engine", ["native", "wasm"])
def test_sixteen_steps_become_one_program_that_comes_round(engine: str) -> None:
    programs, audio = played(drum_loop())
    text = program_text(programs, audio, 44100)
    assert "// step" not in text
    seconds = len(audio) / 44100
    twice = raveforce.render(text, 2 * seconds, engine=engine)
    np.testing.assert_allclose(twice[: len(audio)], audio, atol=1e-6)
    # The noise runs on, and so it is another: but what is struck is struck again.
    first, second = (np.sqrt(np.mean(np.square(part.reshape(16, -1)), axis=1)) for part in np.split(twice, 2))
    assert np.corrcoef(first, second)[0, 1] > 0.95


def test_a_strike_comes_round() -> None:
    programs, audio = played(kick())
    text = program_text(programs, audio, 44100)
    assert "imp 1 " in text
    np.testing.assert_array_equal(raveforce.render(text, len(audio) / 44100), audio)


def test_what_cannot_be_one_program_stays_as_it_was_played() -> None:
    programs, audio = played(bass_line())  # a filter's q takes no pattern
    text = program_text(programs, audio, 44100)
    assert text.count("// step") == 16
    assert all(program.strip() in text for program in programs)
    assert program_text(["o: sin 440", "o: saw 440"], audio, 44100).count("// step") == 2
    assert program_text(["o: imp 0.1"], np.ones(10, np.float32), 44100) == "o: imp 0.1"
