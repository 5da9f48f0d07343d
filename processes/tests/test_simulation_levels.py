"""The levels of escalation plans around deadlines of a play: which plan, when, and what happens."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from processes.blueprint import Blueprint, DeadlinePlan, FieldPlan, StepFieldPlan
from processes.models import EscalationLevel, EscalationPlan, ProcessDefinition, ProcessVersion
from processes.playing.levels import Course
from processes.tests.builders import clock, flows, make_version, node, task
from processes.tests.plays import Page, chain, draft

pytestmark = pytest.mark.django_db
STANDARD = ["Vorwarnung", "Deadline", "Frist erreicht", "Leitung", "Prozessverantwortung"]


def courses(version: ProcessVersion, **typed: str) -> list[Course]:
    """What happens around each deadline of the first open step, started on a Monday at ten."""
    page = Page(version)
    page.click("begin", at="16.11.2026 10:00", **typed)
    return [one.course for one in page.answer.context["open_steps"][0].deadlines]


def told(course: Course) -> list[tuple[str, str, str]]:
    return [(one.when, one.name, one.what) for one in course.stages]


def plan_of(key: str, *levels: dict[str, Any], **fields: Any) -> EscalationPlan:
    """An escalation plan with these levels."""
    plan = EscalationPlan.objects.create(key=key, name=key.title(), **fields)
    for number, one in enumerate(levels, start=1):
        EscalationLevel.objects.create(plan=plan, number=number, **one)
    return plan


def tell(*whom: str) -> list[dict[str, Any]]:
    return [{"do": "notify", "whom": list(whom)}]


def test_each_level_stands_with_its_moment_in_order():
    (course,) = courses(draft(chain(task("a", deadline="1d"))))
    assert course.plan == "Standard"
    assert [one.name for one in course.stages] == STANDARD
    assert told(course)[0] == ("Mon 16 Nov 2026, 16:24", "Vorwarnung", "tells who works on it")
    assert told(course)[3] == ("Wed 18 Nov 2026, 10:00", "Leitung", "tells the team's lead")
    assert [one.counted for one in course.stages][:2] == [
        "when 80 % of the time have passed",
        "at the deadline",
    ]


def test_a_draft_is_watched_by_the_plans_of_now_and_a_published_version_by_its_copies():
    plan = chain(task("a", deadline="1d"))
    copied = [{"level": 1, "name": "Kopie", "offset": "1d", "acts": tell("owner")}]
    assert [one.name for one in courses(draft(plan))[0].stages] == STANDARD
    version = make_version(plan, ProcessDefinition.objects.get(), levels=copied)
    assert [one.name for one in courses(version)[0].stages] == ["Deadline", "Kopie"]
    EscalationLevel.objects.filter(name="Vorwarnung").update(name="Umbenannt")
    assert [one.name for one in courses(version)[0].stages] == ["Deadline", "Kopie"]
    fresh = ProcessVersion.objects.get(state="draft")
    assert courses(fresh)[0].stages[0].name == "Umbenannt"


def test_the_plan_of_the_step_and_the_urgency_is_taken():
    plan_of("eilig", {"name": "Sofort", "offset": "", "acts": tell("lead")})
    plan = chain(task("a", deadline="1d", plan_keys={"0": "eilig"}))
    version = draft(plan)
    (normal,), (critical,) = courses(version), courses(version, urgency="0")
    assert (normal.plan, critical.plan) == ("Standard", "Eilig")
    assert [one.name for one in critical.stages] == ["Deadline", "Sofort"]


def test_every_kind_of_deadline_has_its_levels_and_the_law_its_early_warning():
    rules = (
        DeadlinePlan(offset="4h", kind="reaction"),
        DeadlinePlan(offset="1m", is_legal=True),
    )
    found = courses(draft(chain(task("a", deadlines=rules))))
    assert len(found) == 2
    assert "Early warning" not in [one.name for one in found[0].stages]
    early = next(one for one in found[1].stages if one.name == "Early warning")
    assert early.counted == "to begin in time, by the law's deadline"


def test_a_reaction_time_ends_no_task():
    late = {"name": "Ende", "offset": "1h", "acts": [{"do": "outcome", "key": "late"}]}
    plan_of("zwang", late, {"name": "Bescheid", "offset": "2h", "acts": tell("lead")})
    rules = (DeadlinePlan(offset="4h", kind="reaction"), DeadlinePlan(offset="3d"))
    step = task("a", deadlines=rules, plan_keys={"": "zwang"})
    step = replace(step, outcomes=(*step.outcomes, clock("late", offset="9d")))
    found = [[one.name for one in course.stages] for course in courses(draft(chain(step)))]
    assert found == [["Deadline", "Bescheid"], ["Deadline", "Ende", "Bescheid"]]


def test_the_deadline_of_the_case_has_its_levels_too():
    plan = Blueprint(
        steps=(node("start", "start"), task("a"), node("end", "end")),
        flows=flows("start>a", "a.done>end"),
        deadlines=(DeadlinePlan(basis="case", offset="10d"),),
    )
    page = Page(draft(plan))
    page.click("begin", at="16.11.2026 10:00")
    assert [one.name for one in page.answer.context["case_deadline"].course.stages] == STANDARD
    assert page.text.count('class="course"') == 1


def test_outcomes_and_fields_are_named_and_a_level_that_would_do_nothing_says_so():
    late = {"name": "Ende", "offset": "1d", "acts": [{"do": "outcome", "key": "late"}], "least_urgency": 0}
    condition = ["amount", "gt", "5", "number"]
    dear = {"name": "Teuer", "offset": "2d", "acts": tell("owner"), "condition": condition}
    plan_of("zwang", late, dear)
    step = task("a", deadline="1d", plan_keys={"": "zwang"}, fields=(StepFieldPlan("amount"),))
    step = replace(step, outcomes=(*step.outcomes, clock("late", offset="9d")))
    version = draft(chain(step, fields=(FieldPlan("amount", "Betrag", "number"),)))
    (course,), (critical,) = courses(version), courses(version, urgency="0")
    assert course.stages[1].what == "chooses the outcome “Late”"
    assert [one.only_if for one in course.stages[1:]] == [
        "only from urgency Critical on",
        "only if Betrag > 5",
    ]
    assert [one.is_idle for one in course.stages] == [False, True, True]
    assert [one.is_idle for one in critical.stages] == [False, False, True]


def test_without_a_plan_it_is_marked_and_nothing_else():
    EscalationPlan.objects.all().delete()
    (course,) = courses(draft(chain(task("a", deadline="1d"))))
    assert course.plan == ""
    assert [one.what for one in course.stages] == ["marked as overdue"]


def test_a_deadline_that_is_not_known_has_no_levels():
    late = DeadlinePlan(basis="field", key="day")
    plan = chain(task("a", deadlines=(late,)), fields=(FieldPlan("day", "Tag", "date"),))
    assert courses(draft(plan)) == [None]
