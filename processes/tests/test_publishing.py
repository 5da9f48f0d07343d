"""The life of a version, and what stands in the way of publishing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from people.models import AdminEvent
from processes import blueprint, nets, publishing, runtime
from processes.blueprint import (
    Blueprint,
    ConditionPlan,
    FieldPlan,
    FlowPlan,
    OutcomePlan,
    StepFieldPlan,
)
from processes.checking.checks import net_of, problems_of
from processes.models import (
    Condition,
    FormField,
    Outcome,
    ProcessVersion,
    PublishedVersionError,
    Step,
)
from processes.tests.builders import (
    attend,
    complaint,
    flows,
    make_definition,
    make_team,
    make_user,
    make_version,
    node,
    parallel,
    single,
    task,
)

PATTERN = "V-{year}-{seq}"


def codes(plan: Blueprint, **facts: Any) -> set[tuple[str, str]]:
    """Code and step of everything found."""
    found = problems_of(plan, number_pattern=facts.pop("number_pattern", PATTERN), **facts)
    return {(one.code, one.step) for one in found}


def with_step(plan: Blueprint, key: str, **changes: Any) -> Blueprint:
    """The plan with one step changed."""
    return replace(
        plan, steps=tuple(replace(one, **changes) if one.key == key else one for one in plan.steps)
    )


@pytest.mark.django_db
def test_the_net_that_is_checked_is_the_net_that_runs():
    """Also where steps and transitions have no positions of their own, so that their rows' order decides."""
    version = ProcessVersion.objects.create(definition=make_definition(), number=1)
    blueprint.write(version, replace(parallel(), steps=tuple(replace(s, team="") for s in parallel().steps)))
    for key in ("z", "y", "x"):
        version.steps.create(key=key, kind="inclusive", name=key, position=0)
    version.transitions.update(position=0)
    steps = {one.key: one for one in version.steps.all()}
    for source in ("start", *steps.keys() - {"start", "end"}):
        for key in ("z", "y", "x"):
            version.transitions.create(source=steps[source], target=steps[key], position=0)
    checked, running = net_of(blueprint.read(version)), nets.compile_version(version).net
    assert checked.inclusive_joins == running.inclusive_joins == ("z", "y", "x")
    assert list(checked.nodes) == list(running.nodes)
    for key in steps:
        assert [one.target for one in checked.outgoing(key)] == [one.target for one in running.outgoing(key)]


def test_a_sound_plan_has_no_problems():
    assert codes(complaint()) == set()
    assert codes(parallel()) == set()
    assert codes(single()) == set()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"team": ""}, "nobody_responsible"),
        ({"team": "", "assignment": "starter"}, "no_fallback_team"),
        ({"assignment": "person"}, "nobody_responsible"),
        ({"assignment": "same_as"}, "reference_missing"),
        ({"assignment": "not_same_as", "reference_key": "nowhere"}, "reference_unknown"),
        ({"assignment": "same_as", "reference_key": "check"}, "reference_unknown"),
        ({"deadline": "bald"}, "deadline"),
        ({"outcomes": ()}, "no_outcome"),
        ({"outcomes": (OutcomePlan("ok", "Ok"), OutcomePlan("lost", "Verloren"))}, "outcome_without_target"),
        ({"kind": "timer"}, "wait_missing"),
    ],
)
def test_faults_of_a_step_name_it(changes: dict[str, Any], code: str):
    plan = with_step(complaint(), "check", **changes)
    assert (code, "check") in codes(plan)
    found = next(one for one in problems_of(plan, number_pattern=PATTERN) if one.code == code)
    assert "Check" in str(found.message)


@pytest.mark.parametrize("pattern", ["V-{year}", "V-{seq}-{seq}", "V-{jahr}-{seq}", "V-{seq"])
def test_number_patterns_that_cannot_count_are_found(pattern: str):
    assert ("number_pattern", "") in codes(single(), number_pattern=pattern)


def test_choices_must_be_there_and_a_key_keeps_its_type():
    plan = replace(
        single(), fields=(FieldPlan("cause", "Ursache", "choice"), FieldPlan("day", "Tag", "date"))
    )
    assert codes(plan, earlier_types={"day": "text"}) == {("choices_missing", ""), ("type_changed", "")}


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        (ConditionPlan("nowhere", "eq", "x"), "condition_field"),
        (ConditionPlan("amount", "contains", "x"), "condition"),
        (ConditionPlan("amount", "ge", "viel"), "condition"),
        (ConditionPlan("cause", "eq", "unknown"), "condition"),
        (ConditionPlan("amount", "ge", None), "condition"),
    ],
)
def test_conditions_must_fit_their_field(condition: ConditionPlan, code: str):
    plan = Blueprint(
        fields=complaint().fields,
        steps=(node("start", "start"), node("gate", "exclusive"), task("a"), node("end", "end")),
        flows=(
            *flows("start>gate", "gate>end*", "a.done>end"),
            FlowPlan("gate", "a", conditions=(condition,)),
        ),
    )
    assert codes(plan) == {(code, "gate")}


@pytest.mark.parametrize(
    ("lines", "code", "step"),
    [
        ("start>a a.done>end", "unreachable", "gate"),
        ("start>a a.done>gate", "no_way_on", "gate"),
        ("start>a a.done>gate gate>gate end>a", "end_goes_on", "end"),
        ("start>a a.done>gate gate>a gate>start a.done>end", "start_entered", "start"),
        ("start>gate gate>gate gate>a* a.done>end", "endless", "gate"),
        ("start>a a>end a.done>gate gate>end", "way_without_outcome", "a"),
    ],
)
def test_faults_of_the_graph_are_found(lines: str, code: str, step: str):
    steps = (node("start", "start"), task("a"), node("gate", "exclusive"), node("end", "end"))
    assert (code, step) in codes(Blueprint(steps=steps, flows=flows(*lines.split())))


def test_a_graph_without_start_or_end_is_found():
    assert {("no_start", ""), ("no_end", "")} <= codes(Blueprint(steps=(task("a"),)))
    twice = Blueprint(steps=(node("start", "start"), node("again", "start"), node("end", "end")))
    assert ("second_start", "again") in codes(twice)


def test_a_join_that_waits_for_both_outcomes_of_one_task_is_found():
    plan = Blueprint(
        steps=(
            node("start", "start"),
            task("a", outcomes="yes no"),
            node("join", "parallel"),
            node("end", "end"),
        ),
        flows=flows("start>a", "a.yes>join", "a.no>join", "join>end"),
    )
    assert codes(plan) == {("join_of_alternatives", "join")}


@pytest.mark.django_db
def test_publishing_retires_the_former_version_and_logs_both():
    attend("service", "quality")
    first = make_version(complaint())
    second = publishing.new_draft(first, by=None)
    admin = make_user("Admin", is_process_admin=True)
    publishing.publish(second, by=admin)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("retired", "published")
    assert first.retired_at is not None and second.published_by == admin
    event = AdminEvent.objects.get(kind="version_published")
    assert event.changes["published_version"] == [1, 2]


@pytest.mark.django_db
def test_a_faulty_draft_is_refused_with_the_list_and_stays_a_draft():
    attend("service", "quality")
    version = publishing.new_draft(make_version(complaint()), by=None)
    Step.objects.filter(version=version, key="check").update(team=None)
    with pytest.raises(publishing.NotPublishable) as refusal:
        publishing.publish(version, by=None)
    assert [one.code for one in refusal.value.problems] == ["nobody_responsible"]
    assert ProcessVersion.objects.get(pk=version.pk).is_draft
    assert version.definition.published is not None


@pytest.mark.django_db
def test_a_draft_saved_in_between_is_not_published():
    version = publishing.new_draft(make_version(complaint()), by=None)
    with pytest.raises(publishing.DraftChanged):
        publishing.publish(version, by=None, expected=version.lock_version + 1)


@pytest.mark.django_db
def test_a_version_is_published_once_and_retired_once():
    attend("service", "quality")
    version = publishing.new_draft(make_version(complaint()), by=None)
    publishing.publish(version, by=None)
    with pytest.raises(publishing.NotADraft):
        publishing.publish(version, by=None)
    publishing.retire(version, by=None)
    with pytest.raises(publishing.NotPublished):
        publishing.retire(version, by=None)
    assert version.definition.published is None


@pytest.mark.django_db
def test_a_draft_is_a_deep_copy_and_changing_it_leaves_the_origin_alone():
    origin = make_version(complaint())
    before = blueprint.read(origin)
    copy = publishing.new_draft(origin.definition, by=None)
    assert blueprint.read(copy) == before
    copy.steps.all().delete()
    assert blueprint.read(origin) == before


@pytest.mark.django_db
def test_a_field_key_cannot_change_its_type_in_a_later_version():
    attend("service", "quality")
    version = publishing.new_draft(make_version(complaint()), by=None)
    FormField.objects.filter(version=version, key="report").update(type="date")
    assert [one.code for one in publishing.problems(version)] == ["type_changed"]


@pytest.mark.django_db
def test_running_cases_stay_on_their_version_when_a_new_one_is_published():
    attend("service", "quality")
    first = make_version(complaint())
    case = runtime.start(first, by=make_user("Clerk", make_team()))
    publishing.publish(publishing.new_draft(first, by=None), by=None)
    case.refresh_from_db()
    assert case.version == first


@pytest.mark.django_db
def test_the_models_refuse_every_change_of_a_published_version():
    version = make_version(complaint())
    step = version.steps.get(key="check")
    step.name = "Anders"
    with pytest.raises(PublishedVersionError):
        step.save()
    with pytest.raises(PublishedVersionError):
        step.outcomes.get(key="ok").delete()
    with pytest.raises(PublishedVersionError):
        Outcome.objects.create(step=step, key="new", label="Neu")
    with pytest.raises(PublishedVersionError):
        Condition.objects.create(transition=version.transitions.first(), field_key="amount")


@pytest.mark.postgres
@pytest.mark.django_db
@pytest.mark.parametrize("table", ["fields", "steps", "transitions"])
def test_the_database_refuses_what_goes_past_the_models(table: str):
    rows = getattr(make_version(complaint()), table)
    for change in (lambda: rows.update(position=99), lambda: rows.all()._raw_delete(rows.db)):
        with pytest.raises(IntegrityError, match="published_version"), transaction.atomic():
            change()


@pytest.mark.postgres
@pytest.mark.django_db
def test_the_database_refuses_to_reopen_a_version():
    version = make_version(complaint())
    for values in ({"state": "draft"}, {"number": 77}):
        with pytest.raises(IntegrityError, match="published_version"), transaction.atomic():
            ProcessVersion.objects.filter(pk=version.pk).update(**values)


@pytest.mark.django_db
def test_start_form_fields_survive_the_copy():
    plan = with_step(complaint(), "start", fields=(StepFieldPlan("amount", "required"),))
    version = make_version(plan, make_definition("other"))
    assert blueprint.read(publishing.new_draft(version, by=None)) == plan
