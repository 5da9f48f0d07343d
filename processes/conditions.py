"""A condition as one line for people, such as `netto >= 5000`, and as a sentence.

`kind in a, b`, `amount between 100 and 500`, `owner = anna@example.org`, `report starts Frei`, `done is yes`.

The line is only another spelling of the row (field, comparison, value); nothing in it is ever executed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from processes.blueprint import ConditionPlan, FieldPlan
from processes.comparisons import comparable
from processes.fields import FieldError, FieldSpec, display
from processes.fields import read as read_value
from processes.models import Condition as Row

SIGNS = {
    "=": Row.Operator.EQ,
    "!=": Row.Operator.NE,
    "<": Row.Operator.LT,
    "<=": Row.Operator.LE,
    ">": Row.Operator.GT,
    ">=": Row.Operator.GE,
    "contains": Row.Operator.CONTAINS,
    "starts": Row.Operator.STARTS,
    "in": Row.Operator.IN,
    "between": Row.Operator.BETWEEN,
}
STATES = {
    "is yes": Row.Operator.IS_TRUE,
    "is no": Row.Operator.IS_FALSE,
    "is empty": Row.Operator.IS_EMPTY,
    "is not empty": Row.Operator.IS_NOT_EMPTY,
}
WITHOUT_VALUE = frozenset(STATES.values())
STATE = re.compile(r"([a-z][a-z0-9_-]*)\s+(is\s+yes|is\s+no|is\s+empty|is\s+not\s+empty)")
COMPARISON = re.compile(
    r"([a-z][a-z0-9_-]*)\s*(<=|>=|!=|=|<|>|\b(?:contains|starts|in|between)\b)\s*(\S.*)", re.DOTALL
)
LISTED = re.compile(r'\s*("(?:[^"]|"")*"|[^,]*)\s*(?:,|$)')
"""One of several values; one with a comma in it stands between quotation marks."""
ENDS = re.compile(" and | und |, ")

EMPTY = frozenset({"is_empty", "is_not_empty"})
EQUAL = EMPTY | {"eq", "ne"}
ORDERED = EQUAL | {"lt", "le", "gt", "ge", "between"}
FITTING: Mapping[str, frozenset[str]] = {
    "text": EQUAL | {"contains", "starts", "in"},
    "longtext": EQUAL | {"contains", "starts"},
    "number": ORDERED,
    "money": ORDERED,
    "date": ORDERED,
    "choice": EQUAL | {"in"},
    "multichoice": EMPTY | {"contains", "in"},
    "yesno": EMPTY | {"is_true", "is_false"},
    "person": EQUAL | {"in"},
    "team": EQUAL | {"in"},
    "customer": EMPTY,
    "file": EMPTY,
}
"""Comparisons that fit a type. A person is named by e-mail and a team by key, which mean the same in every
installation; customers and files have no such name."""
NAMED = ("person", "team")
EMAIL = re.compile(r"[^\s@\"',;]{1,64}@[^\s@\"',;]{1,190}")
KEY = re.compile(r"[a-z][a-z0-9_-]{0,59}")


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
    if condition.operator == Row.Operator.BETWEEN and _is_list(condition.value):
        return f"{condition.field_key} {sign} {' and '.join(show_value(one) for one in condition.value)}"
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
    """A stored value as a person would type it; several separated by commas."""
    if value is None:
        return ""
    if _is_list(value):
        return ", ".join(_quoted(show_value(one)) for one in value)
    return str(value["amount"]) if isinstance(value, Mapping) else str(value)


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if "," in text or text.startswith('"') else text


def listed(raw: Any) -> list[Any]:
    """Several values: a list as it is, a line taken apart at its commas."""
    if not isinstance(raw, str):
        return list(raw) if _is_list(raw) else [raw]
    found = []
    for part in LISTED.findall(raw):
        is_quoted = len(part) > 1 and part.startswith('"') and part.endswith('"')
        found.append(part[1:-1].replace('""', '"') if is_quoted else part.strip())
    return [one for one in found if one]


def stored(condition: ConditionPlan, field: FieldPlan) -> ConditionPlan:
    """The condition with its value in the canonical form the field's own values have. Raises Unfit."""
    if condition.operator not in FITTING.get(field.type, ()):
        raise Unfit(_("The comparison does not fit the field “%(field)s”."), field=field.label)
    if condition.operator in WITHOUT_VALUE:
        return replace(condition, value=None)
    if condition.operator == Row.Operator.IN:
        values = [_canonical(one, field) for one in listed(condition.value)]
        if not values:
            raise _without_value(field)
        return replace(condition, value=values)
    if condition.operator == Row.Operator.BETWEEN:
        return replace(condition, value=_ends(condition.value, field))
    return replace(condition, value=_canonical(condition.value, field))


def _ends(raw: Any, field: FieldPlan) -> list[Any]:
    parts = ENDS.split(" ".join(raw.split())) if isinstance(raw, str) else listed(raw)
    if len(parts) != 2:
        raise Unfit(_("Between which two values must “%(field)s” be? Write: 100 and 500."), field=field.label)
    low, high = (_canonical(one, field) for one in parts)
    if comparable(field.type, low) > comparable(field.type, high):
        raise Unfit(_("“%(field)s”: the first value is larger than the second."), field=field.label)
    return [low, high]


def _without_value(field: FieldPlan) -> Unfit:
    return Unfit(_("The comparison with “%(field)s” needs a value."), field=field.label)


def _canonical(raw: Any, field: FieldPlan) -> Any:
    if field.type in NAMED:
        return _name(raw, field)
    spec = _single(field)
    by_label = {label: value for value, label in field.choices}
    try:
        value = read_value(spec, by_label.get(str(raw), raw) if spec.type == "choice" else raw)
    except FieldError as error:
        raise _no_value(raw, field) from error
    if value is None:
        raise _without_value(field)
    return value


def _single(field: FieldPlan) -> FieldSpec:
    """The field as one value of it is compared: of several choices one. Limits bind what is entered only."""
    return replace(field.spec, type="choice") if field.type == "multichoice" else field.spec


def _no_value(raw: Any, field: FieldPlan) -> Unfit:
    message = _("“%(value)s” is no value of the field “%(field)s”.")
    return Unfit(message, value=show_value(raw), field=field.label)


def _name(raw: Any, field: FieldPlan) -> str:
    """The e-mail of a person or the key of a team; whether there is one is asked before publishing."""
    word = str(raw or "").strip()
    if not word:
        raise _without_value(field)
    if field.type == "person":
        word = word.lower()
    if not (EMAIL if field.type == "person" else KEY).fullmatch(word):
        raise _no_value(raw, field)
    return word


def names(conditions: Iterable[ConditionPlan], fields: Mapping[str, FieldPlan]) -> set[tuple[str, str]]:
    """The people and teams conditions name, as pairs of type and e-mail or key."""
    found: set[tuple[str, str]] = set()
    for one in conditions:
        field = fields.get(one.field_key)
        if field is not None and field.type in NAMED and one.operator not in WITHOUT_VALUE:
            found |= {(field.type, str(word)) for word in listed(one.value)}
    return found


# -- for people ----------------------------------------------------------------------------------------------


def clause(condition: ConditionPlan, field: FieldPlan) -> str:
    """The condition as it follows “if”: (wenn) Betrag mehr als 5.000,00 € ist."""
    patterns = DATED if field.type == "date" else {}
    operator = condition.operator
    pattern = patterns.get(operator) or CLAUSES[operator]
    words: dict[str, str] = {"field": field.label}
    if operator == Row.Operator.BETWEEN and _is_list(condition.value):
        words["low"], words["high"] = (_worded(one, field) for one in condition.value)
    elif operator == Row.Operator.IN:
        words["value"] = ", ".join(_worded(one, field) for one in listed(condition.value))
    elif operator not in WITHOUT_VALUE:
        words["value"] = _worded(condition.value, field)
    return str(pattern) % words


def _worded(value: Any, field: FieldPlan) -> str:
    """One value as it is shown; a name as it stands; what is no value of the field as it was typed."""
    if field.type in NAMED:
        return str(value)
    try:
        return display(_single(field), value, get_language() or "de")
    except (TypeError, ValueError, KeyError, ArithmeticError):
        return show_value(value)


CLAUSES: Mapping[str, Any] = {
    "eq": pgettext_lazy("after if", "%(field)s is %(value)s"),
    "ne": pgettext_lazy("after if", "%(field)s is not %(value)s"),
    "lt": pgettext_lazy("after if", "%(field)s is less than %(value)s"),
    "le": pgettext_lazy("after if", "%(field)s is at most %(value)s"),
    "gt": pgettext_lazy("after if", "%(field)s is more than %(value)s"),
    "ge": pgettext_lazy("after if", "%(field)s is at least %(value)s"),
    "contains": pgettext_lazy("after if", "%(field)s contains “%(value)s”"),
    "starts": pgettext_lazy("after if", "%(field)s begins with “%(value)s”"),
    "in": pgettext_lazy("after if", "%(field)s is one of %(value)s"),
    "between": pgettext_lazy("after if", "%(field)s is between %(low)s and %(high)s"),
    "is_true": pgettext_lazy("after if", "%(field)s is yes"),
    "is_false": pgettext_lazy("after if", "%(field)s is no"),
    "is_empty": pgettext_lazy("after if", "%(field)s is empty"),
    "is_not_empty": pgettext_lazy("after if", "%(field)s is filled in"),
}
"""The verb stands last in German, so these are no main clauses."""
DATED: Mapping[str, Any] = {
    "lt": pgettext_lazy("after if", "%(field)s is before %(value)s"),
    "le": pgettext_lazy("after if", "%(field)s is %(value)s or earlier"),
    "gt": pgettext_lazy("after if", "%(field)s is after %(value)s"),
    "ge": pgettext_lazy("after if", "%(field)s is %(value)s or later"),
}
