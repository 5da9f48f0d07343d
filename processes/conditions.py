"""A condition as one line for people, such as `netto >= 5000`: read from files, shown in lists.

The line is only another spelling of the row (field, comparison, value); nothing in it is ever executed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from processes.blueprint import ConditionPlan, FieldPlan
from processes.fields import FieldError, FieldSpec, display, parse
from processes.models import Condition as Row

SIGNS = {
    "=": Row.Operator.EQ,
    "!=": Row.Operator.NE,
    "<": Row.Operator.LT,
    "<=": Row.Operator.LE,
    ">": Row.Operator.GT,
    ">=": Row.Operator.GE,
    "contains": Row.Operator.CONTAINS,
}
STATES = {
    "is yes": Row.Operator.IS_TRUE,
    "is no": Row.Operator.IS_FALSE,
    "is empty": Row.Operator.IS_EMPTY,
    "is not empty": Row.Operator.IS_NOT_EMPTY,
}
WITHOUT_VALUE = frozenset(STATES.values())
STATE = re.compile(r"([a-z][a-z0-9_-]*)\s+(is\s+yes|is\s+no|is\s+empty|is\s+not\s+empty)")
COMPARISON = re.compile(r"([a-z][a-z0-9_-]*)\s*(<=|>=|!=|=|<|>|\bcontains\b)\s*(\S.*)", re.DOTALL)

EMPTY = frozenset({"is_empty", "is_not_empty"})
EQUAL = EMPTY | {"eq", "ne"}
ORDERED = EQUAL | {"lt", "le", "gt", "ge"}
FITTING: Mapping[str, frozenset[str]] = {
    "text": EQUAL | {"contains"},
    "longtext": EQUAL | {"contains"},
    "number": ORDERED,
    "money": ORDERED,
    "date": ORDERED,
    "choice": EQUAL,
    "yesno": EMPTY | {"is_true", "is_false"},
    "person": EMPTY,
    "team": EMPTY,
    "customer": EMPTY,
}
"""Comparisons that fit a type. People, teams and customers have no name that means the same elsewhere."""


class Unfit(Exception):
    """The condition does not fit its field; `message` with `facts` says why."""

    def __init__(self, message: Any, **facts: Any) -> None:
        super().__init__()
        self.message = message
        self.facts = facts

    def __str__(self) -> str:
        return str(self.message) % self.facts


def read(line: str) -> ConditionPlan | None:
    """Take a line apart; None if it is no condition. The value stays text until the field's type is known."""
    text = line.strip()
    state = STATE.fullmatch(text)
    if state:
        return ConditionPlan(state[1], STATES[" ".join(state[2].split())].value)
    comparison = COMPARISON.fullmatch(text)
    if comparison is None:
        return None
    return ConditionPlan(comparison[1], SIGNS[comparison[2]].value, comparison[3].strip())


def show(condition: ConditionPlan) -> str:
    """The line `read` would take apart into this condition."""
    for words, operator in STATES.items():
        if operator == condition.operator:
            return f"{condition.field_key} {words}"
    sign = next(sign for sign, operator in SIGNS.items() if operator == condition.operator)
    return f"{condition.field_key} {sign} {show_value(condition.value)}"


IN_WORDS = {
    Row.Operator.EQ: "=",
    Row.Operator.NE: "≠",
    Row.Operator.LT: "<",
    Row.Operator.LE: "≤",
    Row.Operator.GT: ">",
    Row.Operator.GE: "≥",
}


def in_words(condition: ConditionPlan, spec: FieldSpec | None) -> str:
    """The condition for readers who know no keys, such as `Netto ≥ 5.000,00 €`. Shows as it is what does not
    fit the field."""
    label = spec.label if spec else condition.field_key
    if condition.operator not in Row.Operator.values:
        return label
    operator = Row.Operator(condition.operator)
    sign = IN_WORDS.get(operator, str(operator.label))
    return f"{label} {sign} {_shown(condition.value, spec)}".strip()


def _shown(value: Any, spec: FieldSpec | None) -> str:
    try:
        return display(spec, value, get_language() or "de") if spec else show_value(value)
    except (ArithmeticError, KeyError, TypeError, ValueError):
        return str(value)


def show_value(value: Any) -> str:
    """A stored value as a person would type it."""
    if value is None:
        return ""
    return str(value["amount"]) if isinstance(value, Mapping) else str(value)


def stored(condition: ConditionPlan, field: FieldPlan) -> ConditionPlan:
    """The condition with its value in the canonical form the field's own values have. Raises Unfit."""
    if condition.operator not in FITTING.get(field.type, ()):
        raise Unfit(_("The comparison does not fit the field “%(field)s”."), field=field.label)
    if condition.operator in WITHOUT_VALUE:
        return replace(condition, value=None)
    return replace(condition, value=_canonical(condition.value, field))


def _canonical(raw: Any, field: FieldPlan) -> Any:
    by_label = {label: value for value, label in field.choices}
    spec = FieldSpec(key=field.key, label=field.label, type=field.type, choices=field.choices)
    try:
        value = parse(spec, by_label.get(str(raw), raw) if field.type == "choice" else raw)
    except FieldError as error:
        message = _("“%(value)s” is no value of the field “%(field)s”.")
        raise Unfit(message, value=show_value(raw), field=field.label) from error
    if value is None:
        raise Unfit(_("The comparison with “%(field)s” needs a value."), field=field.label)
    return value
