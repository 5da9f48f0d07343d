"""Deadline rules and escalation plans on the page of a draft, in words, and in the list of what changes."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from django.utils.translation import override

from people.models import AdminEvent
from processes import blueprint, publishing
from processes.blueprint import Blueprint, DeadlinePlan, FieldPlan, StepFieldPlan, StepPlan
from processes.comparing.versiondiff import differences
from processes.models import EscalationPlan, ProcessVersion
from processes.tests.builders import attend, flows, make_definition, node, task
from processes.tests.draft_page import DraftPage, opened
from processes.tests.test_admin import as_admin, door
from processes.words.planwords import Names, deadline, deadlines

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft() -> ProcessVersion:
    """start (day) → one → two → end."""
    form = StepPlan("start", "start", "Start", fields=(StepFieldPlan("day", "required"),))
    plan = Blueprint(
        fields=(FieldPlan("day", "Skonto bis", "date"),),
        steps=(form, task("one", deadline="3d"), task("two"), node("end", "end")),
        flows=flows("start>one", "one.done>two", "two.done>end"),
    )
    EscalationPlan.objects.create(key="fast", name="Eilig")
    return publishing.draft_from(plan, make_definition(), by=None)


def add_rule(page: DraftPage, name: str, **values: str) -> None:
    page.press(f"add:{name}")
    row = page.typed[name][-1]
    for each, value in values.items():
        page.put(f"{row}-{each}", *filter(None, [value]))


def test_rules_and_plans_are_chosen_on_the_page(draft: ProcessVersion):
    page = opened(as_admin(), draft)
    one, two, day = page.row("one"), page.row("two"), page.row("day")
    page.press(f"open:{one}").put(f"{one}-plan", "fast")
    page.put(f"{one}-latest-amount", "4").put(f"{one}-latest-direction", "before")
    page.put(f"{one}-latest-basis", f"field:{day}").press(f"open:{two}")
    add_rule(page, f"{two}-deadlines", basis=f"after:{one}", amount="2", urgency="0")
    add_rule(page, f"{two}-deadlines", kind="reaction", amount="4", unit="h")
    add_rule(page, "deadlines", basis="case", amount="1", unit="m", is_legal="on", is_final="on")
    add_rule(page, "deadlines", basis="date", day="2026-12-31")
    page.put("version-plan_", "standard").put("version-plan_0", "fast")
    response = page.send("save")
    assert response.status_code == 302, response.context["faults"]
    plan = blueprint.read(ProcessVersion.objects.get(pk=draft.pk))
    _start, first, second, _end = plan.steps
    assert (first.deadline, first.deadlines) == ("3d", (DeadlinePlan("field", "-4d", "day"),))
    assert second.deadlines == (
        DeadlinePlan("after", "2d", "one", urgency=0),
        DeadlinePlan("step", "4h", kind="reaction"),
    )
    assert plan.deadlines == (
        DeadlinePlan("case", "1m", is_legal=True, is_final=True),
        DeadlinePlan("date", "", "", "2026-12-31"),
    )
    assert (plan.plan_keys, first.plan_keys, second.plan_keys) == (
        {"": "standard", "0": "fast"},
        {"": "fast"},
        {},
    )
    changes = AdminEvent.objects.get(kind="draft_changed").changes
    assert changes["steps.one.deadlines"] == [None, [{"basis": "field", "offset": "-4d", "key": "day"}]]
    assert changes["plan_keys"] == [None, {"": "standard", "0": "fast"}]


def test_a_deadline_says_itself_with_dates(draft: ProcessVersion):
    page = opened(as_admin(), draft)
    one, day = page.row("one"), page.row("day")
    page.press(f"open:{one}")
    assert re.search(r"Beispiel: Beginn \w\w, [\d.]{10}, \d\d:\d\d → fällig \w\w, [\d.]{10}", page.html)
    page.put(f"{one}-due-basis", f"field:{day}").press("redraw")
    assert "Datum im Vorgang" in page.html
    page.put(f"{one}-due-amount").put(f"{one}-due-basis", "step").press("redraw")
    assert "Ohne Frist: Hier wird nichts überwacht." in page.html
    assert "Ohne Frist: One, Two." in page.html


LEGAL = [
    (
        {"basis": "case", "unit": "m", "adds_half_month": "on", "warns": "own", "warning_amount": "2"},
        {"basis": "case", "offset": "1m", "adds_half_month": True, "early_warning": "2w"},
    ),
    (
        {"basis": "field", "amount": "6", "unit": "m", "direction": "after", "days_before_end": "14"},
        {"basis": "field", "offset": "6m", "key": "day", "days_before_end": 14},
    ),
    ({"basis": "case", "unit": "m", "warns": "0"}, {"basis": "case", "offset": "1m", "early_warning": "0"}),
    (
        {"basis": "field", "unit": "m", "direction": "before"},
        {"basis": "field", "offset": "-1m", "key": "day", "shifts_to_working_day": False},
    ),
    (
        {"basis": "field", "unit": "w", "direction": "before", "moves_up": "on", "ends_with_date": "on"},
        {"basis": "field", "offset": "-1w", "key": "day", "counts_first_day": True},
    ),
    ({"basis": "field", "amount": "", "is_final": "on"}, {"basis": "field", "key": "day", "is_final": True}),
    (
        {"basis": "date", "day": "2026-12-31", "amount": "", "shifts_to_working_day": ""},
        {"basis": "date", "on": "2026-12-31", "shifts_to_working_day": False},
    ),
]


@pytest.mark.parametrize(("typed", "rule"), LEGAL)
def test_what_the_law_knows_is_chosen_on_the_page_and_shown_again(
    draft: ProcessVersion, typed: dict[str, str], rule: dict[str, object]
):
    admin = as_admin()
    page = opened(admin, draft)
    basis = f"field:{page.row('day')}" if typed["basis"] == "field" else typed["basis"]
    add_rule(page, "deadlines", is_legal="on", **{"amount": "1", **typed, "basis": basis})
    expected = (DeadlinePlan(**rule, is_legal=True),)
    for _again in range(2):
        response = page.press("redraw").send("save")
        assert response.status_code == 302, response.context["faults"]
        assert blueprint.read(ProcessVersion.objects.get(pk=draft.pk)).deadlines == expected
        page = opened(admin, draft)


def test_only_what_fits_a_legal_deadline_is_asked(draft: ProcessVersion):
    page = opened(as_admin(), draft)
    basis = f"field:{page.row('day')}"
    add_rule(page, "deadlines", amount="1", unit="m", basis=basis, direction="after")
    row = page.typed["deadlines"][-1]

    def asked() -> set[str]:
        named = re.findall(rf'<(?:input type="(?:checkbox|number)"|select) name="{row}-(\w+)"', page.html)
        return set(named) - {"kind", "urgency", "pick", "amount", "unit", "direction", "basis", "is_final"}

    assert asked() == {"is_legal"}
    page.put(f"{row}-is_legal", "on").press("redraw")
    forwards = {"is_legal", "adds_half_month", "days_before_end", "counts_first_day", "shifts_to_working_day"}
    assert asked() == forwards | {"warns"}
    page.put(f"{row}-direction", "before").put(f"{row}-unit", "w").put(f"{row}-warns", "own").press("redraw")
    own_time = {"warns", "warning_amount", "warning_unit"}
    assert asked() == {"is_legal", "ends_with_date", "moves_up", *own_time}
    page.put(f"{row}-amount", "").put(f"{row}-warns", "").press("redraw")
    assert asked() == {"is_legal", "shifts_to_working_day", "warns"}


def test_an_own_early_warning_needs_its_time(draft: ProcessVersion):
    page = opened(as_admin(), draft)
    add_rule(page, "deadlines", basis="case", amount="1", unit="m", is_legal="on", warns="own")
    page.put(f"{page.typed['deadlines'][-1]}-warning_amount", "")
    response = page.send("save")
    assert response.status_code == 422
    assert "Bitte eine Zahl ab 1 eingeben." in response.content.decode()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"basis": "field:f9"}, "field:f9"),
        ({"basis": "date"}, "Bitte ein Datum wählen."),
        ({"basis": "case", "amount": ""}, "Bitte eine Zahl ab 1 eingeben."),
        ({"amount": "bald"}, "Bitte eine ganze Zahl eingeben."),
        ({"amount": "99999", "unit": "y"}, "Höchstens 100."),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(draft: ProcessVersion, wrong: dict[str, str], sentence: str):
    page = opened(as_admin(), draft)
    one = page.row("one")
    page.press(f"open:{one}")
    add_rule(page, f"{one}-deadlines", **{"amount": "1", **wrong})
    response = page.send("save")
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not draft.deadline_rules.exists()


def test_plans_of_single_urgencies_from_a_file_stay(draft: ProcessVersion):
    draft.steps.filter(key="one").update(plan_keys={"0": "fast"})
    page = opened(as_admin(), draft)
    page.put(f"{page.row('one')}-plan", "standard").send("save")
    assert draft.steps.get(key="one").plan_keys == {"0": "fast", "": "standard"}


def test_before_publishing_plans_and_tasks_without_a_deadline_are_named(draft: ProcessVersion):
    draft.plan_keys = {"0": "fast"}
    draft.save()
    page = as_admin().get(door(draft, "publish"))
    assert [plan.key for plan, _levels in page.context["plans"]] == ["fast", "standard"]
    assert "no_deadline" in {one.code for one in page.context["hints"]}
    hints = {one.code: str(one.message) for one in publishing.hints(draft)}
    assert "Two" in hints["no_deadline"] and hints["no_calendar"]


def test_a_shown_version_says_its_plans(draft: ProcessVersion):
    draft.plan_keys = {"0": "fast", "": "standard"}
    draft.save()
    attend("service")
    published = publishing.publish(draft, by=None)
    text = as_admin().get(door(published)).content.decode()
    assert "Eilig" in text


def test_a_rule_in_words():
    names = Names.of(Blueprint(fields=(FieldPlan("day", "Skonto bis", "date"),), steps=(task("one"),)))
    with override("en"):
        assert deadlines([DeadlinePlan("field", "-4d", "day")], names, short="3d") == [
            "3 working days after the start of the task, at the latest 4 working days before the date"
            " “Skonto bis”"
        ]
        later = [DeadlinePlan(offset="3d"), DeadlinePlan("after", "2d", "one", pick="latest")]
        assert deadlines(later, names)[0].startswith("the latest of: 3 working days")
        own = deadlines([DeadlinePlan(offset="4h", kind="reaction", urgency=1)], names)
        assert own == ["urgency High, to be taken over: 4 working hours after the start of the task"]
        legal = DeadlinePlan("case", "1m", is_legal=True, shifts_to_working_day=False, is_final=True)
        assert deadline(legal, names) == (
            "1 month after the start of the case (legal deadline, does not move to a working day,"
            " cannot be extended)"
        )
        assert deadline(DeadlinePlan(offset="bald"), names) == "This cannot be read."


WEEK = DeadlinePlan("field", "-1w", "day")
HALF = DeadlinePlan("case", "1m", adds_half_month=True, early_warning="0")


def test_a_legal_rule_in_words():
    names = Names.of(Blueprint(fields=(FieldPlan("day", "Vertragsende", "date"),)))
    rules = {
        "1 month before the date “Vertragsende” (legal deadline, the date is the last day of the period,"
        " early warning 2 weeks before)": DeadlinePlan(
            "field", "-1m", "day", counts_first_day=True, shifts_to_working_day=False, early_warning="2w"
        ),
        "1 week before the date “Vertragsende” (legal deadline, moves to the working day before)": WEEK,
        "the date “Vertragsende” (legal deadline)": DeadlinePlan("field", "", "day"),
        "1 month after the start of the case (legal deadline, and half a month, no early warning)": HALF,
    }
    with override("en"):
        said = [deadline(replace(rule, is_legal=True), names) for rule in rules.values()]
    assert said == list(rules)


def test_changes_of_deadlines_are_told():
    old = Blueprint(steps=(task("one"),))
    new = Blueprint(
        steps=(task("one", deadlines=(DeadlinePlan(offset="3d"),), plan_keys={"": "fast"}),),
        deadlines=(DeadlinePlan("case", "30d"),),
    )
    assert differences(old, new) == {
        "deadlines": [None, [{"basis": "case", "offset": "30d"}]],
        "steps.one.deadlines": [None, [{"offset": "3d"}]],
        "steps.one.plan_keys": [None, {"": "fast"}],
    }
