"""The dated examples of the editing page: what stands there is what a case does."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.utils import timezone, translation
from django.utils.translation import gettext

from people.models import PersonCalendar
from processes import publishing, runtime
from processes.blueprint import Blueprint, DeadlinePlan, FieldPlan, StepFieldPlan, StepPlan
from processes.models import ProcessVersion
from processes.tests.builders import (
    flows,
    make_definition,
    make_team,
    make_user,
    make_version,
    node,
    task,
    wait,
)
from processes.tests.draft_page import as_admin, opened
from tasks.models import Clock
from tasks.tests.clockwork import calendar

pytestmark = pytest.mark.django_db


def draft_of(plan: Blueprint) -> ProcessVersion:
    return publishing.draft_from(plan, make_definition("probe"), by=None)


def said_of(draft: ProcessVersion, key: str, element: str) -> str:
    """The remark under a deadline or a wait."""
    page = opened(as_admin("Pia"), draft)
    row = page.row(key)
    page.press(f"open:{row}")
    found = re.search(rf'id="{row}-{element}-example"[^>]*>([^<]*)<', page.html)
    assert found
    return found[1].replace("\xa0", " ")


def single(step: StepPlan) -> Blueprint:
    return Blueprint(
        steps=(node("start", "start"), step, node("end", "end")),
        flows=flows("start>council", "council.done>end"),
    )


def shown(moment: dt.datetime) -> str:
    return f"{timezone.localtime(moment):%d.%m.%Y}, 10:00"


def test_the_example_of_a_wait_is_what_a_case_does():
    """A date stands for the opening of the office of the owning team, on a closed day for the next one."""
    plan = Blueprint(
        fields=(FieldPlan("entry", "Eintritt", "date"),),
        steps=(
            StepPlan("start", "start", "Start", fields=(StepFieldPlan("entry"),)),
            wait("pause", basis="field", key="entry"),
            task("work"),
            node("end", "end"),
        ),
        flows=flows("start>pause", "pause>work", "work.done>end"),
    )
    team = make_team()
    team.calendar = calendar("kurz", 10, 12)
    team.save()
    draft = draft_of(plan)
    day = timezone.localdate() + dt.timedelta(days=30)
    version = make_version(plan, make_definition("other"))
    data = {"entry": day.isoformat()}
    case = runtime.start(version, by=make_user("Anna", team), data=data, at=timezone.now())
    (clock,) = Clock.objects.filter(instance=case, wake_at__isnull=False)
    assert clock.wake_at is not None
    assert timezone.localtime(clock.wake_at).hour == 10
    assert said_of(draft, "pause", "timer").endswith(shown(clock.wake_at))


@pytest.mark.parametrize("rule", [{"assignment": "person", "person": "rita@example.org"}, {}])
def test_the_example_of_a_deadline_is_counted_as_in_a_case(rule: dict[str, str]):
    """By the calendar of the certain person, else of the team that does it."""
    short = calendar("kurz", 9, 10)
    service, other = make_team(), make_team("other")
    rita = make_user("Rita", service)
    if rule:
        rule = {**rule, "person": rita.email}
        PersonCalendar.objects.create(user=rita, calendar=short, from_on=dt.date(2026, 1, 1))
    else:
        service.calendar = short
        service.save()
    plan = single(task("council", deadline="3d", **rule))
    draft = draft_of(plan)
    version = make_version(plan, make_definition("twin"))
    before = timezone.now()
    case = runtime.start(version, by=make_user("Anna", other), at=before)
    (clock,) = Clock.objects.filter(instance=case, wake_at__isnull=False)
    assert clock.due_at is not None
    assert (
        f"{timezone.localtime(clock.due_at):%d.%m.%Y}" in said_of(draft, "council", "due").partition("→")[2]
    )


DUE = "Example: begun %(start)s%(given)s → due %(due)s"
TAKEN_OVER = "Example: begun %(start)s%(given)s → to be taken over by %(due)s"


@pytest.mark.parametrize(
    ("rule", "sentence", "part"),
    [
        (DeadlinePlan(offset="1w", is_legal=True, is_final=True), DUE, "the end of %(day)s"),
        (DeadlinePlan(offset="4h", urgency=0), DUE, ", urgency %(urgency)s"),
        (DeadlinePlan(offset="4h", kind="reaction"), TAKEN_OVER, ""),
    ],
)
def test_the_example_of_a_deadline_knows_its_further_rules(rule: DeadlinePlan, sentence: str, part: str):
    text = said_of(draft_of(single(task("council", deadlines=(rule,)))), "council", "due")
    with translation.override("de"):
        assert re.fullmatch(form_of(sentence), text)
        assert re.search(form_of(part), text)


def form_of(msgid: str) -> str:
    """A sentence with anything in the places of its facts."""
    translated = gettext(msgid) if msgid else ""
    return ".*".join(map(re.escape, re.split(r"%\(\w+\)s", translated)))


def test_of_several_rules_the_first_to_come_is_the_example():
    """The legal week comes before the fifty working days of the sentence above it."""
    rules = (DeadlinePlan(offset="1w", is_legal=True),)
    said = said_of(draft_of(single(task("council", deadline="50d", deadlines=rules))), "council", "due")
    due = re.search(r"→\D*(\d\d)\.(\d\d)\.(\d{4})", said)
    assert due
    assert dt.date(int(due[3]), int(due[2]), int(due[1])) < timezone.localdate() + dt.timedelta(days=14)
