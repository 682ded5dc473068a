"""Scripts that are arithmetic on every sample are played; all others are left to the real engine."""

import numpy as np
import pytest

from raveforce.glicol import Program, open_engine, render


@pytest.mark.parametrize("body", ["x * 0.1", "0.5*x+1", "1.0 - x", "-x", "(x + 1) * 0.5 - x*x", "x/4.0", "x"])
@pytest.mark.parametrize(
    "form", ["`output = input.map(|x|%s);output`", "`\noutput=input.map( |x| %s );\noutput;`", "`input.map(|x|%s)`"]
)
def test_scripts_of_arithmetic_are_played(form, body):
    code = f"o: noise 3 >> meta {form % body} >> mul 0.5"
    np.testing.assert_array_equal(render(code, 0.1, engine="native"), render(code, 0.1, engine="wasm"))


@pytest.mark.parametrize(
    "body",
    [
        "x ** 2",
        "x // 2",
        "2.0 * 3.0 * x",
        "x / 3.0",
        "y * 2",
        "0.5",
        "sin(x)",
        "x * 99999999",
        "x.abs()",
        "x % 2",
        "(x",
    ],
)
def test_other_scripts_are_left_to_the_real_engine(body):
    code = f"o: noise 3 >> meta `output = input.map(|x| {body}); output`"
    assert open_engine(Program.literal(code)).kind == "wasm"
