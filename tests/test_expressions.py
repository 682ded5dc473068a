import pytest

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
        ("'text'", "not a finite number"),
        ("", "not a finite number"),
        ("9 ** 9 ** 9", "exponent"),
    ],
)
def test_errors_name_the_expression_and_the_reason(expression: str, said: str) -> None:
    with pytest.raises(ExpressionError, match=r"(?s).*") as caught:
        evaluate(expression, {"x": 1.0})
    assert said in str(caught.value)
