"""An approval is void once what it approved has changed; nothing behind it is completed until then (G14)."""

import pytest

from processes import runtime
from processes.blueprint import Blueprint, FieldPlan, OutcomePlan, StepFieldPlan, StepPlan
from processes.errors import ApprovalVoid, FourEyes, NotAllowed, StaleError
from processes.tests.builders import flows, make_definition, make_team, make_user, make_version, node, task
from tasks.events import Kind
from tasks.models import Notification, ProcessEvent, Task

pytestmark = pytest.mark.django_db

AMOUNT = (StepFieldPlan("amount", "required"),)


def invoice():
    """start → enter → approve (yes = approval of the amount, no → enter) → pay (done, back → approve) → end;
    beside it `note`, which may change the amount at any time."""
    approve = StepPlan(
        "approve",
        "task",
        "Freigabe",
        team="leads",
        outcomes=(OutcomePlan("yes", "Frei", is_approval=True), OutcomePlan("no", "Nein")),
        approves_fields=("amount",),
        apart_key="enter",
    )
    return Blueprint(
        fields=(FieldPlan("amount", "Betrag", "money"),),
        steps=(
            node("start", "start"),
            node("fork", "parallel"),
            task("enter", fields=AMOUNT),
            task("note", fields=AMOUNT),
            approve,
            task("pay", outcomes="done back"),
            node("end", "end"),
        ),
        flows=flows(
            "start>fork",
            "fork>enter",
            "fork>note",
            "note.done>end",
            "enter.done>approve",
            "approve.yes>pay",
            "approve.no>enter",
            "pay.done>end",
            "pay.back>approve",
        ),
    )


@pytest.fixture
def office():
    service, leads = make_team(), make_team("leads")
    anna, bela, lea = make_user("Anna", service, leads), make_user("Bela", service), make_user("Lea", leads)
    owner = make_user("Olga", service)
    case = runtime.start(make_version(invoice(), make_definition("invoice", owner=owner)), by=bela)
    return case, anna, bela, lea, owner


def do(case, step, outcome, by, **data):
    row = Task.objects.open().get(instance=case, step_key=step)
    if row.assignee_id is None:
        runtime.claim(row, by=by)
    return runtime.complete_task(row, outcome=outcome, by=by, data=data)


def approved_then_changed(case, anna, bela, lea):
    do(case, "enter", "done", bela, amount="500")
    do(case, "approve", "yes", lea)
    do(case, "note", "done", anna, amount="50000")
    case.refresh_from_db()


def test_a_change_after_the_approval_voids_it_and_says_so(office):
    case, anna, bela, lea, owner = office
    approved_then_changed(case, anna, bela, lea)
    assert case.approvals == {"approve": {"void": ["amount"]}}
    assert ProcessEvent.objects.filter(instance=case, kind=Kind.VOIDED).count() == 1
    told = Notification.objects.filter(instance=case, kind="approval_void", channel="app")
    assert set(told.values_list("recipient", flat=True)) == {lea.pk, owner.pk}


def test_nothing_behind_a_void_approval_is_completed_but_the_way_back_is_open(office):
    case, anna, bela, lea, _ = office
    approved_then_changed(case, anna, bela, lea)
    with pytest.raises(ApprovalVoid):
        do(case, "pay", "done", bela)
    do(case, "pay", "back", bela)
    do(case, "approve", "yes", lea)
    case.refresh_from_db()
    assert case.approvals == {}
    do(case, "pay", "done", bela)


def test_it_can_be_renewed_for_the_present_values(office):
    case, anna, bela, lea, _ = office
    approved_then_changed(case, anna, bela, lea)
    with pytest.raises(NotAllowed):
        runtime.renew_approval(case, "approve", by=bela)
    runtime.renew_approval(case, "approve", by=lea, note="Nachtrag geprüft")
    with pytest.raises(StaleError):
        runtime.renew_approval(case, "approve", by=lea)
    do(case, "pay", "done", bela)
    assert ProcessEvent.objects.filter(instance=case, kind=Kind.RENEWED).count() == 1


def test_four_eyes_hold_for_the_renewal_too(office):
    case, anna, bela, lea, _ = office
    do(case, "enter", "done", anna, amount="500")
    do(case, "approve", "yes", lea)
    do(case, "note", "done", bela, amount="700")
    with pytest.raises(FourEyes):
        runtime.renew_approval(case, "approve", by=anna)


def test_a_change_before_the_approval_or_after_a_refusal_voids_nothing(office):
    case, anna, bela, lea, _ = office
    do(case, "enter", "done", bela, amount="500")
    do(case, "approve", "no", lea)
    do(case, "note", "done", anna, amount="600")
    case.refresh_from_db()
    assert case.approvals == {}
