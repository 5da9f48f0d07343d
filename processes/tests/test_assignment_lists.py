"""The list a repeated step is done for: each once, in order, without whoever is gone or kept apart."""

from __future__ import annotations

from typing import Any

import pytest

from people.scope import SYSTEM
from processes import assignment, nets, runtime
from processes.blueprint import Blueprint, FieldPlan, StepFieldPlan, StepPlan
from processes.models import ProcessInstance
from processes.stepplans import Over, Repeat
from processes.tests.builders import flows, make_team, make_user, make_version, node, task

pytestmark = pytest.mark.django_db

FIELDS = (
    FieldPlan("person", "Person", "person"),
    FieldPlan("team", "Team", "team"),
    FieldPlan("parts", "Teile", "multichoice", choices=(("a", "Anlage"), ("b", "Beleg"))),
    FieldPlan("lines", "Zeilen", "longtext"),
    FieldPlan("amount", "Menge", "number"),
)


def case(**data: Any) -> ProcessInstance:
    """A running case: first (Anna does it) → vote (kept apart from first) → end."""
    start = StepPlan(
        "start", "start", "Start", fields=tuple(StepFieldPlan(one.key, "optional") for one in FIELDS)
    )
    plan = Blueprint(
        fields=FIELDS,
        steps=(start, task("first"), task("vote", "board", apart_key="first"), node("end", "end")),
        flows=flows("start>first", "first.done>vote", "vote.done>end"),
    )
    return runtime.start(make_version(plan), by=SYSTEM, data=data)


def items(instance: ProcessInstance, over: Over, key: str = "", persons: tuple[str, ...] = ()) -> list[Any]:
    """The list for the step `vote`."""
    version = nets.compiled(instance.version_id)
    repeat = Repeat(over, persons=persons, key=key)
    return assignment.people_for(repeat, version, version.steps["vote"], instance)


def test_persons_keep_the_order_of_the_definition_and_come_once():
    board = make_team("board")
    anna, bert, cleo = (make_user(name, board) for name in ("Anna", "Bert", "Cleo"))
    make_user("Dora", board, is_active=False)
    make_user("Emil")
    names = ("cleo", "Anna", "dora", "emil", "cleo", "bert", "nobody")
    found = items(case(), Over.PERSONS, persons=tuple(f"{name}@example.org" for name in names))
    assert found == [{"person": cleo.pk}, {"person": anna.pk}, {"person": bert.pk}]


def test_a_team_comes_by_name_and_an_inactive_one_not_at_all():
    board = make_team("board")
    cleo, anna = make_user("Cleo", board), make_user("Anna", board, lead=True)
    make_user("Bert", board, is_active=False)
    instance = case(team=board.pk, person=cleo.pk)
    expected = [{"person": anna.pk}, {"person": cleo.pk}]
    assert items(instance, Over.TEAM, "board") == expected
    assert items(instance, Over.FIELD, "team") == expected
    assert items(instance, Over.FIELD, "person") == [{"person": cleo.pk}]
    board.is_active = False
    board.save()
    assert items(instance, Over.TEAM, "board") == items(instance, Over.FIELD, "team") == []
    assert items(instance, Over.FIELD, "person") == []


def test_whoever_is_kept_apart_is_left_out():
    board = make_team("board")
    anna, bert = make_user("Anna", board, make_team()), make_user("Bert", board)
    instance = case(person=anna.pk)
    runtime.complete_task(runtime.claim(instance.tasks.get(), by=anna), outcome="done", by=anna)
    assert items(instance, Over.TEAM, "board") == [{"person": bert.pk}]
    assert items(instance, Over.PERSONS, persons=(anna.email,)) == []
    assert items(instance, Over.FIELD, "person") == []


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("parts", ["b", "a"], ["a", "b"]),
        ("lines", " Keller \n\nDach\nKeller", ["Keller", "Dach"]),
        ("lines", None, []),
        ("amount", "3", []),
        ("unknown", None, []),
    ],
)
def test_values_of_a_field_come_one_each(key: str, value: Any, expected: list[str]):
    data = {key: value} if value is not None else {}
    assert items(case(**data), Over.FIELD, key) == [{"value": text} for text in expected]
