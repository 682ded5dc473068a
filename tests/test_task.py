import pickle
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from raveforce.glicol import BLOCK, Program, ProgramError
from raveforce.parameter_space import ParameterSpace
from raveforce.parameters import ParameterError
from raveforce.targets import FixedTarget
from raveforce.task import Task, define
from raveforce.tasks import make_task, match


def task(samples: int = 44100, **options: Any) -> Task:
    return define("o: sin {freq}", np.ones(samples), {"freq": ("lin", 0, 100)}, **options)


@given(
    total_step=st.integers(1, 64),
    step_len=st.floats(0.004, 0.3),
    sample_rate=st.sampled_from([22050, 44100, 48000]),
)
def test_steps_land_on_blocks_without_drift(total_step: int, step_len: float, sample_rate: int) -> None:
    if step_len * sample_rate < BLOCK:
        return
    samples = round(total_step * step_len * sample_rate)
    made = task(samples, total_step=total_step, step_len=step_len, sample_rate=sample_rate)
    boundaries = made.boundaries
    assert (boundaries[0], boundaries[-1], len(boundaries)) == (0, samples, total_step + 1)
    assert (boundaries[:-1] % BLOCK == 0).all()
    assert (np.diff(boundaries) > 0).all()
    late = np.arange(total_step) * step_len * sample_rate - boundaries[:-1]
    assert ((late > -1e-6) & (late < BLOCK)).all()


def test_a_step_that_is_whole_blocks_loses_none() -> None:
    # 1.28 s at 44.1 kHz are 441 blocks: 0.1 * 44100 / 128 has a rounding error that must not cost a block.
    made = task(56448, total_step=441, step_len=128 / 44100)
    np.testing.assert_array_equal(np.diff(made.boundaries), 128)


def test_step_len_is_the_targets_share_if_left_out() -> None:
    assert task(44100, total_step=16).step_len == pytest.approx(1 / 16)


def test_duration_can_be_used_in_bounds() -> None:
    made = define("o: sin {}", np.ones(22050), [["lin", 0, "duration * 2"]])
    assert made.parameters.decode([[1.0]]).tolist() == [[1.0]]


def test_words_reach_the_program() -> None:
    made = define("o: {osc} 110", np.ones(4410), {"osc": ("choose", ["sin", "saw"])})
    assert [made.program.fill(values) for values in made.parameters.decode([[-1], [1]])] == [
        "o: sin 110",
        "o: saw 110",
    ]


def test_a_task_pickles() -> None:
    made = define("o: sin {} >> mul {}", np.ones(4410), [("lin", 0, 1), ("rel", 0, lambda x: 1 - x)])
    copy = pickle.loads(pickle.dumps(made))
    np.testing.assert_array_equal(copy.parameters.decode([[0.2]]), made.parameters.decode([[0.2]]))
    assert copy.program == made.program


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"total_step": 0}, "at least 1"),
        ({"total_step": 4, "step_len": 0.1}, "leave step_len out"),
        ({"total_step": 2, "step_len": 1.0}, "leave step_len out"),
        ({"total_step": 1000}, "shorter than a block"),
        ({"step_len": float("nan")}, "shorter than a block"),
        ({"sample_rate": 10}, "from 1000 to 384000"),
    ],
)
def test_parts_that_do_not_fit(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        task(44100, **options)


def test_a_program_with_nothing_to_choose() -> None:
    with pytest.raises(ValueError, match="nothing to choose"):
        define("o: sin 440", np.ones(4410), [])


def test_wrong_programs_and_parameters_are_found_before_anything_renders() -> None:
    with pytest.raises(ProgramError, match="stray brace"):
        define("o: sin {", np.ones(4410), [])
    with pytest.raises(ParameterError, match="1 blanks"):
        define("o: sin {}", np.ones(4410), [])


def test_a_program_without_its_words() -> None:
    space = ParameterSpace.for_program(Program("o: {osc} 1"), {"osc": ("choose", ["sin", "saw"])})
    with pytest.raises(ValueError, match="needs the words"):
        Task(Program("o: {osc} 1"), space, FixedTarget([1.0] * 1000))


def test_a_target_at_another_rate_is_suspected() -> None:
    sound = np.sin(np.arange(48000) / 10)
    with pytest.raises(ValueError, match=r"lasts 1.088 s at 44100 Hz; is its rate 48000 Hz\? Then say so: sample_rate"):
        define("o: sin {}", sound, [("lin", 1, 2)], total_step=2, step_len=0.5)
    with pytest.raises(ValueError, match=r"lasts 1.088 s at 44100 Hz; leave step_len out"):
        define("o: sin {}", sound, [("lin", 1, 2)], total_step=2, step_len=0.3)


def test_steps_and_rates_are_whole_numbers() -> None:
    for options, said in (({"total_step": 1.5}, "total_step"), ({"sample_rate": 44100.5}, "sample_rate")):
        with pytest.raises(ValueError, match=f"{said} must be a whole number"):
            define("o: sin {}", np.ones(44100), [("lin", 1, 2)], **options)
    task = define("o: sin {}", np.ones(44100), [("lin", 1, 2)], total_step=2.0, sample_rate=22050.0)
    assert (task.total_step, task.sample_rate) == (2, 22050)


def test_an_empty_path_is_not_the_current_folder() -> None:
    with pytest.raises(ValueError, match="the path is empty"):
        define("o: sin {}", "", [("lin", 1, 2)])
    with pytest.raises(ValueError, match="the path is empty"):
        match("")


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("kick", {"trim": "yes"}, "trim must be true or false or None, got 'yes'"),
        ("kick", {"sample_rate": "fast"}, "sample_rate must be a whole number of Hz from 1000 to 384000, got 'fast'"),
        ("match", {"attempts": None}, "attempts must be a whole number, got None"),
        ("match", {"attempts": 0}, "attempts must be at least 1, got 0"),
        ("match", {"template": ["kick"]}, "template must be a text"),
        ("write", {"bins": True}, "bins must be a whole number, got True"),
        ("write", {"words": "sin"}, "words must be a list of texts or None, got 'sin'"),
    ],
)
def test_options_of_another_type_are_named(name: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        make_task(name, **options)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"target": None}, "a task needs a target"),
        ({"target": [[1.0], 2.0]}, "the target is no array of numbers"),
        ({"parameters": 3}, "parameters are a list or a mapping with one a blank, not 3"),
        ({"parameters": [["choose", 3]]}, "cannot read the parameter"),
        ({"parameters": [["choose", [None, 3]]]}, "choose takes finite numbers or words"),
        ({"code": 3}, "code must be a text, got 3"),
        ({"restart_each_step": "no"}, "restart_each_step must be true or false, got 'no'"),
    ],
)
def test_parts_of_another_type_are_named(change: dict[str, Any], said: str) -> None:
    parts: dict[str, Any] = {"code": "o: sin {}", "target": np.ones(4410), "parameters": [("lin", 1, 2)]}
    with pytest.raises(ValueError, match=re.escape(said)):
        define(**{**parts, **change})
