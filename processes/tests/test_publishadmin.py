"""The pages around a version's life: whom publishing touches, retiring asks first, a process as a copy."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from people.models import AdminEvent
from processes import blueprint, publishing, revising, runtime
from processes.blueprint import Blueprint
from processes.comparing import affected, versionchanges
from processes.comparing.affected import Affected
from processes.models import ProcessDefinition, ProcessVersion, StartSchedule
from processes.tests.builders import (
    MONDAY,
    attend,
    call,
    complaint,
    flows,
    make_definition,
    make_team,
    make_user,
    make_version,
    node,
    repeated,
    single,
    task,
)

pytestmark = pytest.mark.django_db


def door(version: ProcessVersion, page: str) -> str:
    return reverse(f"admin:processes_processversion_{page}", args=[version.pk])


@pytest.fixture
def admin() -> Client:
    client = Client()
    client.force_login(make_user("Admin", is_process_admin=True))
    return client


def with_step(plan: Blueprint, key: str, **changes: object) -> Blueprint:
    steps = tuple(replace(one, **changes) if one.key == key else one for one in plan.steps)
    return replace(plan, steps=steps)


def touched(old: Blueprint | None, new: Blueprint) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    known = versionchanges.known_to(*filter(None, (old, new)))
    return [(one.name, one.gained, one.lost) for one in affected.between(old, new, known)]


# -- who is affected -----------------------------------------------------------------------------------------


def test_a_step_that_moves_is_gained_by_one_team_and_lost_by_the_other():
    make_team("service", name="Kundenservice")
    make_team("quality", name="Qualität")
    new = with_step(complaint(), "check", team="service")
    assert touched(complaint(), new) == [("Kundenservice", ("Check",), ()), ("Qualität", (), ("Check",))]


def test_who_keeps_the_same_steps_is_not_named():
    make_team("service"), make_team("quality")
    new = with_step(complaint(), "check", name="Sichten", deadline="5d", instructions="Neu")
    assert touched(complaint(), new) == []


def test_of_a_first_version_everything_is_gained():
    make_team("service"), make_team("quality")
    assert touched(None, complaint()) == [
        ("Quality", ("Check",), ()),
        ("Service", ("Capture", "Approve"), ()),
    ]


def test_persons_rules_and_repeated_steps_are_told_as_what_they_are():
    make_team("service"), make_team("board")
    anna = make_user("Anna", make_team("service"))
    person = with_step(single(), "work", assignment="person", person=anna.email)
    assert touched(single(), person) == [("Service", (), ("Work",)), ("Anna", ("Work",), ())]
    starter = with_step(single(), "work", assignment="starter")
    ((_team, _none, lost), (rule, gained, _lost)) = touched(single(), starter)
    assert (lost, gained, rule) == (("Work",), ("Work",), "Wer den Vorgang gestartet hat")
    voted = replace(
        single(), steps=(node("start", "start"), repeated(task("work"), over="team", key="board"))
    )
    assert touched(single(), voted)[0] == ("Board", ("Work",), ())
    asked = repeated(task("work"), over="persons", persons=["ANNA@example.org"])
    assert touched(single(), replace(single(), steps=(node("start", "start"), asked)))[1][0] == "Anna"


def test_the_members_of_a_team_are_named_and_who_has_left_is_not():
    team = make_team("quality")
    make_user("Zoe", team), make_user("Adam", team), make_user("Fort", team, is_active=False)
    old = with_step(complaint(), "check", team="service")
    (gained, _lost) = affected.between(old, complaint(), versionchanges.known_to(old))
    assert gained == Affected("Quality", True, gained=("Check",), people=("Adam", "Zoe"))


# -- the dialog ----------------------------------------------------------------------------------------------


def begun(definition: ProcessDefinition) -> ProcessVersion:
    """A draft that gives a step to another team, beside a version with a case and a planned start."""
    attend("service", "quality")
    former = make_version(complaint(), definition)
    runtime.start(former, by=make_user("Anna", make_team()), title="Geheime Sache")
    StartSchedule.objects.create(
        definition=definition, title="Monatlich", anchor_on=dt.date(2027, 1, 1), wake_at=MONDAY
    )
    plan = with_step(complaint(), "check", team="service")
    return publishing.draft_from(plan, definition, by=None)


def test_the_dialog_says_what_publishing_means(admin: Client):
    draft = begun(make_definition())
    caller = replace(
        single(),
        steps=(node("start", "start"), call("sub", "complaint"), node("end", "end")),
        flows=flows("start>sub", "sub.done>end"),
    )
    make_version(caller, make_definition("outer"))
    page = admin.get(door(draft, "publish"))
    html = page.content.decode()
    assert page.context["running"] == [(1, 1)]
    assert [one.name for one in page.context["affected"]] == ["Quality", "Service"]
    assert [one.title for one in page.context["schedules"]] == ["Monatlich"]
    assert [(one.process, one.step) for one in page.context["callers"]] == [("Outer", "Sub")]
    codes = {"four_eyes_repeats", "no_calendar", "no_deadline", "owner_missing"}
    assert {one.code for one in page.context["hints"]} == codes
    assert page.context["diagram"] in html
    assert "Geheime Sache" not in html


def test_corrections_that_the_draft_would_undo_are_named(admin: Client):
    draft = begun(make_definition())
    former = draft.definition.published
    assert former is not None
    assert admin.get(door(draft, "publish")).context["left_behind"] == []
    revising.revise(former, {"steps.check.name": "Prüfen"}, reason="Tippfehler", seen=0, by=None)
    ((place, text),) = admin.get(door(draft, "publish")).context["left_behind"]
    assert "Check" in place and text == "Check"


def test_of_a_confidential_process_no_number_of_cases_is_told(admin: Client):
    draft = begun(make_definition(is_confidential=True))
    assert admin.get(door(draft, "publish")).context["running"] is None
    former = draft.definition.published
    assert former is not None
    assert admin.get(door(former, "retire")).context["running"] is None


def test_the_dialog_tells_of_cases_on_a_version_retired_before(admin: Client):
    attend("service", "quality")
    former = make_version(complaint())
    runtime.start(former, by=make_user("Anna", make_team()), at=MONDAY)
    publishing.retire(former, by=None)
    draft = publishing.new_draft(former, by=None)
    draft.steps.filter(key="check").update(name="Genau prüfen")
    page = admin.get(door(draft, "publish"))
    assert page.context["running"] == [(1, 1)]
    text = page.content.decode()
    assert "1 laufender Vorgang bleibt auf Version 1" in text
    assert "Was sich gegenüber Version 1 ändert" in text and "Genau prüfen" in text
    assert [one.name for one in page.context["affected"]] == []
    assert "Version 1 wird abgelöst" not in text


def test_the_dialog_counts_the_cases_of_every_earlier_version(admin: Client):
    attend("service", "quality")
    anna = make_user("Anna", make_team())
    first = make_version(complaint())
    runtime.start(first, by=anna, at=MONDAY), runtime.start(first, by=anna, at=MONDAY)
    second = make_version(complaint(), first.definition)
    runtime.start(second, by=anna, at=MONDAY)
    runtime.start(make_version(single(), make_definition("other")), by=anna, at=MONDAY)
    page = admin.get(door(publishing.new_draft(second, by=None), "publish"))
    assert page.context["running"] == [(2, 1), (1, 2)]
    assert "2 laufende Vorgänge bleiben auf Version 1" in page.content.decode()


def test_faults_refuse_publishing_with_a_summary(admin: Client):
    draft = begun(make_definition())
    draft.steps.filter(key="check").update(team=None)
    page = admin.post(door(draft, "publish"), {"seen_version": "1"})
    assert page.status_code == 422
    assert 'role="alert"' in page.content.decode()
    assert page.context["refusal"]
    assert [one.step for one in page.context["faults"]] == ["check"]
    assert ProcessVersion.objects.get(pk=draft.pk).is_draft


def test_a_first_version_has_nothing_to_be_compared_with(admin: Client):
    attend("service", "quality")
    draft = publishing.draft_from(complaint(), make_definition(), by=None)
    page = admin.get(door(draft, "publish"))
    assert page.status_code == 200
    assert page.context["former"] is None
    assert len(page.context["affected"]) == 2


def test_many_planned_starts_are_counted_and_statements_stay_the_same(admin: Client):
    draft = begun(make_definition())
    admin.get(door(draft, "publish"))
    with CaptureQueriesContext(connection) as few:
        assert admin.get(door(draft, "publish")).context["more_schedules"] == 0
    for number in range(19):
        StartSchedule.objects.create(
            definition=draft.definition, title=f"Plan {number}", anchor_on=dt.date(2027, 1, 1), wake_at=MONDAY
        )
        make_user(f"Neu{number}", make_team())
    with CaptureQueriesContext(connection) as many:
        assert len(admin.get(door(draft, "publish")).context["schedules"]) == 20
    assert len(many) == len(few)
    StartSchedule.objects.create(
        definition=draft.definition, title="Noch einer", anchor_on=dt.date(2027, 1, 1), wake_at=MONDAY
    )
    assert admin.get(door(draft, "publish")).context["more_schedules"] == 1


# -- retiring and copying ------------------------------------------------------------------------------------


def test_retiring_asks_first_whichever_button_led_there(admin: Client):
    draft = begun(make_definition())
    version = draft.definition.published
    assert version is not None
    for page in (admin.get(door(version, "retire")), admin.post(door(version, "retire"))):
        assert page.status_code == 200
        assert page.context["running"] == 1
        assert [one.title for one in page.context["schedules"]] == ["Monatlich"]
    version.refresh_from_db()
    assert version.state == "published"
    assert admin.post(door(version, "retire"), {"confirmed": "1"}).status_code == 302
    version.refresh_from_db()
    assert version.state == "retired"
    assert AdminEvent.objects.filter(kind="version_retired").count() == 1


def test_what_is_not_published_cannot_be_retired(admin: Client):
    draft = publishing.new_draft(make_version(complaint()), by=None)
    assert admin.post(door(draft, "retire"), {"confirmed": "1"}).url == door(draft, "change")
    assert ProcessVersion.objects.get(pk=draft.pk).is_draft


def test_a_copy_is_a_process_of_its_own_with_the_same_rights(admin: Client):
    owner = make_user("Olga")
    origin = make_version(
        complaint(), make_definition(may_start="teams", is_confidential=True, owner=owner, category="Service")
    )
    origin.definition.start_teams.add(make_team("quality"))
    typed = {"name": " Lob ", "key": "lob", "number_pattern": "LOB-{year}-{seq}"}
    response = admin.post(door(origin, "copy"), typed)
    made = ProcessDefinition.objects.get(key="lob")
    draft = made.versions.get()
    assert response.url == door(draft, "change")
    assert draft.is_draft and draft.number == 1
    assert blueprint.read(draft) == blueprint.read(origin)
    assert (made.name, made.may_start, made.is_confidential) == ("Lob", "teams", True)
    assert (made.owner, made.category) == (owner, "Service")
    assert [team.key for team in made.start_teams.all()] == ["quality"]
    event = AdminEvent.objects.get(kind="process_created")
    assert event.changes["copy_of"] == [None, "complaint 1"]
    assert made.number_pattern == "LOB-{year}-{seq}"


FREE = {"name": "Neu", "key": "frei", "number_pattern": "NEU-{year}-{seq}"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", ""),
        ("name", "Complaint"),
        ("key", "complaint"),
        ("key", "Groß"),
        ("key", ""),
        ("number_pattern", "REK-{year}-{seq:05}"),
        ("number_pattern", "NEU-{year}"),
        ("number_pattern", ""),
    ],
)
def test_a_copy_needs_a_free_name_key_and_numbers_of_its_own(admin: Client, name: str, value: str):
    origin = make_version(complaint())
    page = admin.post(door(origin, "copy"), {**FREE, name: value})
    assert list(page.context["form"].errors) == [name]
    assert page.status_code == 422
    assert 'role="alert"' in page.content.decode()
    assert ProcessDefinition.objects.count() == 1


def test_what_is_proposed_for_a_copy_is_free(admin: Client):
    origin = make_version(complaint())
    make_definition("other", number_pattern="2-REK-{year}-{seq:05}")
    proposed = admin.get(door(origin, "copy")).context["form"].initial
    assert proposed["number_pattern"] == "3-REK-{year}-{seq:05}"
    assert admin.post(door(origin, "copy"), proposed).status_code == 302
    assert ProcessDefinition.objects.get(key=proposed["key"]).number_pattern == proposed["number_pattern"]


def test_the_page_of_a_process_leads_to_everything(admin: Client):
    version = make_version(complaint())
    draft = publishing.new_draft(version, by=None)
    url = reverse("admin:processes_processdefinition_change", args=[version.definition_id])
    html = admin.get(url).content.decode()
    for one, pages in ((version, ("compare", "revise", "copy", "retire")), (draft, ("publish", "compare"))):
        for page in pages:
            assert door(one, page) in html
    assert door(draft, "retire") not in html
