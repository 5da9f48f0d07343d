"""Conditions: canonical values against values; what cannot be compared does not hold."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from processes.comparisons import Condition, holds
from processes.tests.examples import examples


def euros(amount, currency="EUR"):
    return {"amount": amount, "currency": currency}


@pytest.mark.parametrize(
    ("type_", "value", "operator", "other", "expected"),
    [
        ("text", "Glas", "eq", "glas", True),
        ("text", "Glas", "ne", "Holz", True),
        ("text", "Glasscheibe", "contains", "SCHEIBE", True),
        ("text", "Glasscheibe", "contains", "", False),
        ("text", "Glasscheibe", "starts", "glas", True),
        ("text", "Glasscheibe", "starts", "scheibe", False),
        ("number", "10", "gt", "9", True),
        ("number", "10.0", "eq", "10", True),
        ("number", "10", "lt", "9", False),
        ("number", "10", "between", ["10", "20"], True),
        ("number", "9.99", "between", ["10", "20"], False),
        ("money", euros("5000.00"), "ge", euros("5000.00"), True),
        ("money", euros("4999.99"), "ge", euros("5000.00"), False),
        ("money", euros("10000.00"), "gt", euros("9000.00"), True),
        ("money", euros("5000.00"), "ge", "5000", True),
        ("money", euros("6000.00", "CHF"), "ge", euros("5000.00"), False),
        ("money", euros("6000.00", "CHF"), "ge", euros("5000.00", "CHF"), True),
        ("money", euros("15.00"), "between", [euros("10.00"), euros("20.00")], True),
        ("date", "2026-11-23", "lt", "2026-12-01", True),
        ("date", "2026-11-23", "eq", "2026-11-23", True),
        ("datetime", "2026-11-23T10:00:00+00:00", "lt", "2026-11-23T10:30:00+00:00", True),
        ("choice", "damage", "eq", "damage", True),
        ("choice", "damage", "in", ["delay", "damage"], True),
        ("choice", "other", "in", ["delay", "damage"], False),
        ("multichoice", ["damage", "delay"], "contains", "delay", True),
        ("multichoice", ["damage"], "contains", "delay", False),
        ("yesno", True, "is_true", None, True),
        ("yesno", False, "is_true", None, False),
        ("yesno", False, "is_false", None, True),
        ("person", 17, "eq", 17, True),
        ("person", 17, "eq", 18, False),
    ],
)
def test_holds_compares_values_of_a_type(type_, value, operator, other, expected):
    assert holds(Condition("f", operator, other, type_), {"f": value}) is expected


@pytest.mark.parametrize("data", [{}, {"f": None}, {"f": ""}, {"f": []}])
def test_holds_is_false_for_an_empty_field_except_is_empty(data):
    operators = ["eq", "ne", "lt", "ge", "contains", "in", "between", "is_true", "is_false", "is_not_empty"]
    assert not any(holds(Condition("f", operator, "x"), data) for operator in operators)
    assert holds(Condition("f", "is_empty"), data)


@pytest.mark.parametrize("value", [False, 0, "x", ["x"]])
def test_holds_takes_no_and_zero_for_values(value):
    assert holds(Condition("f", "is_not_empty"), {"f": value})
    assert not holds(Condition("f", "is_empty"), {"f": value})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["amount", "currency", "x"]), inner, max_size=2)
    ),
    max_leaves=5,
)
OPERATORS = ["eq", "ne", "lt", "le", "gt", "ge", "starts", "contains", "in", "between", "is_true", "what"]
TYPES = ["text", "number", "money", "date", "datetime", "choice", "multichoice", "yesno", "person", "what"]


@examples(500)
@example(0, "starts", 1, "number")
@given(JSON, st.sampled_from(OPERATORS), JSON, st.sampled_from(TYPES))
def test_holds_never_raises(value, operator, other, type_):
    assert holds(Condition("f", operator, other, type_), {"f": value}) in (True, False)
