"""What the pickers of an escalation plan offer: one choice for what a plan keeps as one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.utils import translation

from processes import publishing
from processes.adminpages import planchoices
from processes.blueprint import FieldPlan
from processes.models import Outcome
from processes.tests.builders import make_definition, single, task

pytestmark = pytest.mark.django_db
SUM = FieldPlan("netto", "Nettobetrag", "money")


def process(name: str, *steps: str, key: str = "still", field: FieldPlan = SUM) -> str:
    """A draft of a process whose tasks of these names end by the clock."""
    plan = replace(single(deadline="3d"), fields=(field,))
    extra = tuple(task(step.lower()) for step in steps)
    version = publishing.draft_from(
        replace(plan, steps=(*plan.steps, *extra)), make_definition(key=name.lower(), name=name), by=None
    )
    Outcome.objects.bulk_create(
        Outcome(step=step, key=key, label="Keine Antwort", is_clock=True)
        for step in version.steps.filter(name__in=steps)
    )
    return name


def test_outcomes_of_one_key_are_one_choice_that_names_its_steps():
    process("Einkauf", "Warten", "Mahnen")
    process("Verkauf", "Bitten", key="vorbei")
    assert planchoices.known(["Verkauf"]).outcomes == [
        ("Verkauf", [("vorbei", "Keine Antwort (Bitten)")]),
        ("Einkauf", [("still", "Keine Antwort (Mahnen, Warten)")]),
    ]


def test_what_several_processes_have_is_one_choice_of_them_all():
    process("Einkauf", "Warten")
    process("Verkauf", "Bitten", field=replace(SUM, label="Summe"))
    known = planchoices.known(["Verkauf"])
    assert known.outcomes == [("Verkauf, Einkauf", [("still", "Keine Antwort (Bitten, Warten)")])]
    assert known.fields == [("Verkauf, Einkauf", [("netto:money", "Summe, Nettobetrag")])]
    assert known.outcome_names() == {"still": "Keine Antwort (Bitten, Warten)"}
    assert known.holders["still"] == {"Einkauf", "Verkauf"}


def test_fields_of_one_key_and_other_types_stay_two_choices():
    process("Einkauf")
    process("Verkauf", field=FieldPlan("netto", "Netto?", "yesno"))
    values = [value for _group, rows in planchoices.known().fields for value, _label in rows]
    assert values == ["netto:money", "netto:yesno"]


def test_many_steps_are_cut_short():
    process("Einkauf", "A", "B", "C", "D", "E")
    with translation.override("en"):
        ((_group, rows),) = planchoices.known().outcomes
    assert rows == [("still", "Keine Antwort (A, B, C, 2 more)")]


def test_processes_that_use_the_plan_and_lack_what_is_chosen_are_named():
    process("Einkauf", "Warten")
    process("Verkauf")
    known = planchoices.known(["Einkauf", "Verkauf"])
    assert (known.lacking("still"), known.lacking("netto:money"), known.lacking("")) == ("Verkauf", "", "")
    assert known.lacking("netto:yesno") == "Einkauf, Verkauf"
    assert planchoices.known().lacking("still") == ""
