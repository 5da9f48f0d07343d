"""What findings say to somebody who never programmed: names, what to do, and who can help."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from people.models import Membership, Team
from processes import library, policy, publishing
from processes.blueprint import Blueprint, FieldPlan, OutcomePlan, StepFieldPlan
from processes.checking import advice, checks
from processes.checking.callchecks import Called, Caller, Outside, called_of
from processes.checking.findings import Problem
from processes.models import ProcessDefinition
from processes.stepplans import Call
from processes.tests.builders import (
    call,
    complaint,
    flows,
    make_definition,
    make_team,
    make_user,
    node,
    repeated,
    single,
    task,
)


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


def found(plan: Blueprint, code: str, **around: Any) -> Problem:
    """The only finding of this code."""
    (one,) = [
        each for each in checks.problems_of(plan, number_pattern="R-{seq}", **around) if each.code == code
    ]
    return one


def called() -> Called:
    """A process that demands the field `firma`, called “Firma”, and has one end."""
    plan = replace(
        single(),
        fields=(FieldPlan("firma", "Firma", "text"),),
        steps=(
            replace(node("start", "start"), fields=(StepFieldPlan("firma", "required"),)),
            *single().steps[1:],
        ),
    )
    return called_of(plan, checks.net_of(plan), key="part", name="Neukunde")


def calling(step: Any, *fields: FieldPlan) -> dict[str, Any]:
    plan = Blueprint(
        fields=fields,
        steps=(node("start", "start"), step, node("end", "end")),
        flows=flows("start>work", *(f"work.{one.key}>end" for one in step.outcomes)),
    )
    return {"plan": plan, "outside": Outside(names={"part": "Neukunde"}, called={"part": called()})}


def test_what_has_no_name_is_called_so():
    nameless = replace(task("work", team=""), name="")
    plan = replace(single(), steps=(node("start", "start"), nameless, node("end", "end")))
    assert "(without a name)" in str(found(plan, "nobody_responsible").message)


def test_fields_of_both_processes_have_their_labels():
    lacking = found(code="input_missing", **calling(call("work", "part")))
    assert "“Firma”" in str(lacking.message) and "firma" not in str(lacking.message)
    step = call("work", "part")
    step = replace(step, config={"call": {**step.config["call"], "inputs": [["firma", "interessent"]]}})
    unlike = found(code="field_types", **calling(step, FieldPlan("interessent", "Interessent", "customer")))
    assert "“Interessent” and “Firma” of “Neukunde”" in str(unlike.message)


def test_an_end_that_is_gone_is_told_by_its_outcome_and_the_ends_there_are():
    step = call("work", "part", ende_aktiv="active")
    said = str(found(code="end_unknown", **calling(step)).message)
    assert "“Active”" in said and "Its ends are: End" in said and "ende_aktiv" not in said


def test_what_callers_rely_on_is_named_as_it_was_called():
    plan = Blueprint(steps=(node("start", "start"), task("one"), node("other", "end")),
                     flows=flows("start>one", "one.done>other"))  # fmt: skip
    relying = Call("part", inputs=(("firma", "firm"),), ends=(("end", "done"),), otherwise="done")
    caller = Caller("Angebot", "Kunde anlegen", relying, {"firm": "text"})
    outside = Outside(process="part", callers=(caller,), former=called())
    said = {one.code: str(one.message) for one in checks.problems_of(
        plan, number_pattern="R-{seq}", outside=outside
    )}  # fmt: skip
    assert "“Firma”" in said["caller_misses_field"]
    assert "“End”" in said["caller_misses_end"]


def test_a_vote_without_choice_tells_what_the_other_outcome_is_for():
    step = repeated(task("work", outcomes="take"), over="team", key="service")
    plan = replace(single(), steps=(node("start", "start"), step, node("end", "end")))
    plan = replace(plan, flows=flows("start>work", "work.take>end", "work.none>end"))
    one = found(plan, "no_choice")
    assert "“Keine Einigung” cannot be chosen: it is taken when no agreement is reached." in str(one.message)
    assert "Please add an outcome" in one.advice


def test_durations_are_words():
    plan = replace(
        single(), steps=(node("start", "start"), replace(task("work"), deadline="3d"), node("end", "end"))
    )
    clocked = OutcomePlan("late", "Late", is_clock=True, after={"basis": "step", "offset": "-3d"})
    late = replace(plan.steps[1], outcomes=(*plan.steps[1].outcomes, clocked))
    plan = replace(plan, steps=(plan.steps[0], late, plan.steps[2]))
    assert "“3 working days” has to come after" in str(found(plan, "wait_senseless").message)


def test_an_advice_belongs_to_one_code():
    codes = [code for said, _text in advice.BY_CODES for code in said.split()]
    assert len(codes) == len(set(codes))
    assert advice.about("no_such_code") == ""


@pytest.fixture
def empty() -> ProcessDefinition:
    """A draft whose team has nobody, although three steps count on it."""
    definition = make_definition()
    Team.objects.create(key="quality", name="Qualität")
    plan = replace(complaint(), steps=tuple(
        replace(one, team="quality") if one.kind == "task" else one for one in complaint().steps
    ))  # fmt: skip
    publishing.draft_from(plan, definition, by=None)
    return definition


@pytest.mark.django_db
def test_a_team_without_anybody_is_found_once_and_who_can_help_is_named(empty: ProcessDefinition):
    draft = empty.versions.get()
    (one,) = [each for each in publishing.problems(draft) if each.code == "team_empty"]
    assert "Qualität" in str(one.message)
    assert all(f"“{name}”" in str(one.message) for name in ("Capture", "Check", "Approve"))
    make_user("Birgit", is_user_admin=True)
    client = Client(headers={"accept-language": "de"})
    client.force_login(make_user("Adele", is_process_admin=True))
    for page in ("change", "publish"):
        html = client.get(f"/admin/processes/processversion/{draft.pk}/{page}/").content.decode()
        assert "Birgit" in html and "/admin/people/team/" not in html
    client.force_login(make_user("Zoe", is_process_admin=True, is_user_admin=True))
    html = client.get(f"/admin/processes/processversion/{draft.pk}/publish/").content.decode()
    assert f"/admin/people/team/{make_team('quality').pk}/change/" in html


@pytest.mark.django_db
def test_a_called_process_that_is_not_there_leads_to_its_template():
    template = next(one for one in library.templates() if not one.called)
    step = call("work", template.key)
    plan = Blueprint(
        steps=(node("start", "start"), step, node("end", "end")), flows=flows("start>work", "work.done>end")
    )
    draft = publishing.draft_from(plan, make_definition(), by=None)
    client = Client(headers={"accept-language": "de"})
    client.force_login(make_user("Adele", is_process_admin=True))
    html = client.get(f"/admin/processes/processversion/{draft.pk}/publish/").content.decode()
    assert f"/admin/processes/processdefinition/templates/{template.key}/" in html


@pytest.mark.django_db
def test_that_nobody_may_start_is_told_where_it_is_saved_and_before_publishing():
    definition = make_definition(may_start=ProcessDefinition.MayStart.TEAMS)
    make_team("quality")
    draft = publishing.draft_from(complaint(), definition, by=None)
    assert publishing.NOBODY_MAY_START in publishing.hints(draft)
    client = Client(headers={"accept-language": "de"})
    client.force_login(make_user("Adele", is_process_admin=True))
    form = client.get(f"/admin/processes/processdefinition/{definition.pk}/change/").context["adminform"].form
    data = {name: value for name, value in form.initial.items() if value not in (None, False, [])}
    answer = client.post(
        f"/admin/processes/processdefinition/{definition.pk}/change/",
        {**data, "start_teams": []},
        follow=True,
    )
    assert [str(one) for one in answer.context["messages"] if one.level_tag == "warning"]
    team = make_team("quality")
    definition.start_teams.add(team)
    assert policy.is_closed(definition)
    Membership.objects.create(user=make_user("Quirin"), team=team)
    assert not policy.is_closed(definition)
    assert publishing.NOBODY_MAY_START not in publishing.hints(draft)
