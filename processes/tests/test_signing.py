"""A version of which it could not be proved that every case ends: the process owner alone may sign it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from people.models import AdminEvent, User
from processes import blueprint, publishing
from processes.blueprint import Blueprint, ConditionPlan, FieldPlan, FlowPlan
from processes.checking import soundness
from processes.checking.findings import ERROR, Problem, error, warning
from processes.models import ProcessVersion, Step, Transition
from processes.tests.builders import flows, make_definition, make_team, make_user, node, task

pytestmark = pytest.mark.django_db
REASON = "Höchstens drei Wege zugleich, von Hand geprüft."


def many_ways() -> Blueprint:
    """Eight conditions at one step: 256 answers from one marking."""
    names = [f"weg{number}" for number in range(8)]
    return Blueprint(
        fields=tuple(FieldPlan(name, name.title(), "yesno") for name in names),
        steps=(
            node("start", "start"),
            node("or", "inclusive"),
            task("a"),
            *map(task, names),
            node("end", "end"),
        ),
        flows=(
            *flows("start>or", "or>a*", "a.done>end", *(f"{name}.done>end" for name in names)),
            *(FlowPlan("or", name, conditions=(ConditionPlan(name, "is_true"),)) for name in names),
        ),
    )


@pytest.fixture
def owner() -> User:
    return make_user("Owner", make_team(), lead=True, is_process_admin=True)


@pytest.fixture
def draft(owner: User, monkeypatch: pytest.MonkeyPatch) -> ProcessVersion:
    """A draft that is too large for a check that may try a hundred answers."""
    monkeypatch.setattr(soundness, "MOST_ANSWERS", 100)
    version = ProcessVersion.objects.create(definition=make_definition(owner=owner), number=1)
    blueprint.write(version, many_ways())
    return version


def test_without_a_signature_it_stays_a_draft(draft: ProcessVersion, owner: User):
    for reason in ("", "   "):
        with pytest.raises(publishing.NotPublishable) as refusal:
            publishing.publish(draft, by=owner, signed_reason=reason)
        assert [one.code for one in refusal.value.problems] == ["undecided"]
    assert ProcessVersion.objects.get(pk=draft.pk).is_draft


def test_the_owner_signs_with_a_reason(draft: ProcessVersion, owner: User):
    version = publishing.publish(draft, by=owner, signed_reason=f" {REASON} ")
    version.refresh_from_db()
    assert (version.state, version.signed_by, version.signed_reason) == ("published", owner, REASON)
    event = AdminEvent.objects.get(kind="version_signed")
    assert (event.by, event.changes) == (owner, {"signed_reason": ["", REASON]})
    assert AdminEvent.objects.filter(kind="version_published").count() == 1


@pytest.mark.parametrize("who", ["admin", "nobody", "inactive"])
def test_nobody_else_signs(draft: ProcessVersion, owner: User, who: str):
    admin = make_user("Admin", is_process_admin=True)
    owner.is_active = False
    by = {"admin": admin, "nobody": None, "inactive": owner}[who]
    with pytest.raises(publishing.NotSigner):
        publishing.publish(draft, by=by, signed_reason=REASON)
    assert ProcessVersion.objects.get(pk=draft.pk).is_draft
    assert not AdminEvent.objects.filter(kind="version_signed").exists()


def test_a_signature_covers_nothing_else(draft: ProcessVersion, owner: User):
    Step.objects.filter(version=draft, key="a").update(team=None)
    with pytest.raises(publishing.NotPublishable):
        publishing.publish(draft, by=owner, signed_reason=REASON)


def found(*codes_: str, also: tuple[Problem, ...] = ()) -> list[Problem]:
    return [*(error(code, "a", code) for code in codes_), *also]


def test_only_what_could_not_be_proved_and_nothing_else_can_be_signed():
    hint = warning("no_fallback_team", "a", "hint")
    assert publishing.is_signable(found("undecided"))
    assert publishing.is_signable(found("undecided", also=(hint,)))
    assert not publishing.is_signable(found("undecided", "deadlock"))
    assert not publishing.is_signable(found("deadlock"))
    assert not publishing.is_signable(found(also=(hint,)))
    assert not publishing.is_signable([])


def test_a_fault_found_before_the_search_was_given_up_cannot_be_signed(
    draft: ProcessVersion, owner: User, monkeypatch: pytest.MonkeyPatch
):
    """Here a join waits for two ways of which only one is ever taken."""
    monkeypatch.setattr(soundness, "MOST_ANSWERS", 1500)
    join = Step.objects.create(version=draft, key="join", kind="parallel", name="Join", position=99)
    draft.transitions.filter(source__key__in=("a", "weg0")).update(target=join)
    Transition.objects.create(version=draft, source=join, target=draft.steps.get(key="end"), position=99)
    with pytest.raises(publishing.NotPublishable) as refusal:
        publishing.publish(draft, by=owner, signed_reason=REASON)
    assert {one.code for one in refusal.value.problems if one.severity == ERROR} == {"deadlock", "undecided"}
    assert ProcessVersion.objects.get(pk=draft.pk).is_draft


def test_a_proved_version_is_not_marked_as_signed(draft: ProcessVersion, owner: User, monkeypatch):
    monkeypatch.setattr(soundness, "MOST_ANSWERS", 400_000)
    Step.objects.filter(version=draft, key="weg7").update(name="Anders")
    draft.transitions.filter(target__key="weg7").delete()
    draft.steps.filter(key="weg7").delete()
    version = publishing.publish(draft, by=owner, signed_reason=REASON)
    assert (version.state, version.signed_by, version.signed_reason) == ("published", None, "")


def door(version: ProcessVersion) -> str:
    return reverse("admin:processes_processversion_publish", args=[version.pk])


def test_the_page_asks_the_owner_for_a_reason(draft: ProcessVersion, owner: User, client: Client):
    client.force_login(owner)
    page = client.get(door(draft)).content.decode()
    assert 'name="signed_reason"' in page
    response = client.post(door(draft), {"seen_version": "1", "signed_reason": REASON})
    assert response.status_code == 302
    shown = client.get(response["Location"]).content.decode()
    assert REASON in shown


def test_the_page_tells_others_whom_to_ask(draft: ProcessVersion, client: Client):
    client.force_login(make_user("Admin", is_process_admin=True))
    page = client.get(door(draft)).content.decode()
    assert 'name="signed_reason"' not in page
    assert str(draft.definition.owner) in page
    refused = client.post(door(draft), {"seen_version": "1", "signed_reason": REASON})
    assert refused.status_code == 302
    assert ProcessVersion.objects.get(pk=draft.pk).is_draft
