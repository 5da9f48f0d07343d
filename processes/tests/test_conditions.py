"""Conditions as lines, as rows, as sentences, and compiled with the people and teams they name."""

from dataclasses import replace

import pytest
from django.utils import translation

from processes import conditions, engine, nets, publishing, runtime
from processes.blueprint import Blueprint, ConditionPlan, FieldPlan, FlowPlan, StepFieldPlan, StepPlan
from processes.conditions import Unfit
from processes.tests.builders import flows, make_team, make_user, make_version, node, task

CHOICES = (("damage", "Schaden"), ("delay", "Verzug, lang"))


def field(type_):
    return FieldPlan("f", "Feld", type_, choices=CHOICES if "choice" in type_ else ())


def euros(amount):
    return {"amount": amount, "currency": "EUR"}


@pytest.mark.parametrize(
    ("type_", "line", "operator", "value"),
    [
        ("text", "f starts ABC", "starts", "ABC"),
        ("text", 'f in A, "B, C", "D""E"', "in", ["A", "B, C", 'D"E']),
        ("number", "f between 1,5 and 1.000", "between", ["1.5", "1000"]),
        ("money", "f between 100 und 500", "between", [euros("100.00"), euros("500.00")]),
        ("date", "f between 1.2.2026 and 2026-03-01", "between", ["2026-02-01", "2026-03-01"]),
        ("choice", 'f in damage, "Verzug, lang"', "in", ["damage", "delay"]),
        ("choice", "f = Schaden", "eq", "damage"),
        ("multichoice", "f contains Schaden", "contains", "damage"),
        ("multichoice", "f in damage, delay", "in", ["damage", "delay"]),
        ("person", "f = Anna@Firma.de", "eq", "anna@firma.de"),
        ("person", "f in a@b.de, c@d.de", "in", ["a@b.de", "c@d.de"]),
        ("team", "f != einkauf", "ne", "einkauf"),
        ("customer", "f is not empty", "is_not_empty", None),
        ("file", "f is empty", "is_empty", None),
    ],
)
def test_a_line_becomes_a_row_and_the_row_the_line_again(type_, line, operator, value):
    read = conditions.read(line)
    stored = conditions.stored(read, field(type_))
    assert (stored.operator, stored.value) == (operator, value)
    again = conditions.read(conditions.show(stored))
    assert conditions.stored(again, field(type_)) == stored
    typed = ConditionPlan("f", operator, conditions.show_value(value) or None)
    assert conditions.stored(typed, field(type_)) == stored, "the admin shows the value alone"


@pytest.mark.parametrize(
    ("type_", "line"),
    [
        ("number", "f in 1, 2"),
        ("number", "f between 1"),
        ("number", "f between 1 and 2 and 3"),
        ("number", "f between 2 and 1"),
        ("money", "f starts 1"),
        ("date", "f < heute"),
        ("date", "f between 1.1.2026 and bald"),
        ("choice", "f in damage, fire"),
        ("choice", "f in ,"),
        ("multichoice", "f = damage"),
        ("person", "f = Anna"),
        ("person", "f = 17"),
        ("team", "f = Der Einkauf"),
        ("customer", "f = 17"),
        ("file", "f = 3"),
    ],
)
def test_what_does_not_fit_is_refused(type_, line):
    with pytest.raises(Unfit) as refused:
        conditions.stored(conditions.read(line), field(type_))
    assert str(refused.value)


def test_a_limit_of_what_is_entered_is_none_of_what_it_is_compared_with():
    limited = replace(field("number"), limits={"max": "100"})
    condition = conditions.read("f > 100,5")
    assert condition is not None and conditions.stored(condition, limited).value == "100.5"


@pytest.mark.parametrize("line", ["f within 3", "fin a", "f between", "f in", "F = 3", "= 3"])
def test_other_lines_are_no_conditions(line):
    assert conditions.read(line) is None


@pytest.mark.parametrize(
    ("type_", "operator", "value", "german"),
    [
        ("money", "gt", euros("5000.00"), "Feld mehr als 5.000,00\u00a0€ ist"),
        ("number", "between", ["1.5", "1000"], "Feld zwischen 1,5 und 1.000 liegt"),
        ("date", "lt", "2026-11-03", "Feld vor dem 03.11.2026 liegt"),
        ("date", "ge", "2026-11-03", "Feld der 03.11.2026 oder später ist"),
        ("choice", "eq", "damage", "Feld Schaden ist"),
        ("choice", "in", ["damage", "delay"], "Feld eines von Schaden, Verzug, lang ist"),
        ("multichoice", "contains", "damage", "Feld „Schaden“ enthält"),
        ("text", "starts", "ABC", "Feld mit „ABC“ beginnt"),
        ("person", "ne", "anna@firma.de", "Feld nicht anna@firma.de ist"),
        ("yesno", "is_true", None, "Feld ja ist"),
        ("file", "is_empty", None, "Feld leer ist"),
        ("customer", "is_not_empty", None, "Feld ausgefüllt ist"),
        ("money", "gt", "viel", "Feld mehr als viel ist"),
    ],
)
def test_a_condition_is_said_as_it_follows_if(type_, operator, value, german):
    with translation.override("de"):
        assert conditions.clause(ConditionPlan("f", operator, value), field(type_)) == german


def by_owner(*branches):
    """start (owner, team) → gate: conditions → special, otherwise → usual."""
    return Blueprint(
        fields=(FieldPlan("owner", "Betreut von", "person"), FieldPlan("unit", "Bereich", "team")),
        steps=(
            StepPlan("start", "start", "Start", fields=(StepFieldPlan("owner"), StepFieldPlan("unit"))),
            node("gate", "exclusive"),
            task("special"),
            task("usual"),
            node("end", "end"),
        ),
        flows=(
            *flows("start>gate", "gate>usual*", "special.done>end", "usual.done>end"),
            *(FlowPlan("gate", "special", conditions=(one,)) for one in branches),
        ),
    )


@pytest.mark.django_db
@pytest.mark.parametrize("operator", ["eq", "in"])
def test_people_and_teams_are_compared_by_who_bears_the_name(operator):
    service = make_team()
    anna, bert = make_user("Anna", service), make_user("Bert", service)
    value = anna.email if operator == "eq" else [anna.email, "gone@example.org"]
    version = make_version(by_owner(ConditionPlan("owner", operator, value)))
    for person, step in ((anna, "special"), (bert, "usual")):
        case = runtime.start(version, by=anna, data={"owner": person.pk})
        assert case.tasks.get().step_key == step
    assert runtime.start(version, by=anna).tasks.get().step_key == "usual"


@pytest.mark.django_db
def test_a_team_is_found_by_its_key_and_who_is_gone_equals_nobody():
    service = make_team()
    anna = make_user("Anna", service)
    version = make_version(
        by_owner(ConditionPlan("unit", "eq", "service"), ConditionPlan("owner", "ne", "gone@example.org"))
    )
    started = runtime.start(version, by=anna, data={"unit": service.pk})
    assert started.tasks.get().step_key == "special"
    other = runtime.start(version, by=anna, data={"owner": anna.pk})
    assert other.tasks.get().step_key == "usual"
    values = [one.value for flow in nets.compiled(version.pk).net.flows.values() for one in flow.conditions]
    assert values == [service.pk, None]
    assert isinstance(nets.compiled(version.pk).net, engine.Net)


@pytest.mark.django_db
def test_unknown_people_and_teams_stand_in_the_way_of_publishing():
    make_user("Anna", make_team())
    make_user("Berta", make_team(), is_active=False)
    make_user("Lea", make_team(), lead=True)
    version = make_version(
        by_owner(
            ConditionPlan("owner", "in", ["anna@example.org", "berta@example.org"]),
            ConditionPlan("unit", "eq", "nowhere"),
            ConditionPlan("owner", "is_empty"),
        )
    )
    found = [(one.code, one.step, str(one.message)) for one in publishing.problems(version)]
    assert [(code, step) for code, step, _text in found] == [
        ("unknown_person", "gate"),
        ("unknown_team", "gate"),
    ]
    assert "berta@example.org" in found[0][2]
    assert "anna@example.org" not in found[0][2]
