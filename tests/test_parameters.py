import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from raveforce.glicol import Program
from raveforce.parameter_space import ParameterSpace
from raveforce.parameters import Choose, Exp, Lin, ParameterError, Rel, parameter

numbers = st.floats(-1e6, 1e6, allow_subnormal=False)
positive = st.floats(1e-4, 1e6)
units = st.floats(-1, 1)


@st.composite
def kinds(draw: st.DrawFn) -> Lin | Exp | Choose:
    kind = draw(st.sampled_from(["lin", "exp", "numbers", "words"]))
    if kind == "numbers":
        return Choose(tuple(draw(st.lists(numbers, min_size=1, max_size=8, unique=True))))
    if kind == "words":
        return Choose(
            tuple(draw(st.lists(st.sampled_from(["sin", "saw", "squ", "tri", "_"]), min_size=1, unique=True)))
        )
    low, high = sorted(draw(st.lists(positive if kind == "exp" else numbers, min_size=2, max_size=2, unique=True)))
    if high - low < 1e-3 * max(abs(low), abs(high)):
        high = low + 1
    return Exp(low, high) if kind == "exp" else Lin(low, high)


@given(st.lists(kinds(), min_size=1, max_size=5), st.data())
def test_values_stay_in_bounds_and_survive_a_round_trip(
    parameters: list[Lin | Exp | Choose], data: st.DataObject
) -> None:
    space = ParameterSpace({str(index): kind for index, kind in enumerate(parameters)})
    actions = data.draw(
        st.lists(st.lists(units, min_size=len(parameters), max_size=len(parameters)), min_size=1, max_size=3)
    )
    values = space.decode(actions)
    again = space.decode(space.encode(values))
    for column, kind in enumerate(parameters):
        if isinstance(kind, Choose):
            offered = range(len(kind.options)) if kind.words else kind.options
            assert all(value in offered for value in values[:, column])
            np.testing.assert_array_equal(again[:, column], values[:, column])
        else:
            assert ((values[:, column] >= kind.low) & (values[:, column] <= kind.high)).all()
            np.testing.assert_allclose(again[:, column], values[:, column], atol=1e-9 * (kind.high - kind.low))


@given(st.lists(units, min_size=2, max_size=2))
def test_actions_survive_a_round_trip(action: list[float]) -> None:
    space = ParameterSpace({"a": Lin(-3, 7), "b": Exp(10, 10000)})
    np.testing.assert_allclose(space.encode(space.decode([action]))[0], action, atol=1e-9)


def test_extremes_and_middle() -> None:
    space = ParameterSpace({"a": Lin(0, 10), "b": Exp(10, 1000), "c": Choose((1, 2, 3)), "d": Choose(("sin", "saw"))})
    values = space.decode([[-1, -1, -1, -1], [0, 0, 0, 0], [1, 1, 1, 1]])
    np.testing.assert_allclose(values, [[0, 10, 1, 0], [5, 100, 2, 1], [10, 1000, 3, 1]])
    assert space.words == {"d": ("sin", "saw")}
    assert space.named(values[0]) == {"a": 0.0, "b": 10.0, "c": 1.0, "d": "sin"}


def test_rows_do_not_depend_on_each_other() -> None:
    space = ParameterSpace({"a": Lin(0, 1), "b": Exp(10, 1000), "c": Rel("b", "x ** 0.5")})
    actions = np.random.default_rng(0).uniform(-1, 1, (33, 2))
    alone = np.concatenate([space.decode(action[None]) for action in actions])
    np.testing.assert_array_equal(space.decode(actions), alone)


def test_rel_follows_and_is_not_chosen() -> None:
    rule = lambda x: 1 - x if x < 0.7 else 0.1  # noqa: E731 (a lambda is what users write)
    space = ParameterSpace({"attack": Lin(0, 1), "decay": Rel(0, rule), "half": Rel("decay", "x / 2")})
    assert space.free == ("attack",)
    np.testing.assert_allclose(space.decode([[0.0], [1.0]]), [[0.5, 0.5, 0.25], [1.0, 0.1, 0.05]])
    copy = pickle.loads(pickle.dumps(space))
    np.testing.assert_array_equal(copy.decode([[0.3]]), space.decode([[0.3]]))


def test_rel_can_use_constants() -> None:
    spec = parameter(["rel", "attack", "duration - x"], {"duration": 2.0})
    assert isinstance(spec, Rel)
    assert spec.follow(np.array([0.5])).tolist() == [1.5]


def test_a_choice_with_a_word_is_a_choice_of_words() -> None:
    assert Choose((60, "_", 0.00001)).options == ("60", "_", "0.00001")


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (("lin", 1, 1), "low < high"),
        (("lin", 2, 1), "low < high"),
        (("lin", 0, float("nan")), "finite"),
        (("lin", 0, True), "finite"),
        (("exp", 0, 1), "positive"),
        (("exp", -1, 1), "positive"),
        (("choose", []), "at least one"),
        (("choose", [1, 1]), "twice"),
        (("choose", "abc"), "cannot read"),
        (("rel", 0, 5), "function or an expression"),
        (("rel", 0), "cannot read"),
        (("linear", 0, 1), "cannot read"),
        (("lin", 0, "lenght"), "lenght"),
        ("lin", "looks like"),
        (7, "looks like"),
        ((), "looks like"),
    ],
)
def test_wrong_declarations(spec: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parameter(spec)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"a": Rel("b", "x"), "b": Lin(0, 1)}, "before it"),
        ({"a": Rel("a", "x")}, "before it"),
        ({"a": Lin(0, 1), "b": Rel(5, "x")}, "before it"),
        ({"a": Choose(("sin", "saw")), "b": Rel("a", "x")}, "a word"),
    ],
)
def test_wrong_relations(parameters: dict[str, Rel], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        ParameterSpace(parameters)


@pytest.mark.parametrize(
    ("actions", "said"),
    [
        ([[0.0]], r"\[N, 2\]"),
        ([0.0, 0.0], r"\[N, 2\]"),
        ([[0.0, 1.1]], "'b' is 1.1"),
        ([[float("nan"), 0.0]], "'a' is NaN"),
        ([[0.0, float("inf")]], "'b' is inf"),
    ],
)
def test_wrong_actions(actions: list[list[float]], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        ParameterSpace({"a": Lin(0, 1), "b": Exp(1, 2)}).decode(actions)


def test_a_float32_bound_is_no_overstep() -> None:
    action = np.nextafter(np.float32(1), np.float32(2))
    assert ParameterSpace({"a": Lin(0, 1)}).decode([[action]]).tolist() == [[1.0]]


@pytest.mark.parametrize("values", [[[-0.1, 1.5]], [[0.5, 2.5]], [[0.5, float("nan")]]])
def test_values_out_of_range_are_not_encoded(values: list[list[float]]) -> None:
    with pytest.raises(ParameterError, match="outside"):
        ParameterSpace({"a": Lin(0, 1), "b": Exp(1, 2)}).encode(values)


def test_a_value_that_is_no_option_is_not_encoded() -> None:
    with pytest.raises(ParameterError, match="not among"):
        ParameterSpace({"a": Choose((1, 2))}).encode([[3]])


def test_parameters_are_matched_to_blanks() -> None:
    program = Program("o: sin {freq} >> mul {level}")
    by_name = ParameterSpace.for_program(program, {"level": ("lin", 0, 1), "freq": ("exp", 10, 100)})
    by_place = ParameterSpace.for_program(program, [("exp", 10, 100), ("lin", 0, 1)])
    assert by_name == by_place
    assert list(by_name.parameters) == ["freq", "level"]


@pytest.mark.parametrize(
    ("specs", "said"),
    [
        ([("lin", 0, 1)], "2 blanks .* 1 parameters"),
        ({"freq": ("lin", 0, 1)}, r"missing \['level'\]"),
        ({"freq": ("lin", 0, 1), "level": ("lin", 0, 1), "pan": ("lin", 0, 1)}, r"unknown \['pan'\]"),
        ([("lin", 0, 1), ("lin", 1, 0)], "parameter 'level'"),
    ],
)
def test_parameters_that_do_not_fit_the_blanks(specs: object, said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        ParameterSpace.for_program(Program("o: sin {freq} >> mul {level}"), specs)  # type: ignore[arg-type]


def test_a_rule_must_give_a_finite_number() -> None:
    space = ParameterSpace({"a": Lin(0, 1), "b": Rel("a", lambda x: float("inf"))})
    with pytest.raises(ParameterError, match="rule of parameter 'b'"):
        space.decode([[0.0]])
