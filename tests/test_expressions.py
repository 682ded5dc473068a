import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raveforce.expressions import ExpressionError, evaluate


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("duration - 0.0001 - x", 0.2499),
        ("x if x > 0.1 else 2 * duration", 0.15),
        ("max(x, sqrt(duration / 10))", 0.2),
        ("2 * pi", 6.283185307179586),
    ],
)
def test_arithmetic(expression: str, value: float) -> None:
    assert evaluate(expression, {"duration": 0.4, "x": 0.15}) == pytest.approx(value)


@pytest.mark.parametrize(
    "expression",
    [
        "__import__('os').getcwd()",
        "open('x')",
        "().__class__.__bases__",
        "[i for i in range(10)]",
        "x.__class__",
        "print(x)",
        "import os",
        "lambda: 1",
        "(1).real",
        "f'{x}'",
        "'{0.__class__}'.format(x)",
        "max(*(1, 2))",
        "round(x, **{})",
        "x := 5",
        "x = 5",
        "max = 3",
        "while True: pass",
        "1 << 10",
        "1j",
        "True",
        "\0",
        "\ud800",
    ],
)
def test_anything_but_arithmetic_is_refused(expression: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ExpressionError):
        evaluate(expression, {"x": 1.0})
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("duraton - x", "duraton"),
        ("1 +", "1 +"),
        ("1 / 0", "division by zero"),
        ("x > 1", "not a finite number"),
        ("'text'", "not arithmetic"),
        ("", "syntax"),
        ("9 ** 9 ** 9", "exponent"),
        ("log(0)", "-inf"),
        ("(-8) ** 0.5", "not a finite number"),
        ("max(1)", "not iterable"),
    ],
)
def test_errors_name_the_expression_and_the_reason(expression: str, said: str) -> None:
    with pytest.raises(ExpressionError, match=r"(?s).*") as caught:
        evaluate(expression, {"x": 1.0})
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "expression",
    [
        "9 ** 9 ** 9 ** 9",
        "(9 ** 999) ** 999",
        "*".join(["9 ** 99"] * 120),
        "[0] * 10 ** 9",
        "(0,) * 10 ** 9",
        "'a' * 10 ** 9",
        "max([1] * 10 ** 8)",
        "1 << 10 ** 9",
        "0x" + "f" * 900,
        "9" * 900,
        "x+" * 100_000 + "x",
        "-" * 900 + "x",
        "(" * 900,
        "max(" * 80 + "x" + ")" * 80,
    ],
)
def test_neither_work_nor_result_can_grow(expression: str) -> None:
    began = time.process_time()
    with pytest.raises(ExpressionError):
        evaluate(expression, {"x": 1.0})
    assert time.process_time() - began < 0.5


WORDS = st.sampled_from(
    [
        *(
            "x",
            "0",
            "1",
            "9",
            "999",
            "1e308",
            "pi",
            "max(",
            "min(",
            "round(",
            "exp(",
            "log(",
            "sqrt(",
            "sin(",
            "(",
            ")",
        ),
        *(
            ",",
            "+",
            "-",
            "*",
            "/",
            "//",
            "%",
            "**",
            "<",
            "==",
            "and",
            "or",
            "not",
            "if",
            "else",
            ".",
            "[",
            "]",
            "{",
            "}",
        ),
        *("lambda", ":", "'", '"', "f'", "__class__", "__import__", "for", "in", "=", ":=", "<<", "~", "@", "\\", "\n"),
    ]
)


def check_any_text(text: str) -> None:
    began = time.process_time()
    with suppress(ExpressionError):
        assert isinstance(evaluate(text, {"x": 0.5}), float)
    assert time.process_time() - began < 1


@given(st.lists(WORDS, max_size=30).map(" ".join) | st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_number_or_an_error(text: str) -> None:
    check_any_text(text)


@pytest.mark.slow
@given(st.lists(WORDS, max_size=60).map(" ".join) | st.text(max_size=300))
@settings(max_examples=20_000, deadline=None)
def test_any_text_at_length(text: str) -> None:
    check_any_text(text)
